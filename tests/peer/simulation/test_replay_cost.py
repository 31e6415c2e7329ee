"""The way a late joiner takes to the present."""

from __future__ import annotations

import math

import pytest

from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.replay_cost import CatchUp, choose_catch_up, measure_step_s, replay_s


@pytest.mark.parametrize("env", ["planted_games:Walk", "planted_games:Endless"])
def test_measuring_leaves_the_simulation_fresh(env: str) -> None:
    settings = MatchSettings(env=env, players=2, seed=2)
    simulation, other = EnvironmentSimulation(settings), EnvironmentSimulation(settings)
    assert measure_step_s(simulation) > 0.0
    assert simulation.digest() == other.digest()
    inputs = list(simulation.default_inputs)
    assert [simulation.step(inputs) for _ in range(60)] == [other.step(inputs) for _ in range(60)]
    assert simulation.digest() == other.digest()


def test_the_others_play_on_meanwhile() -> None:
    assert replay_s(0, 0.001, 60.0) == 0.0
    assert replay_s(1000, 0.001, 0.0) == pytest.approx(1.0)
    assert replay_s(1000, 0.001, 500.0) == pytest.approx(2.0)
    assert replay_s(1000, 0.001, 1000.0) == math.inf
    assert replay_s(1, 0.1, 60.0) == math.inf


@pytest.mark.parametrize(
    ("frames", "episode_frames", "step_s", "sendable", "way"),
    [
        (36_000, 300, 50e-6, True, CatchUp.REPLAY_ALL),
        (36_000, 900, 400e-6, True, CatchUp.REPLAY_EPISODE),
        (36_000, 36_000, 400e-6, True, CatchUp.LOAD_STATE),
        (36_000, 36_000, 400e-6, False, CatchUp.REPLAY_EPISODE),
        (10, 10, 0.1, True, CatchUp.LOAD_STATE),
    ],
)
def test_the_simplest_way_that_is_quick(
    frames: int, episode_frames: int, step_s: float, sendable: bool, way: CatchUp
) -> None:
    assert choose_catch_up(frames, episode_frames, step_s, 60.0, sendable) is way
