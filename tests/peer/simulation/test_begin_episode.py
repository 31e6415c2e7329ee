"""An episode that is begun here is the one that another process reached by playing those before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest
from other_process import make, random_inputs

from netcode.settings import MatchSettings

HERE = Path(__file__).parent


def game(env: str, players: int, before: int, blind: bool = False, **more: Any) -> dict[str, Any]:
    """`before`: frames until it is joined; `blind`: without observations, and with a used environment."""
    settings = MatchSettings(env=env, players=players, seed=7, **more)
    return {"settings": settings.model_dump(), "blind": blind, "before": before, "after": 60}


KAZ = "pettingzoo:butterfly/knights_archers_zombies_v11"
GAMES = {
    "KAZ": game(KAZ, 4, 450, True),
    "KAZ, with observations and pauses": game(KAZ, 4, 450, intermission=7),
    "race of CartPole": game("race:CartPole-v1", 3, 150, True),
    "CartPole, frames skipped": game("CartPole-v1", 1, 60, frame_skip=3),
    "LunarLander, in Box2D": game("LunarLander-v3", 1, 300),
    "pistonball, in pymunk": game(
        "pettingzoo:butterfly/pistonball_v6", 3, 80, env_args={"n_pistons": 3, "max_cycles": 30}
    ),
    "Pong, in ALE": game("ale_py:ALE/Pong-v5", 1, 70, env_args={"max_episode_steps": 30}),
    "HalfCheetah, in MuJoCo": game("HalfCheetah-v5", 1, 70, env_args={"max_episode_steps": 30}),
    "in lockstep": game("planted_faults:Generator", 2, 90),
    "tictactoe": game("pettingzoo:classic/tictactoe_v3", 2, 60),
    "process-wide RNGs": game("planted_games:ProcessRng", 2, 150),
    "state in globals": game("planted_globals:Shelf", 2, 100),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """What each game did in another process, which draws, and whose strings hash differently."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "other_process.py")],
        input=msgpack.packb(list(GAMES.values())),
        capture_output=True,
        check=True,
        timeout=200,
        env={**os.environ, "PYTHONHASHSEED": "4", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    return dict(zip(GAMES, msgpack.unpackb(done.stdout), strict=True))


@pytest.mark.parametrize("played_before", [0, 40])
@pytest.mark.parametrize("name", GAMES)
def test_a_late_comer_plays_the_same_game(name: str, played_before: int, answers: dict[str, Any]) -> None:
    answer, simulation = answers[name], make(GAMES[name])
    for frame in random_inputs(simulation, played_before, seed=3):  # something else
        simulation.step(frame)
    first, number = answer["start"]
    assert number > 1
    simulation.begin_episode(number)
    for frame in random_inputs(simulation, GAMES[name]["before"], seed=1)[first:]:
        simulation.step(frame)
    assert simulation.digest() == answer["digest"]
    for index, frame in enumerate(random_inputs(simulation, 60, seed=2)):
        assert simulation.step(frame) == answer["outcomes"][index]
        assert simulation.digest() == answer["digests"][index]


@pytest.mark.parametrize("name", ["KAZ", "CartPole, frames skipped"])
def test_another_number_is_another_game(name: str, answers: dict[str, Any]) -> None:
    answer, simulation = answers[name], make(GAMES[name])
    first, number = answer["start"]
    simulation.begin_episode(number + 1)
    for frame in random_inputs(simulation, GAMES[name]["before"], seed=1)[first:]:
        simulation.step(frame)
    assert simulation.digest() != answer["digest"]
