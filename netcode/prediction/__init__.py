"""Strategies for an input that has not arrived. A wrong guess costs a rollback, no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from netcode.prediction.learned import Learned
from netcode.prediction.predictor import Predictor
from netcode.prediction.simple import AlwaysDefault, Decay, RepeatLast
from netcode.settings import PredictionName

PREDICTORS: Final[dict[PredictionName, Callable[[bytes], Predictor]]] = {
    "repeat-last": RepeatLast,
    "default": AlwaysDefault,
    "decay": Decay,
    "learned": Learned,
}

__all__ = ["PREDICTORS", "AlwaysDefault", "Decay", "Learned", "Predictor", "RepeatLast"]
