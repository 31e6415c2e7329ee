"""Round trips and silence, from times that are handed in."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.clock import CLOCK_BATCH, MAX_TICK_GAP, TICKS, RoundTrip, Silence, ticks_between, to_ticks


@given(st.floats(0, 1e9), st.floats(0, 1e5))
def test_ticks_survive_the_wrap(start, length):
    assert abs(ticks_between(to_ticks(start), to_ticks(start + length)) - length * TICKS) <= 2


def test_round_trip_excludes_the_time_held_over_there():
    trip = RoundTrip()
    trip.sample(to_ticks(10.0), int(0.03 * TICKS), 10.13)
    assert trip.seconds == pytest.approx(0.1, abs=1e-3)
    for _ in range(100):
        trip.sample(to_ticks(10.0), 0, 10.05)
    assert trip.seconds == pytest.approx(0.05, abs=1e-3)
    assert trip.spread < 0.001


@pytest.mark.parametrize(("echo", "held"), [(to_ticks(11.0), 0), (to_ticks(9.9), 5000), (0, 2**40)])
def test_a_stamp_that_cannot_be_ours_is_no_measurement(echo, held):
    trip = RoundTrip()
    trip.sample(echo, held, 10.0)
    assert trip.seconds is None


def test_silence_grows_with_looks_and_ends_when_heard():
    silence = Silence(0.0)
    for tick in range(1, 11):
        silent = silence.look(tick * 0.1)
    assert silent == pytest.approx(1.0)
    silence.heard()
    assert silence.look(1.1) == 0.0
    assert silence.look(1.2) == pytest.approx(0.1)


def test_our_own_pause_is_not_the_remotes_silence():
    silence = Silence(0.0)
    silence.look(0.1)
    assert silence.look(60.0) == pytest.approx(0.1 + MAX_TICK_GAP)


def test_a_clock_that_steps_back_counts_nothing():
    silence = Silence(10.0)
    assert silence.look(5.0) == 0.0
    assert silence.look(5.1) == pytest.approx(0.1)


def test_slow_frames_count_in_full_when_said():
    silence = Silence(0.0, max_gap=2.0)
    assert [silence.look(float(second)) for second in range(1, 4)] == [1.0, 2.0, 3.0]


@given(st.floats(-1e5, 1e5), st.floats(0.0, 0.2), st.floats(0.0, 0.2), st.integers(0, 5))
def test_the_age_of_what_a_remote_sent_by_its_own_clock(ahead, there, back, seed):
    """Exact if both ways are alike; else off by half of what they differ in, and no more."""
    trip, rng, now = RoundTrip(), Random(seed), 1e5
    assert trip.age(to_ticks(now), now) is None
    for _ in range(3 * CLOCK_BATCH):
        now += 1 / 60
        sent, held = now, rng.uniform(0.0, 0.02)
        jitter = rng.choice((0.0, 0.0, 0.05))  # mostly the fastest way there is
        left = sent + there + jitter + held
        trip.sample(to_ticks(sent), int(held * TICKS), left + back, to_ticks(left + ahead))
    age = trip.age(to_ticks(now - 0.1 + ahead), now)
    assert age == pytest.approx(0.1, abs=abs(there - back) / 2 + 0.001)
    assert trip.age(to_ticks(now + 0.3 + ahead), now) == 0.0


def test_the_remotes_clock_is_followed_as_it_drifts():
    trip, now, ahead = RoundTrip(), 100.0, 0.0
    for _ in range(20 * CLOCK_BATCH):
        now, ahead = now + 1 / 60, ahead + 0.01 / 60  # a hundredth fast: a clock as bad as they come
        trip.sample(to_ticks(now), 0, now + 0.04, to_ticks(now + 0.02 + ahead))
    assert trip.age(to_ticks(now + ahead), now + 0.05) == pytest.approx(0.05, abs=0.045)
