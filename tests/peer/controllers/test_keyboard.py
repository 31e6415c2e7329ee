"""The keyboard: which key does what, and which of several held keys counts."""

from __future__ import annotations

from types import SimpleNamespace

import gymnasium
import numpy as np
import pettingzoo
import pygame
import pytest

from netcode.errors import ConfigError
from peer.controllers import make_controller
from peer.controllers.key_sources import find_key_map

K = pygame


def act(fake, *held: int, slot: int = 0, **options: object) -> object:
    controller = make_controller("keyboard", slot, 0, fake, pressed_keys=lambda: held, **options)
    return controller.sample(0, fake, slot)


def test_the_newest_mapped_key_wins(game) -> None:
    keys = {"w": 0, "s": 1, "space": 4}
    assert act(game(), K.K_w, keys=keys) == 0
    assert act(game(), K.K_w, K.K_s, keys=keys) == 1
    assert act(game(), K.K_s, K.K_w, K.K_F5, keys=keys) == 0  # F5 is not mapped
    assert act(game(), keys=keys) is None
    assert act(game(), keys=keys, default_action=5) == 5


def test_a_chord_goes_before_its_keys(game) -> None:
    keys = {"left": 1, "space": 2, "left+space": 3}
    assert act(game(), K.K_LEFT, K.K_SPACE, keys=keys) == 3
    assert act(game(), K.K_SPACE, K.K_x, K.K_LEFT, keys=keys) == 3
    assert act(game(), K.K_LEFT, keys=keys) == 1
    held = (K.K_a, K.K_s, K.K_w, K.K_d)
    assert act(game(), *held, keys={"a+d": 1, "s+w": 2}) == 1  # of two chords the one with the newest key


def test_a_key_that_is_not_allowed_now_does_not_count(game) -> None:
    fake = game(4)
    fake.masks[0] = np.array([1, 1, 0, 0], np.int8)
    keys = {"a": 1, "b": 2}
    assert act(fake, K.K_a, K.K_b, keys=keys) == 1
    assert act(fake, K.K_b, keys=keys, default_action=3) is None


def test_names_of_keys(game) -> None:
    keys = {"W": 0, "return": 1, "3": 2, "+": 3, "kp0": 4}
    held = [K.K_w, K.K_RETURN, K.K_3, K.K_PLUS, K.K_KP0]
    assert [act(game(), key, keys=keys) for key in held] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"wheel": 1}, "there is no key 'wheel'"),
        ({"w+": 1}, "there is no key ''"),
        ({"w": 6}, "[keys] w: 6: action 6 is not in 0..5"),
        ({"a+Escape": 1}, "[keys] a+Escape: the window keeps this key for itself"),
    ],
)
def test_a_wrong_key_or_action_is_named(game, keys: dict[str, int], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        act(game(), keys=keys)
    assert says in str(caught.value)


def test_the_environments_own_table(game) -> None:
    table = {(): 1, (276,): 0, (275,): 2, (275, 276): 1}  # MountainCar's, in the numbers of SDL 1
    fake = game(3, env=SimpleNamespace(get_keys_to_action=lambda: table))
    assert [act(fake), act(fake, K.K_LEFT), act(fake, K.K_RIGHT)] == [1, 0, 2]
    assert act(fake, K.K_LEFT, K.K_RIGHT) == 1
    fake = game(3, env=SimpleNamespace(get_keys_to_action=lambda: {"w": 1, "wa": 2, ("a",): 0, K.K_UP: 1}))
    assert [act(fake, K.K_w), act(fake, K.K_w, K.K_a), act(fake, K.K_a), act(fake, K.K_UP)] == [1, 2, 0, 1]


def test_in_a_race_every_slot_asks_its_own_environment(game) -> None:
    def runner(key: str) -> SimpleNamespace:
        return SimpleNamespace(unwrapped=SimpleNamespace(get_keys_to_action=lambda: {key: 1}))

    fake = game(2, 2, env=(runner("a"), runner("b")))
    assert [act(fake, K.K_a), act(fake, K.K_a, slot=1), act(fake, K.K_b, slot=1)] == [1, None, 1]


def test_a_broken_table_is_no_help_and_no_harm(game) -> None:
    def fails() -> dict[int, int]:
        raise RuntimeError("no ROM")

    for table in (fails, lambda: None, lambda: {"w": 99}, lambda: {object(): 1}, 5):
        fake = game(2, env=SimpleNamespace(get_keys_to_action=table))
        assert act(fake, K.K_RIGHT) == 1


def test_pettingzoo_manual_policies_are_asked_without_touching_the_environment(game) -> None:
    def shape(env, slot):
        return find_key_map(game(*map(env.action_space, env.possible_agents), env=env), slot)

    knights = pettingzoo.make("parallel", "butterfly/knights_archers_zombies-v11")
    for slot in range(4):
        key_map = shape(knights, slot)
        chosen = {next(iter(binding.keys)): binding.action for binding in key_map.bindings}
        assert chosen == {K.K_w: 0, K.K_s: 1, K.K_a: 2, K.K_d: 3, K.K_SPACE: 4}
        assert key_map.idle == 5
    pong = pettingzoo.make("parallel", "butterfly/cooperative_pong-v6")
    assert {binding.name: binding.keys for binding in shape(pong, 0).bindings} == {
        "up": {K.K_w},
        "down": {K.K_s},
    }
    assert shape(pong, 1).idle == 0
    assert not pygame.display.get_init()


def test_without_any_table_keys_follow_the_order_of_the_actions(game) -> None:
    two = game(2)  # both do something: CartPole
    assert [act(two, K.K_LEFT), act(two, K.K_d), act(two, K.K_1), act(two)] == [0, 1, 1, None]
    five = game(5)
    held = [K.K_LEFT, K.K_RIGHT, K.K_w, K.K_DOWN, K.K_0, K.K_4]
    assert [act(five, key) for key in held] == [1, 2, 3, 4, 0, 4]
    assert act(game(gymnasium.spaces.Discrete(3, start=5)), K.K_LEFT) == 6
    with pytest.raises(ConfigError, match=r"no keys are known for slot 0; .*\[keys\]"):
        act(game(gymnasium.spaces.Box(-1, 1, (20,))))


def test_a_number_fills_a_small_box(game) -> None:
    fake = game(gymnasium.spaces.Box(-1, 1, (1,), np.float32))
    assert act(fake, K.K_w, keys={"w": 1.0}) == np.array([1.0], np.float32)


def test_a_keyboard_needs_a_window(game) -> None:
    with pytest.raises(ConfigError, match="needs a display"):
        make_controller("keyboard", 0, 0, game())
