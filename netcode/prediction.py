"""Strategies for an input that has not arrived. A wrong guess costs a rollback, no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol


class Predictor(Protocol):
    """Guesses one slot's inputs. Fed every confirmed input of that slot, in order.

    Any model will do. Each peer predicts for itself: a guess is never sent, and only compared with what
    was confirmed in the end. It may change from one call to the next, and nobody has to guess alike.
    """

    def learn(self, data: bytes) -> None:
        """`data` is the next confirmed input."""
        ...

    def predict(self, ahead: int) -> bytes:
        """The input expected `ahead` frames after the newest confirmed one (1: the very next frame).

        Must be an input that the game takes: the slot's default, or one that was confirmed before.
        """
        ...


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


MakePredictor = Callable[[bytes], Predictor]  # from the slot's default input
PREDICTORS: Final[dict[str, MakePredictor]] = {"repeat-last": RepeatLast, "default": AlwaysDefault}
