"""Everybody plays at the pace that the slowest machine can keep, and no hitch or lie makes it much slower."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.clock import TICKS
from netcode.common_pace import MAX_SLOWDOWN, QUIET, SPARE, TOLD_AFTER, CommonPace
from netcode.events import FullPace, Slowed
from netcode.limits import MAX_FRAME

FPS = 60
FRAME = 1 / FPS


def pace(**values):
    return CommonPace(**({"fps": FPS, "disconnect_timeout": 5.0, "fast": False} | values))


def after(works, **values):
    """A pace whose frames took so many seconds of work each."""
    made = pace(**values)
    for work in works:
        made.worked(work, played=True)
    return made


@given(st.lists(st.floats(0.0, 0.9 * FRAME)))
def test_who_keeps_the_rate_says_nothing(works):
    assert after(works).told == 0


@pytest.mark.parametrize("speed", [0.4, 0.7, 0.9])
def test_a_slow_machine_says_what_its_frames_need_and_takes_it_back(speed):
    slow = after([FRAME / speed] * 30)
    assert slow.told / TICKS == pytest.approx(SPARE * FRAME / speed, rel=0.02)
    assert after([FRAME / speed] * 12).told, "within a few frames"
    for _ in range(25):
        slow.worked(0.002, played=True)
    assert slow.told == 0


@given(st.floats(0.0, 60.0))
def test_a_single_hitch_is_soon_forgotten(seconds):
    hitch = after([0.003] * 30 + [seconds])
    hitch.worked(0.003, played=True)
    hitch.worked(0.003, played=True)
    assert hitch.told == 0


def test_what_a_stalled_frame_took_counts_for_it_once_it_is_played():
    waited, played = pace(), pace()
    for _ in range(30):
        for part in (0.01, 0.01):
            waited.worked(part, played=False)
        waited.worked(0.01, played=True)
        played.worked(0.03, played=True)
    assert waited.told == played.told > 0


def test_the_slowest_that_is_heard_of_counts_our_own_included():
    ours = after([2 * FRAME] * 30)
    ours.look([("ann", 300)], 0.0)
    assert ours.slowest is None and ours.slowdown == pytest.approx(2 * SPARE, rel=0.02)
    ours.look([("ann", 300), ("bob", 500)], 0.0)
    assert (ours.slowest, ours.slowdown) == ("bob", pytest.approx(3.0))
    ours.look([], 0.0)
    assert ours.slowest is None


@given(st.integers(0, MAX_FRAME), st.sampled_from([15, 30, 60, 1000]), st.floats(0.2, 600))
def test_no_claim_slows_anybody_below_the_floor(ticks, fps, timeout):
    heard = pace(fps=fps, disconnect_timeout=timeout)
    heard.look([("liar", ticks)], 0.0)
    assert 1.0 <= heard.slowdown <= MAX_SLOWDOWN
    assert heard.slowdown / fps <= max(timeout / 10, 1 / fps) + 1e-9, "nobody seems lost for it"


def test_without_a_pace_nobody_is_slow():
    fast = after([1.0] * 30, fast=True)
    assert fast.told == 0 and fast.look([("liar", 10_000)], 0.0) == [] and fast.slowdown == 1.0


def news(told_at):
    """(when, event) of a player `ann` who tells `told_at(now)` ticks."""
    heard, now, found = pace(), 0.0, []
    while now < 20:
        ticks = told_at(now)
        found += [(round(now, 1), event) for event in heard.look([("ann", ticks)] if ticks else [], now)]
        now += FRAME
    return found, heard.watch


def test_a_person_is_told_once_and_again_when_it_is_over():
    found, watch = news(lambda now: 400 if 3 <= now < 10 else 0)
    (slow_at, slow), (full_at, full) = found
    assert (slow_at, slow) == (pytest.approx(3 + TOLD_AFTER, abs=0.1), Slowed("ann", 25.0, FPS))
    assert full_at == pytest.approx(10 + TOLD_AFTER, abs=0.1)
    assert full == FullPace(pytest.approx(7.0, abs=0.1))
    assert (watch.lowest, watch.lowest_by) == (25.0, "ann")


def test_what_lasts_less_than_a_second_is_counted_not_told():
    found, watch = news(lambda now: 400 if 3 <= now < 3.5 else 0)
    assert found == [] and watch.seconds == pytest.approx(0.5, abs=0.1)


def test_a_pace_that_swings_is_not_told_all_the_time():
    found, _ = news(lambda now: 400 if int(now / 1.5) % 2 else 800)
    assert 1 <= len(found) <= 20 / QUIET + 1
