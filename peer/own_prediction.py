"""`--prediction module:callable`: guesses by code of the user's own.

It is named by whoever plays here, never by others. Where it fails it is told once, and the last input is
repeated from then on: guesses never change the game, so nothing is lost.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from netcode.errors import ConfigError
from netcode.prediction import PREDICTORS, MakePredictor, Predictor, RepeatLast
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.quoting import one_line

_TROUBLE: Final = (Exception, SystemExit)  # of somebody else's code


def find_prediction(name: str, defaults: Sequence[bytes]) -> MakePredictor:
    """One of netcode's by its name, or a callable that makes a Predictor of a slot's default input.

    It is tried with all of `defaults`.

    Raises: ConfigError if there is no such callable, or what it makes is no Predictor.
    """
    if name in PREDICTORS:
        return PREDICTORS[name]
    module, _, attribute = name.partition(":")
    try:
        make: MakePredictor = getattr(importlib.import_module(module), attribute)
        able = all(_is_predictor(make(default)) for default in defaults)
    except _TROUBLE as error:
        raise ConfigError(f"--prediction {name}: {one_line(error)}") from None
    if not able:
        raise ConfigError(
            f"--prediction {name}: makes no predictor, which has learn(data) and predict(ahead)"
        )
    return make


def _is_predictor(made: object) -> bool:
    return callable(getattr(made, "learn", None)) and callable(getattr(made, "predict", None))


def predictors_of(
    own: MatchSettings | None, played: MatchSettings, game: EnvironmentSimulation, say: Callable[[str], None]
) -> list[Predictor]:
    """By slot. `own`: what is asked for here, if anything; `played`: the settings of the match.

    Code that others name is not run: then the last input is repeated.
    """
    name = played.prediction
    if name not in PREDICTORS and (own is None or name != own.prediction):
        say(f"--prediction {name} is not asked for here: the last input is repeated")
        name = "repeat-last"
    make = find_prediction(name, game.default_inputs)
    if name in PREDICTORS:
        return [make(default) for default in game.default_inputs]
    return [
        OwnPredictor(make, default, partial(game.is_valid_input, slot), say)
        for slot, default in enumerate(game.default_inputs)
    ]


class OwnPredictor:
    """One slot's, watched over: it may raise, or guess what is no input."""

    def __init__(
        self,
        make: MakePredictor,
        default: bytes,
        is_valid: Callable[[bytes], bool],
        say: Callable[[str], None],
    ) -> None:
        self._fallback = RepeatLast(default)
        self._is_valid, self._say = is_valid, say
        self._made: Predictor | None = self._fallback
        self._made = self._ask(lambda _: make(default))

    def learn(self, data: bytes) -> None:
        self._fallback.learn(data)
        self._ask(lambda made: made.learn(data))

    def predict(self, ahead: int) -> bytes:
        guess = self._ask(lambda made: made.predict(ahead))
        if self._made is not None:
            if type(guess) is bytes and self._is_valid(guess):
                return guess
            self._give_up(f"{guess.hex() if type(guess) is bytes else type(guess).__name__} is no input")
        return self._fallback.predict(ahead)

    def _ask(self, question: Callable[[Predictor], Any]) -> Any:
        if self._made is None:
            return None
        try:
            return question(self._made)
        except _TROUBLE as error:
            return self._give_up(one_line(error))

    def _give_up(self, why: str) -> None:
        self._made = None
        self._say(f"--prediction fails, the last input is repeated from now on: {why}")
