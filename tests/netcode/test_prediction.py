"""Strategies for inputs that have not arrived."""

from typing import get_args

import pytest

from netcode.prediction import PREDICTORS, AlwaysDefault, Decay, RepeatLast
from netcode.settings import PredictionName
from netcode.timeline import Timeline


def test_repeat_last_starts_with_the_default_and_follows_the_player():
    guess = RepeatLast(b"d")
    assert guess.predict(1) == b"d"
    guess.learn(b"a")
    guess.learn(b"b")
    assert [guess.predict(1), guess.predict(9)] == [b"b", b"b"]


def test_always_default_never_moves():
    guess = AlwaysDefault(b"d")
    guess.learn(b"a")
    assert guess.predict(1) == b"d"


def test_decay_lets_go_after_as_long_as_presses_last():
    guess = Decay(b"d")
    guess.learn(b"a")
    assert [guess.predict(12), guess.predict(13)] == [b"a", b"d"]
    for _ in range(80):  # presses of four frames
        for data in (b"a", b"a", b"a", b"a", b"d"):
            guess.learn(data)
    guess.learn(b"b")
    assert [guess.predict(ahead) for ahead in (1, 4, 5, 60)] == [b"b", b"b", b"d", b"d"]


def test_decay_does_not_take_the_pauses_for_presses():
    guess = Decay(b"d")
    for _ in range(500):
        guess.learn(b"d")
    guess.learn(b"a")
    assert [guess.predict(12), guess.predict(13)] == [b"a", b"d"]


def test_every_name_in_the_settings_has_a_predictor():
    assert set(PREDICTORS) == set(get_args(PredictionName))


@pytest.mark.parametrize("name", PREDICTORS)
def test_before_anything_is_known_the_default_is_expected(name):
    assert PREDICTORS[name](b"d").predict(1) == b"d"


def test_a_timeline_says_how_far_ahead_the_frame_is():
    asked = []

    class Asked(RepeatLast):
        def predict(self, ahead: int) -> bytes:
            asked.append(ahead)
            return super().predict(ahead)

    line = Timeline(b"d", 2, Asked(b"d"))
    for frame in range(5):
        line.use(frame)
    line.confirm(b"a")
    line.use(3)
    assert asked == [1, 2, 3, 1]
