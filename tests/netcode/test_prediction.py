"""Guesses for inputs that have not arrived."""

from typing import get_args

from netcode.prediction import PREDICTORS, AlwaysDefault, RepeatLast
from netcode.settings import PredictionName


def test_repeat_last_repeats_the_newest_confirmed_input():
    guess = RepeatLast(b"d")
    assert guess.predict() == b"d"
    guess.learn(b"a")
    guess.learn(b"b")
    assert [guess.predict(), guess.predict()] == [b"b", b"b"]


def test_always_default_learns_nothing():
    guess = AlwaysDefault(b"d")
    guess.learn(b"a")
    assert guess.predict() == b"d"


def test_every_name_in_the_settings_has_a_predictor():
    assert set(PREDICTORS) == set(get_args(PredictionName))
