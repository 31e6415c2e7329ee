"""The example that learns how a player presses: it plays, and it guesses better."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.prediction import PREDICTORS, RepeatLast
from netcode.settings import MatchSettings
from netcode.simulator.match import VirtualMatch
from netcode.simulator.weather import Weather
from peer.own_prediction import find_prediction

EXAMPLE = Path(__file__).parents[2] / "docs/examples/learned_prediction"
NOTHING = b"\0"
COMBO = [b"d"] * 4 + [b"e"] * 4 + [b"r"] * 3 + [b"p"] * 6 + [NOTHING] * 20


@pytest.fixture(scope="module", autouse=True)
def beside_it():
    sys.path.insert(0, str(EXAMPLE))
    yield
    sys.path.remove(str(EXAMPLE))


@pytest.fixture(scope="module")
def make():
    return find_prediction("learned:Learned", [NOTHING])


def test_a_combo_is_expected_to_the_frame(make):
    guess = make(NOTHING)
    for data in COMBO * 15 + [b"d"] * 4 + [b"e"] * 3:
        guess.learn(data)
    assert [guess.predict(ahead) for ahead in range(1, 9)] == [b"e"] + [b"r"] * 3 + [b"p"] * 4


@given(st.lists(st.tuples(st.sampled_from([b"\0", b"a", b"b", b"c"]), st.integers(1, 9)), max_size=60))
def test_only_what_was_confirmed_before_is_ever_guessed(make, runs):
    guess, seen = make(NOTHING), {NOTHING}
    for data, frames in runs:
        for _ in range(frames):
            guess.learn(data)
            seen.add(data)
            assert {guess.predict(ahead) for ahead in (1, 2, 5, 9, 60)} <= seen


def test_a_whole_match_over_a_bad_link(make, monkeypatch):
    monkeypatch.setitem(PREDICTORS, "learned:Learned", make)
    chosen = MatchSettings(env="mixing", frames=300, prediction="learned:Learned")
    match = VirtualMatch(chosen, Weather(60, 30, loss=0.05), hold=0.85).run(60)
    assert match.faults_found() == []
    assert all(peer.session.confirmed == 300 and len(peer.depths) > 20 for peer in match.peers)


def test_fewer_frames_are_wrong_than_with_repeat_last(make):
    from bench import wrong_frames
    from presses import STYLES, record

    learned = repeated = 0
    for style in STYLES:
        inputs = record(style, Random(11), 3600)
        learned += wrong_frames(make(NOTHING), inputs, 6)
        repeated += wrong_frames(RepeatLast(NOTHING), inputs, 6)
    assert learned < 0.85 * repeated
