"""Gamepads as keys, with pads that are only made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pygame
import pytest

from peer.controllers.pad_keys import pad_code
from peer.screen.gamepads import Gamepads
from peer.screen.held_keys import HeldKeys

LEFT, RIGHT, UP, DOWN = (pad_code(f"pad_{way}") for way in ("left", "right", "up", "down"))
A = pad_code("pad_a")


class FakePad:
    def __init__(self, number: int, hats: int, rests: tuple[float, ...]) -> None:
        self.number, self.hats, self.rests = number, hats, rests

    def get_instance_id(self) -> int:
        return self.number

    def get_numhats(self) -> int:
        return self.hats

    def get_numaxes(self) -> int:
        return len(self.rests)

    def get_axis(self, axis: int) -> float:
        return self.rests[axis]


class Hands:
    """Pads by their number, what is pressed on them, and what a game hears of it."""

    def __init__(self) -> None:
        self.held = HeldKeys()
        self.pads = Gamepads(self.held, self._open)
        self.kinds: dict[int, tuple[int, tuple[float, ...]]] = {}

    def _open(self, index: int) -> FakePad:
        if index not in self.kinds:
            raise pygame.error("no such pad")
        return FakePad(index, *self.kinds[index])

    def plug(self, number: int, hats: int = 1, rests: tuple[float, ...] = (0, 0, -1, 0, 0, -1)) -> None:
        self.kinds[number] = (hats, rests)
        self.tell(pygame.JOYDEVICEADDED, device_index=number)

    def tell(self, kind: int, **facts: Any) -> list[int]:
        return self.pads.hear(SimpleNamespace(type=kind, **facts))

    def axis(self, number: int, axis: int, value: float) -> None:
        self.tell(pygame.JOYAXISMOTION, instance_id=number, axis=axis, value=value)


@pytest.fixture
def hands() -> Hands:
    return Hands()


def test_buttons_and_cross(hands: Hands) -> None:
    hands.plug(7)
    assert hands.tell(pygame.JOYBUTTONDOWN, instance_id=7, button=0) == [A]
    hands.tell(pygame.JOYHATMOTION, instance_id=7, hat=0, value=(-1, 1))
    assert hands.held.take() == (A, LEFT, UP)
    hands.tell(pygame.JOYHATMOTION, instance_id=7, hat=0, value=(0, 1))
    hands.tell(pygame.JOYBUTTONUP, instance_id=7, button=0)
    assert hands.held.take() == (UP,)


def test_a_cross_of_buttons(hands: Hands) -> None:
    hands.plug(1, hats=0)
    for button in (11, 12, 13, 14):
        hands.tell(pygame.JOYBUTTONDOWN, instance_id=1, button=button)
    assert hands.held.take() == (UP, DOWN, LEFT, RIGHT)


def test_a_stick_has_a_strength_and_does_not_flutter(hands: Hands) -> None:
    hands.plug(1)
    hands.axis(1, 0, -0.35)
    assert hands.held.take() == ()
    hands.axis(1, 0, -1.0)
    assert hands.pads.strengths() == {LEFT: 1.0}
    hands.axis(1, 0, -0.35)
    assert hands.held.take() == (LEFT,)
    assert 0.0 < hands.pads.strengths()[LEFT] < 0.1
    hands.axis(1, 0, 0.9)
    assert hands.held.take() == (RIGHT,)
    hands.axis(1, 0, 0.0)
    assert hands.held.take() == ()
    assert hands.pads.strengths() == {}


@pytest.mark.parametrize(
    ("rests", "trigger", "second_x"), [((0, 0, -1, 0, 0, -1), 2, 3), ((0, 0, 0, 0, -1, -1), 4, 2)]
)
def test_triggers_are_known_by_where_they_rest(
    hands: Hands, rests: tuple[float, ...], trigger: int, second_x: int
) -> None:
    hands.plug(1, rests=rests)
    hands.axis(1, trigger, -0.9)
    assert hands.held.take() == ()
    hands.axis(1, trigger, 0.8)
    hands.axis(1, second_x, 0.8)
    assert hands.held.take() == (pad_code("pad_trigger_left"), pad_code("pad_stick2_right"))


def test_who_is_unplugged_lets_go_and_comes_back_to_his_seat(hands: Hands) -> None:
    hands.plug(1)
    hands.plug(2)
    hands.tell(pygame.JOYBUTTONDOWN, instance_id=1, button=0)
    hands.held.take()
    hands.tell(pygame.JOYDEVICEREMOVED, instance_id=1)
    assert hands.held.take() == ()
    assert hands.pads.count == 1
    assert hands.tell(pygame.JOYBUTTONDOWN, instance_id=1, button=0) == []  # a late word of one that is gone
    hands.plug(5)
    assert hands.tell(pygame.JOYBUTTONDOWN, instance_id=5, button=0) == [A]
    assert hands.tell(pygame.JOYBUTTONDOWN, instance_id=2, button=0) == [pad_code("pad_a", 1)]


def test_pads_that_are_too_many_gone_or_strange_do_no_harm(hands: Hands) -> None:
    hands.tell(pygame.JOYDEVICEADDED, device_index=99)  # gone before it could be opened
    for number in range(9):
        hands.plug(number, rests=())
    assert hands.pads.count == 8
    assert hands.tell(pygame.JOYBUTTONDOWN, instance_id=8, button=0) == []
    assert hands.tell(pygame.JOYBUTTONDOWN, instance_id=0, button=200) == []
    hands.axis(0, 40, 1.0)
    assert hands.held.take() == ()


def test_a_pad_plays_in_the_window(window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window._events.pads, "_open", lambda index: FakePad(3, 1, ()))
    pygame.event.post(pygame.event.Event(pygame.JOYDEVICEADDED, device_index=0))
    pygame.event.post(pygame.event.Event(pygame.JOYBUTTONDOWN, instance_id=3, button=0))
    assert window.pressed_keys() == (A,)
    assert window.strengths() == {A: 1.0}
    pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))
    assert window.pressed_keys() == ()
    assert window.strengths() == {}
