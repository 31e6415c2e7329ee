"""The memory of a peer does not grow with the match. (`make bench` measures a long one.)"""

import psutil
from judging import finish
from staging import RACE

FRAMES = 4000


def test_resident_memory_is_flat_after_warm_up(stage):
    _, ann, bob = stage.match(*RACE, "--fast", frames=FRAMES, weather="lan")
    processes = [psutil.Process(peer.pid) for peer in (ann, bob)]
    ann.wait_for_frame(FRAMES // 4)
    warm = [process.memory_info().rss for process in processes]
    ann.wait_for_frame(FRAMES * 9 // 10)
    late = [process.memory_info().rss for process in processes]
    for before, after in zip(warm, late, strict=True):
        assert after < before * 1.03 + 2**20, (warm, late)
    finish(ann, bob, frames=FRAMES)
