"""Gamepads, plugged in at any time: what is pressed on them becomes keys (peer.controllers.pad_keys).

A pad has the lowest seat that is free, so one that was unplugged for a moment comes back to its player.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pygame

from peer.controllers.pad_keys import DIRECTIONS, SEATS, STICK_2, TRIGGERS, control_code, pad_code
from peer.screen.held_keys import HeldKeys

PRESSED_FROM: Final = 0.4  # of a stick's way
RELEASED_AT: Final = 0.3  # less than that, so that a stick held just there does not flutter
_TRIGGER_RESTS_AT: Final = -0.9
_CROSS_OF_BUTTONS: Final = {11: "up", 12: "down", 13: "left", 14: "right"}  # pads whose cross is no hat
_EVENTS: Final = frozenset(
    {
        pygame.JOYDEVICEADDED,
        pygame.JOYDEVICEREMOVED,
        pygame.JOYAXISMOTION,
        pygame.JOYHATMOTION,
        pygame.JOYBUTTONDOWN,
        pygame.JOYBUTTONUP,
    }
)


class Pad(Protocol):
    """The part of pygame's Joystick that is used."""

    def get_instance_id(self) -> int: ...
    def get_numaxes(self) -> int: ...
    def get_numhats(self) -> int: ...
    def get_axis(self, axis_number: int, /) -> float: ...


@dataclass
class _Seated:
    pad: Pad  # kept: pygame closes a pad that nobody holds
    seat: int
    axes: dict[int, tuple[int, int]]  # axis -> the keys of its lower and its upper end; 0: none
    has_hat: bool
    down: dict[int, float] = field(default_factory=dict)  # key -> how far


class Gamepads:
    """Fed with pygame's events; presses and releases the keys of `held`."""

    def __init__(self, held: HeldKeys, open_pad: Callable[[int], Pad] = pygame.joystick.Joystick) -> None:
        self._held = held
        self._open = open_pad
        self._seated: dict[int, _Seated] = {}  # by pygame's id of the pad

    @property
    def count(self) -> int:
        return len(self._seated)

    def strengths(self) -> dict[int, float]:
        """Key -> how far it is pressed, 0 to 1, of those that are."""
        return {key: strength for seated in self._seated.values() for key, strength in seated.down.items()}

    def hear(self, event: Any) -> list[int]:
        """The keys that this event pressed. Events of anything else are none of ours."""
        if event.type not in _EVENTS:
            return []
        if event.type == pygame.JOYDEVICEADDED:
            self._add(event.device_index)
            return []
        seated = self._seated.get(event.instance_id)
        if seated is None:
            return []
        if event.type == pygame.JOYDEVICEREMOVED:
            self._set(seated, dict.fromkeys(seated.down, 0.0))
            del self._seated[event.instance_id]
            return []
        return self._set(seated, _wanted(event, seated))

    def let_go(self) -> None:
        """What is down is heard of again only when it moves."""
        for seated in self._seated.values():
            seated.down.clear()

    def _add(self, index: int) -> None:
        taken = {seated.seat for seated in self._seated.values()}
        seat = next((seat for seat in range(SEATS) if seat not in taken), None)
        try:
            pad = self._open(index)
            number = pad.get_instance_id()
        except pygame.error:  # gone again already
            return
        if seat is not None and number not in self._seated:
            self._seated[number] = _Seated(pad, seat, _axes_of(pad, seat), pad.get_numhats() > 0)

    def _set(self, seated: _Seated, wanted: dict[int, float]) -> list[int]:
        pressed = []
        for key, strength in wanted.items():
            was_down = key in seated.down
            if strength >= (RELEASED_AT if was_down else PRESSED_FROM):
                seated.down[key] = min(1.0, (strength - RELEASED_AT) / (1.0 - RELEASED_AT))
                if not was_down:
                    self._held.press(key)
                    pressed.append(key)
            elif was_down:
                del seated.down[key]
                self._held.release(key)
        return pressed


def _wanted(event: Any, seated: _Seated) -> dict[int, float]:
    """How far the keys that the event speaks of are pressed."""
    if event.type == pygame.JOYAXISMOTION:
        lower, upper = seated.axes.get(event.axis, (0, 0))
        ends = {lower: max(0.0, -event.value), upper: max(0.0, event.value)}
        return {key: strength for key, strength in ends.items() if key}
    if event.type == pygame.JOYHATMOTION:
        x, y = event.value
        left, right, up, down = _codes(DIRECTIONS, seated.seat)
        return {left: float(x < 0), right: float(x > 0), up: float(y > 0), down: float(y < 0)}
    cross = None if seated.has_hat else _CROSS_OF_BUTTONS.get(event.button)
    key = pad_code(f"pad_{cross or event.button}", seated.seat)
    return {} if key is None else {key: float(event.type == pygame.JOYBUTTONDOWN)}


def _axes_of(pad: Pad, seat: int) -> dict[int, tuple[int, int]]:
    """The first two axes are the left stick; of the others those that rest at their lower end are triggers,
    and two that do not are the right stick."""
    left, right, up, down = _codes(DIRECTIONS, seat)
    left_2, right_2, up_2, down_2 = _codes(STICK_2, seat)
    others = range(2, pad.get_numaxes())
    triggers = [axis for axis in others if pad.get_axis(axis) <= _TRIGGER_RESTS_AT] or [*others[2:4]]
    sticks = [axis for axis in others if axis not in triggers]
    axes = {0: (left, right), 1: (up, down)}
    axes |= dict(zip(sticks, ((left_2, right_2), (up_2, down_2)), strict=False))
    axes |= {axis: (0, key) for axis, key in zip(triggers, _codes(TRIGGERS, seat), strict=False)}
    return axes


def _codes(controls: Iterable[str], seat: int) -> list[int]:
    return [control_code(control, seat) for control in controls]
