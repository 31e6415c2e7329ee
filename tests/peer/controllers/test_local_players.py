"""Several players at one peer: each slot has its controller, all are sampled together."""

from __future__ import annotations

from types import SimpleNamespace

import pygame
import pytest

from netcode.errors import ConfigError
from peer.controllers.local_players import LocalPlayers
from peer.controllers.pad_keys import pad_code

K = pygame


@pytest.fixture
def two(game):
    def make(*specs: str, held: tuple[int, ...] = (), env=None, actions: int = 4, **more: object):
        fake = game(actions, actions, env=env)
        fake.default_inputs = [bytes([3]), bytes([2])]
        looked = []

        def pressed():
            looked.append(held)
            return held

        return LocalPlayers(dict(enumerate(specs)), 1, fake, pressed_keys=pressed, **more), looked

    return make


def test_each_slot_plays_what_its_controller_says(two) -> None:
    players, _ = two("idle", "random:5")
    sampled = [players.sample(frame) for frame in range(20)]
    assert {inputs[0] for inputs in sampled} == {bytes([3])}, "who does nothing plays the default"
    assert len({inputs[1] for inputs in sampled}) > 1


def test_two_at_one_keyboard_have_arrows_and_letters(two) -> None:
    players, looked = two("keyboard", "keyboard", held=(K.K_RIGHT, K.K_a))
    assert players.sample(0) == {0: bytes([2]), 1: bytes([1])}
    assert len(looked) == 1, "a tapped key is there for both: the window is asked once a frame"
    assert {row.player for row in players.board.rows()} == {0, 1}


def test_alone_at_it_one_has_all_keys(two) -> None:
    for held in (K.K_a, K.K_LEFT, K.K_1):
        players, _ = two("idle", "keyboard", held=(held,))
        assert players.sample(0)[1] == bytes([1])


def test_a_second_player_gets_other_keys_for_the_same_actions(two) -> None:
    own = SimpleNamespace(get_keys_to_action=lambda: {"a": 1, "d": 2, "ad": 3, " ": 0})
    players, _ = two("keyboard", "keyboard", env=own, held=(K.K_d, K.K_LEFT))
    assert players.sample(0) == {0: bytes([2]), 1: bytes([1])}
    players, _ = two("keyboard", "keyboard", env=own, held=(K.K_LEFT, K.K_RIGHT, K.K_SPACE))
    assert players.sample(0) == {0: bytes([0]), 1: bytes([3])}, "chords move with their keys"
    written, _ = two("keyboard", "keyboard", keys={"w": 0, "s": 1}, held=(K.K_s, K.K_UP))
    assert written.sample(0) == {0: bytes([1]), 1: bytes([0])}


def test_where_no_keys_are_left_the_shared_one_is_named(two) -> None:
    every = dict.fromkeys("wasdjkliuophynm", 1) | {"kp4": 0, "kp5": 0, "left": 2, "up": 2}
    with pytest.raises(ConfigError, match="would share the key A"):
        two("keyboard", "keyboard", keys=every)


def test_pads_go_round_among_the_players(two) -> None:
    left, right = pad_code("pad_left", 0), pad_code("pad_right", 1)
    players, _ = two("keyboard", "keyboard", held=(left, right))
    assert players.sample(0) == {0: bytes([2]), 1: bytes([1])}
    one_pad, _ = two("keyboard", "keyboard", held=(K.K_RIGHT, left))
    assert one_pad.sample(0) == {0: bytes([2]), 1: bytes([1])}, "it is the second one's"
    alone, _ = two("idle", "keyboard", held=(pad_code("pad_right", 3),))
    assert alone.sample(0)[1] == bytes([2]), "one alone is heard on any pad"
