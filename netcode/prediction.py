"""Strategies for an input that has not arrived. A wrong guess costs a rollback, no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from netcode.settings import PredictionName


class Predictor(Protocol):
    """Guesses one slot's inputs. Fed every confirmed input of that slot, in order."""

    def learn(self, data: bytes) -> None:
        """`data` is the next confirmed input."""
        ...

    def predict(self) -> bytes:
        """The input expected for any frame after the newest confirmed one."""
        ...


class RepeatLast:
    """People hold buttons: what was pressed last is pressed still."""

    def __init__(self, default: bytes) -> None:
        self._last = default

    def learn(self, data: bytes) -> None:
        self._last = data

    def predict(self) -> bytes:
        return self._last


class AlwaysDefault:
    """For inputs that are rare events, such as moves of a turn-based game."""

    def __init__(self, default: bytes) -> None:
        self._default = default

    def learn(self, data: bytes) -> None:
        pass

    def predict(self) -> bytes:
        return self._default


PREDICTORS: dict[PredictionName, Callable[[bytes], Predictor]] = {
    "repeat-last": RepeatLast,
    "default": AlwaysDefault,
}
