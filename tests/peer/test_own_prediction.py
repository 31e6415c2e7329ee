"""Guesses by code of the user's own: whatever it does, a guess is an input, and code of others is not run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from netcode.errors import ConfigError
from netcode.prediction import AlwaysDefault, RepeatLast
from netcode.settings import MatchSettings
from peer.own_prediction import OwnPredictor, find_prediction, predictors_of

GAME = SimpleNamespace(default_inputs=[b"d", b"d"], is_valid_input=lambda slot, data: data in (b"a", b"d"))


class Says(RepeatLast):
    """Guesses what it is told to, or raises it."""

    guess: object = b"a"

    def predict(self, ahead):
        if isinstance(self.guess, BaseException):
            raise self.guess
        return self.guess


def own(make):
    said = []
    return OwnPredictor(make, b"d", lambda data: GAME.is_valid_input(0, data), said.append), said


def test_its_guess_is_taken():
    guess, said = own(Says)
    assert guess.predict(1) == b"a" and not said


@pytest.mark.parametrize("wrong", [ValueError("no\nidea"), SystemExit(0), b"x", None, bytearray(b"a"), "a"])
def test_a_failure_is_said_once_and_the_last_input_is_repeated(wrong, monkeypatch):
    guess, said = own(Says)
    monkeypatch.setattr(Says, "guess", wrong)
    assert guess.predict(1) == b"d"
    monkeypatch.undo()
    guess.learn(b"b")
    assert guess.predict(1) == b"b"
    assert len(said) == 1 and "\n" not in said[0] and said[0].startswith("--prediction fails")


@pytest.mark.parametrize(
    "make", [lambda default: 1 / 0, lambda default: SimpleNamespace(learn=lambda data: 1 / 0)]
)
def test_also_when_it_cannot_be_made_or_cannot_learn(make):
    guess, said = own(make)
    guess.learn(b"a")
    assert guess.predict(1) == b"a" and len(said) == 1


@pytest.mark.parametrize("name", ["nomodule:make", "json:nothing", "json:loads", "os:getcwd"])
def test_what_makes_no_predictor_is_named_in_one_line(name):
    with pytest.raises(ConfigError) as caught:
        find_prediction(name, GAME.default_inputs)
    assert str(caught.value).startswith(f"--prediction {name}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize("asked", [None, "repeat-last", "os:listdir"])
def test_code_that_others_name_is_not_run(asked):
    said = []
    mine = asked and MatchSettings(env="x", prediction=asked)
    played = MatchSettings(env="x", prediction="os:system")
    assert all(type(one) is RepeatLast for one in predictors_of(mine, played, GAME, said.append))
    assert said == ["--prediction os:system is not asked for here: the last input is repeated"]


def test_those_of_netcode_go_by_name():
    played = MatchSettings(env="x", prediction="default")
    assert [type(one) for one in predictors_of(None, played, GAME, print)] == [AlwaysDefault] * 2
