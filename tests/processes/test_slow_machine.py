"""Real peers, one on a machine that cannot keep the frame rate: both say so, and play at its pace."""

import os
from pathlib import Path

from judging import judge_logs

from netcode.common_pace import MAX_SLOWDOWN

FRAMES = 75
GAME = ["--env", "slow_machine:Slow", "--fps", 60, "--players", 2, "--frames", FRAMES]


def test_all_play_at_the_pace_of_the_slow_one(stage, monkeypatch):
    here = str(Path(__file__).parents[1] / "bench")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))
    _, address = stage.broker()
    ann = stage.peer("ann", address, *GAME)
    bob = stage.peer("bob", address, *GAME, environment={"SLOW": f"0.3 0 {FRAMES}"})
    assert [one.exit_code() for one in (ann, bob)] == [0, 0]
    judge_logs(ann, bob)
    assert ann.said("fps: bob's machine is slow")
    assert bob.said("fps: this machine is slow")
    for report in (ann.report(), bob.report()):
        assert report["pace"]["slowest"] == "bob"
        assert 60 / MAX_SLOWDOWN <= report["pace"]["lowest_fps"] < 0.3 * 60
        assert report["pace"]["below_full_s"] > 2
