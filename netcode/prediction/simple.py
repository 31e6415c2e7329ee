"""Strategies that need no more than the last input."""

from __future__ import annotations

from typing import Final

FIRST_PRESS: Final = 12.0  # frames: 0.2 s at 60 fps, a press of ordinary length; until presses were seen
NEWEST_PRESS_WEIGHT: Final = 0.125  # in the running mean of press lengths


class RepeatLast:
    """People hold buttons: what was pressed last is pressed still."""

    def __init__(self, default: bytes) -> None:
        self._last = default

    def learn(self, data: bytes) -> None:
        self._last = data

    def predict(self, ahead: int) -> bytes:
        return self._last


class AlwaysDefault:
    """For inputs that are rare events, such as moves of a turn-based game."""

    def __init__(self, default: bytes) -> None:
        self._default = default

    def learn(self, data: bytes) -> None:
        pass

    def predict(self, ahead: int) -> bytes:
        return self._default


class Decay:
    """Repeats the last input for as many frames as this player's presses last, then lets go.

    For long windows: whoever is not heard of for half a second should not run on into the abyss.
    """

    def __init__(self, default: bytes) -> None:
        self._default = default
        self._last = default
        self._held = 0  # frames, of the press that is going on
        self._usual = FIRST_PRESS  # running mean of the lengths of presses, in frames

    def learn(self, data: bytes) -> None:
        if data == self._last:
            self._held += 1
            return
        if self._last != self._default:
            self._usual += NEWEST_PRESS_WEIGHT * (self._held - self._usual)
        self._last, self._held = data, 1

    def predict(self, ahead: int) -> bytes:
        return self._last if ahead <= self._usual else self._default
