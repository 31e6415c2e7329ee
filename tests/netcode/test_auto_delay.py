"""The automatic delay: what it wants, and when it changes its mind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.auto_delay import LOWER_AFTER, RAISE_AFTER, AutoDelay
from netcode.clock import RoundTrip
from netcode.limits import MAX_INPUT_DELAY, MAX_WINDOW

TICK = 1 / 60


def link(ms: float | None, spread_ms: float = 0.0) -> RoundTrip:
    measured = RoundTrip()
    measured.seconds = None if ms is None else ms / 1000
    measured.spread = spread_ms / 1000
    return measured


def settle(
    auto: AutoDelay, delay: int, links: list[RoundTrip], seconds: float, now: float = 0.0
) -> list[int]:
    """The delay after each tick."""
    delays = []
    for tick in range(int(seconds / TICK)):
        delay = auto.look(delay, links, now + tick * TICK)
        delays.append(delay)
    return delays


@pytest.mark.parametrize(
    ("ping_ms", "spread_ms", "window", "wanted"),
    [
        (1, 0, 8, 0),  # a LAN needs none
        (50, 0, 8, 0),
        (100, 0, 8, 2),
        (100, 8, 8, 3),
        (200, 0, 8, 5),
        (400, 0, 8, 6),  # a tenth of a second; more than that only for the window
        (400, 0, 6, 8),
        (1500, 0, 8, MAX_INPUT_DELAY),
        (50, 0, 0, 2),  # lockstep hides all of it
        (100, 0, 0, 4),
        (100, 0, 1, 4),
    ],
)
def test_what_is_wanted(ping_ms, spread_ms, window, wanted):
    auto = AutoDelay(60.0, window)
    lag = auto.lag(link(ping_ms, spread_ms))
    assert lag is not None
    assert auto.wanted(lag) == wanted
    assert settle(AutoDelay(60.0, window), wanted, [link(ping_ms, spread_ms)], 20)[-1] == wanted


@given(
    st.floats(0, 5000), st.floats(0, 1000), st.sampled_from([15.0, 60.0, 240.0]), st.integers(0, MAX_WINDOW)
)
def test_more_lag_never_wants_less(ms, spread, fps, window):
    auto = AutoDelay(fps, window)
    lag = auto.lag(link(ms, spread))
    assert lag is not None
    assert 0 <= auto.wanted(lag) <= auto.wanted(lag + 1) <= MAX_INPUT_DELAY
    assert auto.wanted(lag + 1) - auto.wanted(lag) <= 1


def test_it_goes_up_soon_and_down_late_and_slowly():
    auto = AutoDelay(60.0, 8)
    up = settle(auto, 1, [link(200)], 2)
    assert up.index(5) == pytest.approx(RAISE_AFTER / TICK, abs=1)
    assert set(up) == {1, 5}
    down = settle(auto, 5, [link(20)], 30, now=2.0)
    assert [down.index(delay) for delay in (4, 3)] == pytest.approx(
        [LOWER_AFTER / TICK, 2 * LOWER_AFTER / TICK], abs=3
    )
    assert down[-1] == 0


def test_a_spike_changes_nothing():
    auto = AutoDelay(60.0, 8)
    assert set(settle(auto, 2, [link(90)], 1)) == {2}
    assert set(settle(auto, 2, [link(400)], RAISE_AFTER * 0.9, now=1.0)) == {2}
    assert set(settle(auto, 2, [link(90)], 1, now=1.5)) == {2}
    assert set(settle(auto, 2, [link(400)], RAISE_AFTER * 0.9, now=2.5)) == {2}


def test_what_swings_around_a_border_stays_where_it_is():
    auto, delay, now = AutoDelay(60.0, 8), 2, 0.0
    border = (2 + 2 - 0.5) / 60 * 2 * 1000  # ms: exactly between wanting 2 and 3
    for turn in range(200):
        delay = auto.look(delay, [link(border + (5 if turn % 120 < 60 else -5))], now)
        now += 0.1
        assert delay == 2


def test_the_furthest_counts_and_who_was_not_measured_does_not():
    assert settle(AutoDelay(60.0, 8), 0, [link(10), link(None), link(200)], 2)[-1] == 5
    assert settle(AutoDelay(60.0, 8), 3, [link(None)], 20)[-1] == 3
    assert settle(AutoDelay(60.0, 8), 3, [], 20)[-1] == 3
