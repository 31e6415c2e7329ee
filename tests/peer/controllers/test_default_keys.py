"""Keys by what actions mean, keys for actions of several numbers, and the pad beside them."""

from __future__ import annotations

import enum
import sys
from types import ModuleType, SimpleNamespace

import gymnasium
import numpy as np
import pygame
import pytest
from gymnasium import spaces

from netcode.errors import ConfigError
from peer.controllers import make_controller
from peer.controllers.action_words import action_words
from peer.controllers.actions import KeyNumber
from peer.controllers.key_sources import find_key_map
from peer.controllers.pad_defaults import with_pad
from peer.controllers.pad_keys import DIRECTIONS, PAD, pad_code
from peer.simulation.adapters.spaces import TurnCodec

K = pygame
LEFT, RIGHT, UP, DOWN = (pad_code(f"pad_{way}") for way in DIRECTIONS)


class Sokoban:
    """An environment that tells the meanings of its actions in the way asked for."""


def told_by_meanings(*words: str) -> object:
    return SimpleNamespace(get_action_meanings=lambda: list(words))


def act(fake, *held: int, strengths: dict[int, float] | None = None, **options: object) -> object:
    controller = make_controller(
        "keyboard", 0, 0, fake, pressed_keys=lambda: held, strengths=lambda: strengths or {}, **options
    )
    return controller.sample(0, fake, 0)


def names(fake) -> dict[str, object]:
    return {binding.name: binding.action for binding in find_key_map(fake, 0).bindings}


def test_directions_have_the_keys_of_their_direction(game) -> None:
    fake = game(6, env=told_by_meanings("NOOP", "SOUTH", "NORTH", "EAST", "WEST", "LOAD"))
    held = [K.K_DOWN, K.K_w, K.K_RIGHT, K.K_a, K.K_SPACE]
    assert [act(fake, key) for key in held] == [1, 2, 3, 4, 5]
    assert act(fake) is None


def test_several_at_once_are_chords_of_what_they_are_made_of(game) -> None:
    fake = game(6, env=told_by_meanings("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"))
    assert act(fake, K.K_SPACE, K.K_RIGHT) == 4
    assert act(fake, K.K_a, K.K_SPACE) == 5
    assert act(fake, K.K_a) == 3


def test_two_actions_of_one_direction_have_a_key_each(game) -> None:
    fake = game(4, env=told_by_meanings("stay", "move left", "turn left", "hold"))
    assert [act(fake, key) for key in (K.K_LEFT, K.K_SPACE, K.K_e)] == [1, 2, 3]


def test_words_from_an_enum_constants_and_well_known_names() -> None:
    class Steps(enum.Enum):
        NOOP, TOGGLE_LOAD, turnLeft = 0, 1, 2  # noqa: N815

    by_enum = SimpleNamespace(actions=Steps)
    assert action_words(by_enum, 0, 3) == {0: "noop", 1: "toggle load", 2: "turn left"}
    assert action_words(by_enum, 0, 4) == {}
    module = ModuleType("lake")
    vars(module).update(LEFT=5, RIGHT=6, SIZE="8x8")
    Lake = type("Lake", (), {"__module__": "lake"})  # noqa: N806
    sys.modules["lake"] = module
    try:
        assert action_words(Lake(), 5, 2) == {5: "left", 6: "right"}
        module.DEPTH = 6
        assert action_words(Lake(), 5, 2) == {}, "two names for one number: they are of something else, too"
    finally:
        del sys.modules["lake"]
    taxi = gymnasium.make("Taxi-v4").unwrapped
    assert action_words(taxi, 0, 6)[4] == "pick up"
    assert action_words(Sokoban(), 0, 4) == {}


def test_tables_that_fail_are_no_help_and_no_harm(game) -> None:
    def fails() -> list[str]:
        raise RuntimeError("no ROM")

    for source in (fails, lambda: None, lambda: [1, 2], lambda: ["", ""]):
        assert act(game(2, env=SimpleNamespace(get_action_meanings=source)), K.K_RIGHT) == 1


