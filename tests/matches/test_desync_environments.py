"""A field of a real environment is changed at one peer: named to the frame and the path by every peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from poking import PokedMatch, expect_named_by_all
from test_real_environments import KAZ, POLES, PONG, ROUGH, WAN_BAD, Keypad, games

from netcode.settings import MatchSettings
from netcode.simulator.weather import Weather

FOUR: tuple[str, dict[str, Any]] = ("pettingzoo:classic/connect_four_v3", {})
FOUR_IN_KAZ = (KAZ[0], {"num_archers": 2, "num_knights": 2, "max_cycles": 90})


def move_the_archer(game: Keypad) -> None:
    game.inner.env.unwrapped.agent_map["archer_0"].rect.x += 1


def push_the_ball(game: Keypad) -> None:
    game.inner.env.unwrapped.env.ball._rect.y += 1


def tilt_a_pole(game: Keypad) -> None:
    env = game.inner.env[1].unwrapped
    tilted = env.state.copy()
    tilted[2] += 1e-12
    env.state = tilted


def draw_once_more(game: Keypad) -> None:
    game.inner.env[0].unwrapped.np_random.random()


def add_a_piece(game: Keypad) -> None:
    game.inner.env.unwrapped.board[3] += 1


ARCHER = "agent_map['archer_0'].__rect.x"
CASES: dict[str, tuple[tuple[str, dict[str, Any]], int, int, Callable[[Keypad], None], str]] = {
    "parallel, knights and archers": (KAZ, 2, 6, move_the_archer, ARCHER),
    "parallel, four players": (FOUR_IN_KAZ, 4, 6, move_the_archer, ARCHER),
    "parallel, pong": (PONG, 2, 3, push_the_ball, "env.ball._rect.y"),
    "gymnasium, a race of two": (POLES, 2, 2, tilt_a_pole, "[1].state[2]"),
    "gymnasium, a race of three": (POLES, 3, 2, tilt_a_pole, "[1].state[2]"),
    "gymnasium, a random generator": (
        POLES,
        2,
        2,
        draw_once_more,
        "[0]._np_random.bit_generator.state.state",
    ),
    "turns (AEC)": (FOUR, 2, 7, add_a_piece, "board[3]"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("slot", "at", "weather"), [(0, 41, WAN_BAD), (1, 133, ROUGH)])
def test_one_field_is_named_by_every_peer(case: str, slot: int, at: int, weather: Weather) -> None:
    (env, args), players, actions, poke, path = CASES[case]
    values = {"frames": 300, "seed": 5, "digest_interval": 20, "input_delay": 1}
    chosen = MatchSettings(env=env, env_args=args, players=players, **values)
    match = PokedMatch(chosen, weather, game=games(actions, players)).plant(slot, at, poke)
    match.run(60)
    assert match.poked_frame is not None and match.poked_frame >= at - 1
    expect_named_by_all(match, slot, match.poked_frame, path)
