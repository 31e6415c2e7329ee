"""A drawing is dropped rather than a frame; and between frames it is drawn again, if there is time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peer import frame_clock
from peer.frame_clock import FrameClock
from peer.screen.draw_times import MOST_SHARE, MOST_WAIT, REFRESH, DrawTimes


def drew(times: DrawTimes, began: float, cost: float, count: int = 1) -> None:
    for _ in range(count):
        times.drew(began, began + cost)


def test_a_frame_without_time_is_not_drawn_but_one_in_a_while_is() -> None:
    times = DrawTimes()
    assert times.may_draw(0.0, 0.016)
    drew(times, 0.0, 0.008, 5)
    assert times.may_draw(0.016, 0.010)
    assert not times.may_draw(0.016, 0.008)
    assert not times.may_draw(0.032, -0.5)
    assert times.dropped == 2
    times.redrew(0.040, 0.041)
    assert times.may_draw(MOST_WAIT, -0.5), "the old picture drawn again is no new one"


def test_one_hitch_is_no_reason_to_draw_less() -> None:
    times = DrawTimes()
    drew(times, 0.0, 0.005, 4)
    drew(times, 0.1, 0.300)
    assert times.may_draw(0.2, 0.010)


@given(cost=st.floats(0.001, 0.5), left=st.floats(-0.1, 0.0))
def test_who_is_always_late_spends_little_on_drawing(cost: float, left: float) -> None:
    times, now, spent = DrawTimes(), 0.0, 0.0
    for _ in range(2000):
        if times.may_draw(now, left):
            times.drew(now, now + cost)
            now += cost
            spent += cost
        now += 0.010
    assert times.drawn > 1
    assert spent <= max(MOST_SHARE, cost / MOST_WAIT) * now + 5 * cost
    if cost > MOST_WAIT * MOST_SHARE:
        assert spent <= 1.5 * MOST_SHARE * now + 5 * cost


def test_at_15_frames_a_second_60_are_drawn() -> None:
    times, now, period = DrawTimes(), 0.0, 1 / 15
    for frame in range(15):
        due = frame * period
        now = max(now, due)
        assert times.may_draw(now, due + period - now)
        times.drew(now, now := now + 0.008)
        while (left := due + period - now) > 0:
            nap = times.until_redraw(now, left)
            assert nap <= left
            if nap == 0.0:
                times.redrew(now, now := now + 0.001)
            now += nap
        assert now <= due + period + 1e-9, "no frame begins late for a drawing"
    assert 58 <= times.drawn + times.redrawn <= 61


@pytest.mark.parametrize("left", [REFRESH, 0.017, 0.005])
def test_what_would_end_too_late_is_not_begun(left: float) -> None:
    times = DrawTimes()
    drew(times, 0.0, 0.001)
    times.redrew(0.0, 0.004)
    assert times.until_redraw(0.0, left) == left


def test_the_clock_asks_between_two_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(frame_clock, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    asked: list[float] = []

    def between(left: float) -> float:
        asked.append(left)
        return {0: 0.004, 1: 0.0, 2: -1.0}.get(len(asked) - 1, 99.0)

    clock = FrameClock()
    assert clock.left(0.010) == pytest.approx(0.010)
    clock.wait(0.010, between)
    assert asked == pytest.approx([0.010, 0.006, 0.006, 0.006])
    assert now[0] == pytest.approx(50.010), "a nap never lasts past the frame"
    now[0] += 0.003
    assert clock.left(0.010) == pytest.approx(0.007)
