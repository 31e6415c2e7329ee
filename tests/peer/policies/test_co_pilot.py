"""A person and a policy in one slot: who plays when, and that it is told."""

from __future__ import annotations

from typing import Any

import pygame
import pytest

from netcode.errors import ConfigError
from peer.controllers.co_pilot import CoPilotController
from peer.controllers.key_map import Binding, KeyMap
from peer.controllers.keyboard import KeyboardController
from peer.controllers.local_players import LocalPlayers
from peer.match_config import load_match_config
from peer.policies.policy import load_here

QUIET = 3  # frames until the co-pilot plays again
A, B, ESCAPE = pygame.K_a, pygame.K_b, pygame.K_ESCAPE


class Hands:
    """What a person does, frame by frame."""

    def __init__(self, game: Any, co_pilot: Any) -> None:
        self.down: tuple[int, ...] = ()
        self.game = game
        keys = KeyMap((Binding(frozenset({A}), 5),), idle=4)
        self.pair = CoPilotController(KeyboardController(keys, lambda: self.down), co_pilot, QUIET)
        self._frame = 0

    def play(self, *frames: int | None) -> list[Any]:
        """A key, or None, for each frame. Returns the actions."""
        actions = []
        for key in frames:
            self.down = () if key is None else (key,)
            self.game.frame = self._frame
            actions.append(self.pair.sample(self._frame, self.game, 0))
            self._frame += 1
        return actions


@pytest.fixture
def hands(game, player) -> Hands:
    return Hands(game, player("seer"))


def test_it_plays_while_the_hands_are_still_and_at_once_gives_way(hands) -> None:
    assert hands.play(None, None, None) == [0, 1, 2]
    assert hands.play(A) == [5], "in the very frame"
    assert hands.play(None, None, None) == [4, 4, 4], "the person's own idle action: a pause is no parting"
    assert hands.play(None, None) == [7 % 6, 8 % 6]
    assert hands.play(A, A, A, A, A, A) == [5] * 6, "a key that is held is no still hand"
    assert hands.pair.frames == 5
    assert [(change["frame"], change["co_pilot"]) for change in hands.pair.handovers] == [
        (0, True),
        (3, False),
        (7, True),
        (9, False),
    ]


def test_keys_that_are_not_the_players_are_none(hands) -> None:
    assert hands.play(B, ESCAPE, None) == [0, 1, 2]


def test_it_begins_anew_after_the_person_has_played(game, player) -> None:
    hands = Hands(game, player("Counter"))
    assert hands.play(None, None, None) == [1, 2, 3]
    hands.play(A, None, None, None)
    assert hands.play(None, None) == [1, 2]


def test_a_frame_that_is_asked_for_again_is_the_same(game, player) -> None:
    hands = Hands(game, player("Counter"))
    assert hands.play(None, None) == [1, 2]
    assert hands.pair.sample(1, game, 0) == 2
    assert hands.pair.frames == 2


@pytest.fixture
def players(game, monkeypatch):
    monkeypatch.setattr("peer.policies.shelf.load_policy", load_here)
    game.default_inputs = [bytes([0])] * 2
    held: list[int] = []
    specs = {0: "keyboard", 1: "policy:acting:Counter patience_ms=1000"}
    co_pilot = {"co_pilot": "policy:acting:seer patience_ms=1000", "co_pilot_after": QUIET}
    return LocalPlayers(specs, 1, game, pressed_keys=lambda: held, keys={"a": 5}, **co_pilot), held


def test_only_people_have_one_and_it_is_told(players, game) -> None:
    both, held = players
    assert both.by_hand
    for frame in range(1, 4):
        game.frame = frame
        assert both.sample(frame) == {0: bytes([frame]), 1: bytes([frame])}
    assert both.co_piloted == (0,)
    assert both.handovers() == [{"frame": 1, "slot": 0, "co_pilot": True}]
    assert both.handovers() == []
    held.append(A)
    assert both.sample(4) == {0: bytes([5]), 1: bytes([4])}
    assert both.co_piloted == ()
    assert both.handovers() == [{"frame": 4, "slot": 0, "co_pilot": False}]


def test_what_policies_did_is_in_the_report(players) -> None:
    both, _ = players
    for frame in range(5):
        both.sample(frame)
    other, co_pilot = sorted(both.policies(), key=lambda one: one["slot"], reverse=True)
    assert (other["slot"], other["answers"], other["co_pilot_frames"]) == (1, 5, None)
    assert (co_pilot["slot"], co_pilot["answers"], co_pilot["co_pilot_frames"]) == (0, 5, 5)
    assert co_pilot["policy"] == "acting:seer patience_ms=1000"


def config(**given: object):
    base = {"env": "CartPole-v1", "players": 1, "controllers": ["keyboard"]}
    return load_match_config(None, base | given, display=True)


def test_the_match_says_who_and_when() -> None:
    chosen = config(co_pilot="policy:acting:seer", co_pilot_after=0.5)
    assert (chosen.co_pilot, chosen.co_pilot_after) == ("policy:acting:seer", 0.5)
    assert config().co_pilot is None
    with pytest.raises(ConfigError, match="co_pilot = random: it must be a policy"):
        config(co_pilot="random")
    with pytest.raises(ConfigError, match="--co-pilot-after"):
        config(co_pilot="policy:acting:seer", co_pilot_after=-1.0)
