"""Snapshots against deepcopy, and observation-free replay against plain steps, each pair in one run."""

from __future__ import annotations

import copy
import random
import statistics
from collections.abc import Callable
from typing import Any

from pettingzoo.butterfly import knights_archers_zombies_v11
from rows import Row, once_us

from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.make import make_simulation

KAZ = MatchSettings(
    env="pettingzoo:butterfly/knights_archers_zombies_v11", env_args={"num_archers": 1, "num_knights": 1}
)
PONG = MatchSettings(env="pettingzoo:butterfly/cooperative_pong_v6")


def rows() -> list[Row]:
    """Everything measured here."""
    return [*snapshot_rows(), *replay_rows()]


def snapshot_rows() -> list[Row]:
    simulation = make_simulation(KAZ)
    env = knights_archers_zombies_v11.parallel_env(**KAZ.env_args)  # as a user has it
    env.reset(seed=1)
    deepcopy_us = _median_us(lambda: copy.deepcopy(env), 9)
    taken = simulation.capture()
    capture_us, restore_us = (
        _median_us(simulation.capture, 400),
        _median_us(lambda: simulation.restore(taken), 400),
    )
    rng = random.Random(1)
    for _ in range(150):
        simulation.step([codec.sample(rng) for codec in simulation.codecs])
    later = simulation.capture()
    later_us = _median_us(simulation.capture, 400) + _median_us(lambda: simulation.restore(later), 400)
    return [
        Row("KAZ deepcopy", deepcopy_us, "us", ""),
        Row("KAZ capture", capture_us, "us", ""),
        Row("KAZ restore", restore_us, "us", ""),
        Row(
            "KAZ deepcopy / (capture + restore)",
            deepcopy_us / (capture_us + restore_us),
            "x",
            "over 100",
            "pickle of CartPole 1/3 of deepcopy",
        ),
        Row("KAZ capture + restore, mid-game", later_us, "us", ""),
        Row("KAZ digest, mid-game", _median_us(simulation.digest, 50), "us", ""),
    ]


def replay_rows() -> list[Row]:
    match, plain = make_simulation(PONG), EnvironmentSimulation(PONG)
    rng = random.Random(2)
    inputs = [[codec.sample(rng) for codec in match.codecs] for _ in range(8)]
    start = match.capture()

    def replay() -> None:
        match.restore(start)
        for frame in inputs:
            match.capture()
            match.step(frame)

    def step_plainly() -> None:
        for frame in inputs:
            plain.step(frame)

    replay_us, plain_us = _median_us(replay, 40), _median_us(step_plainly, 12)
    return [
        Row("cooperative_pong 8 plain steps", plain_us, "us", ""),
        Row("cooperative_pong 8 frames replayed, with snapshots", replay_us, "us", ""),
        Row("cooperative_pong plain / replayed", plain_us / replay_us, "x", "over 20"),
    ]


def _median_us(call: Callable[[], Any], times: int) -> float:
    return statistics.median(once_us(call) for _ in range(times))