def test_numbers_of_a_box_are_set_beside_each_other(game) -> None:
    fake = game(spaces.Box(-2.0, 2.0, (2,), np.float32))
    assert act(fake, K.K_LEFT).tolist() == [-2.0, 0.0]
    assert act(fake, K.K_d, K.K_UP).tolist() == [2.0, -2.0]
    assert act(fake, K.K_LEFT, K.K_RIGHT).tolist() == [2.0, 0.0], "of two ways the newest key's"
    assert act(fake) is None


def test_a_stick_sets_a_number_as_far_as_it_is_pressed(game) -> None:
    fake = game(spaces.Box(-1.0, 1.0, (1,), np.float32))
    key_map = with_pad(find_key_map(fake, 0))
    chosen = key_map.choose([RIGHT], fake.codecs[0], None, {RIGHT: 0.25})
    assert chosen.tolist() == [0.25]
    assert key_map.choose([K.K_RIGHT], fake.codecs[0], None, {}).tolist() == [1.0]


def test_a_car_is_driven_with_the_keys_of_a_car(game) -> None:
    car = type("CarRacing", (), {})()
    space = spaces.Box(np.array([-1, 0, 0], np.float32), np.array([1, 1, 1], np.float32))
    fake = game(space, env=car)
    assert act(fake, K.K_UP, K.K_LEFT).tolist() == [-1.0, 1.0, 0.0]
    assert act(fake, K.K_s).tolist() == [0.0, 0.0, 1.0]


def test_choices_flags_and_dicts_have_keys_too(game) -> None:
    assert act(game(spaces.MultiDiscrete([3, 2])), K.K_RIGHT, K.K_UP).tolist() == [2, 1]
    assert act(game(spaces.MultiBinary(4)), K.K_LEFT, K.K_DOWN).tolist() == [1, 0, 0, 1]
    mixed = spaces.Dict({"go": spaces.Discrete(3), "turn": spaces.Box(-1, 1, (1,), np.float32)})
    action = act(game(mixed), K.K_RIGHT, K.K_UP)
    assert (action["go"], action["turn"].tolist()) == (2, [-1.0])


def test_in_turn_based_games_too(game) -> None:
    fake = game(spaces.Box(-1.0, 1.0, (2,), np.float32))
    fake.codecs = [TurnCodec(fake.codecs[0])]
    assert act(fake, K.K_UP).tolist() == [0.0, -1.0] or act(fake, K.K_UP).tolist() == [0.0, 1.0]
    assert act(fake, K.K_j, keys={"j": KeyNumber(axis=1, value=0.5)}).tolist() == [0.0, 0.5]


def test_too_much_for_two_hands_is_said(game) -> None:
    for space in (spaces.MultiBinary(24), spaces.Box(-1, 1, (17,)), spaces.Discrete(200)):
        with pytest.raises(ConfigError, match="no keys are known for slot 0"):
            act(game(space))


def test_one_number_may_be_named_in_a_match_file(game) -> None:
    fake = game(spaces.Box(-1.0, 1.0, (2,), np.float32))
    keys = {"j": KeyNumber(axis=1, value=-0.5, name="sink"), "l": [1.0, 0.0]}
    assert act(fake, K.K_j, K.K_l, keys=keys).tolist() == [1.0, -0.5]
    for wrong, says in (
        (KeyNumber(axis=2, value=0), "has 2 numbers"),
        (KeyNumber(axis=0, value=9), "cannot be 9"),
    ):
        with pytest.raises(ConfigError, match=says):
            act(fake, keys={"j": wrong})


def test_the_pad_has_a_control_for_each_key(game) -> None:
    keys = {"W": 0, "S": 1, "A": 2, "D": 3, "space": 4, "a+space": 5}
    fake = game(6)
    key_map = with_pad(find_key_map(fake, 0, keys))
    a = pad_code("pad_a")
    pressed = [(UP,), (DOWN,), (LEFT,), (RIGHT,), (a,), (a, LEFT)]
    assert [key_map.choose(held, fake.codecs[0], None) for held in pressed] == [0, 1, 2, 3, 4, 5]
    assert with_pad(key_map) == key_map


def test_both_keys_of_an_action_share_one_control(game) -> None:
    key_map = with_pad(find_key_map(game(4), 0))
    controls = [binding.keys for binding in key_map.bindings if max(binding.keys) >= PAD]
    assert controls == [{LEFT}, {RIGHT}, {UP}]
