from __future__ import annotations

import time
from random import Random

from netcode.simulator.game import MixingGame
from netcode.stalls import StallWatch
from peer.frame_clock import FrameClock
from peer.records.report import stall_figures
from peer.timing import BINS, Histogram, TimedSimulation


def test_quantiles_are_those_of_the_values() -> None:
    rng = Random(1)
    values = sorted(rng.expovariate(0.2) for _ in range(5000))
    histogram = Histogram(width=0.05)
    for value in values:
        histogram.add(value)
    for share in (0.5, 0.95, 0.99):
        assert abs(histogram.quantile(share) - values[int(share * 5000) - 1]) <= 0.1
    assert histogram.summary(50, 99)["max"] == round(values[-1], 3)


def test_outliers_do_not_cost_memory() -> None:
    histogram = Histogram(width=1.0)
    histogram.add(1e9)
    assert histogram.quantile(1.0) == BINS
    assert histogram.max == 1e9
    assert Histogram().summary(50) == {"p50": 0.0, "max": 0.0}


def test_a_timed_simulation_is_the_same_simulation() -> None:
    plain, timed = MixingGame(2, 3), TimedSimulation(MixingGame(2, 3))
    inputs = [b"\x01", b"\x02"]
    assert timed.step(inputs) == plain.step(inputs)
    snapshot = timed.capture()
    assert timed.digest(snapshot) == plain.digest() == timed.digest()
    timed.step(inputs)
    timed.restore(snapshot)
    assert timed.step(inputs) == plain.step(inputs)
    assert not timed.is_valid_input(0, b"\xff")
    assert timed.nanoseconds > 0


def test_the_clock_keeps_its_rate_and_gives_up_lost_time() -> None:
    clock = FrameClock()
    began = clock.now()
    for _ in range(20):
        clock.wait(0.005)
    assert clock.now() - began >= 0.099
    time.sleep(0.05)  # ten frames late
    late = clock.now()
    for _ in range(6):
        clock.wait(0.005)
    assert clock.now() - late >= 0.018  # the late frame and one more are short, not ten


def test_a_stall_is_at_least_one_frame_and_the_one_that_goes_on_counts() -> None:
    stalls = StallWatch()
    assert stall_figures(stalls, 60.0, 0.0) == {
        "stalls": 0,
        "stalled_frames": 0,
        "stalled_s": 0.0,
        "longest_stall_s": 0.0,
    }
    stalls.waiting(1.0, ("bob",))
    stalls.going_on(1.003)  # a fifth of a frame
    assert stall_figures(stalls, 60.0, 2.0)["stalled_frames"] == 1
    stalls.waiting(5.0, ("bob",))
    figures = stall_figures(stalls, 60.0, 7.0)  # the match ends in the midst of it
    assert (figures["stalls"], figures["stalled_frames"], figures["longest_stall_s"]) == (2, 120, 2.0)
