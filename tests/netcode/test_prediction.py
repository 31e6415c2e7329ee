"""Strategies for inputs that have not arrived."""

import pytest

from netcode.prediction import PREDICTORS, AlwaysDefault, RepeatLast
from netcode.settings import MatchSettings
from netcode.timeline import Timeline


def test_repeat_last_follows_the_player_and_always_default_never_moves():
    last, default = RepeatLast(b"d"), AlwaysDefault(b"d")
    for guess in (last, default):
        guess.learn(b"a")
        guess.learn(b"b")
    assert [last.predict(1), last.predict(9), default.predict(1)] == [b"b", b"b", b"d"]


@pytest.mark.parametrize("name", PREDICTORS)
def test_every_name_is_one_of_the_settings_and_expects_the_default_before_anything_is_known(name):
    assert PREDICTORS[MatchSettings(env="x", prediction=name).prediction](b"d").predict(1) == b"d"


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
