"""Stalls are counted; only those that last are told."""

import pytest

from netcode.events import Stalled, StallEnded
from netcode.stalls import TOLD_AFTER, StallWatch


def test_a_short_stall_is_counted_and_not_told():
    watch = StallWatch()
    assert watch.waiting(1.0, ("ann",)) == []
    assert watch.waiting(1.1, ("ann",)) == []
    assert watch.going_on(1.15) == []
    assert (watch.count, watch.since) == (1, None)
    assert watch.seconds == watch.longest_s == pytest.approx(0.15)


def test_a_long_stall_is_told_once_and_its_end_too():
    watch = StallWatch()
    told = [event for tick in range(100) for event in watch.waiting(tick / 100, ("ann", "ben"))]
    assert told == [Stalled(("ann", "ben"))]
    (ended,) = watch.going_on(1.0)
    assert isinstance(ended, StallEnded)
    assert ended.seconds == pytest.approx(1.0)
    assert watch.going_on(1.1) == []


def test_totals_add_up():
    watch = StallWatch()
    for start, end in ((0.0, 0.1), (1.0, 1.4), (2.0, 2.05)):
        watch.waiting(start, ())
        watch.going_on(end)
    assert watch.count == 3
    assert watch.seconds == pytest.approx(0.55)
    assert watch.longest_s == pytest.approx(0.4) and watch.longest_s > TOLD_AFTER
