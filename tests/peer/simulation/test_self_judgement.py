"""Real environments are played again beside themselves, and are put back as they were."""

from __future__ import annotations

import pytest
from other_process import random_inputs

from netcode.desync.self_check import SelfCheck
from netcode.digests import DigestChain
from netcode.episodes import Episodes
from netcode.limits import DIGEST_BYTES
from netcode.settings import MatchSettings
from netcode.wire.desync_packets import Judgement
from peer.simulation.make import make_simulation

INTERVAL = 30


@pytest.mark.parametrize(
    ("env", "players", "frames"),
    [
        ("race:CartPole-v1", 2, 60),
        ("race:CartPole-v1", 2, 210),
        ("race:LunarLander-v3", 2, 210),
        ("pettingzoo:butterfly/knights_archers_zombies_v11", 4, 90),
    ],
)
@pytest.mark.parametrize("disturbed", [False, True])
def test_the_present_episode_can_be_judged(env: str, players: int, frames: int, disturbed: bool) -> None:
    """In the last interval of `frames`; `disturbed` by a frame that was played twice."""
    simulation = make_simulation(MatchSettings(env=env, players=players, seed=5))
    inputs, chain, before = random_inputs(simulation, frames, seed=3), DigestChain(), bytes(DIGEST_BYTES)
    episodes = Episodes(simulation)
    for frame, row in enumerate(inputs):
        if frame == frames - INTERVAL:
            before = chain.newest
        if disturbed and frame == frames - 7:
            simulation.step(row)
        outcome = simulation.step(row)
        chain.add(b"".join(row), outcome)
        episodes.confirm(frame, outcome)
        if (frame + 1) % INTERVAL == 0:
            chain.close(simulation.digest())
    first = frames - INTERVAL
    start = episodes.newest_below(first)
    assert start is not None
    check = SelfCheck(start, first, frames, lambda frame: inputs[frame], before, chain.newest)
    while check.judgement is None:
        present = simulation.digest()
        check.work(simulation, 13)
        assert simulation.digest() == present
        simulation.step(inputs[0])  # the match goes on
    assert check.judgement is (Judgement.WRONG if disturbed else Judgement.RIGHT)
    simulation.close()
