"""A bad link does what its figures say, the same for the same seed."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from netcode.simulator.weather import BadLink, Weather

PERIOD = 1 / 60


def sent(
    weather: Weather, packets: int = 20_000, seed: int = 1, ordered: bool = True
) -> list[tuple[int, float]]:
    """(number of the packet, milliseconds under way), in order of arrival."""
    link = BadLink(weather, Random(seed), ordered)
    arrived = []
    for number in range(packets):
        link.put(number.to_bytes(4, "big"), number * PERIOD)
        arrived += link.take(number * PERIOD)
    arrived += link.take(1e9)
    assert len(link) == 0
    return [(n := int.from_bytes(data, "big"), (at - n * PERIOD) * 1000) for data, at in arrived]


def longest_gap(numbers: list[int]) -> int:
    return max(later - earlier - 1 for earlier, later in pairwise(numbers))


def test_a_perfect_link_changes_nothing() -> None:
    assert sent(Weather(), 100) == [(n, pytest.approx(0.0, abs=1e-6)) for n in range(100)]


def test_delay_and_jitter_are_within_their_bounds_and_keep_the_order() -> None:
    arrived = sent(Weather(delay_ms=50, jitter_ms=30))
    times = [ms for _, ms in arrived]
    assert min(times) >= 20 - 1e-6 and max(times) <= 80 + 1e-6
    assert [n for n, _ in arrived] == sorted(n for n, _ in arrived)
    assert 50 <= sum(times) / len(times) < 60  # keeping the order can only delay


def test_unordered_jitter_overtakes() -> None:
    numbers = [n for n, _ in sent(Weather(delay_ms=50, jitter_ms=30), ordered=False)]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == list(range(20_000))


def test_loss_is_the_share_it_says() -> None:
    assert len(sent(Weather(loss=0.03))) / 20_000 == pytest.approx(0.97, abs=0.005)


def test_bursts_take_whole_runs_and_the_share_they_say() -> None:
    numbers = [n for n, _ in sent(Weather(burst_loss=0.05, burst_ms=250), 100_000)]
    assert len(numbers) / 100_000 == pytest.approx(0.95, abs=0.01)
    assert longest_gap(numbers) > 15
    gaps = [b - a - 1 for a, b in pairwise(numbers) if b - a > 1]
    assert sum(gaps) / len(gaps) == pytest.approx(15, rel=0.25)


def test_reordered_packets_come_late_and_out_of_order() -> None:
    arrived = sent(Weather(delay_ms=10, reorder=0.1, reorder_ms=40))
    late = [n for n, ms in arrived if ms > 45]
    assert len(late) / 20_000 == pytest.approx(0.1, abs=0.01)
    assert [n for n, _ in arrived] != sorted(n for n, _ in arrived)


def test_duplicates_arrive_twice() -> None:
    assert len(sent(Weather(duplicate=0.2))) / 20_000 == pytest.approx(1.2, abs=0.02)


def test_the_same_seed_is_the_same_fate_and_another_is_not() -> None:
    weather = Weather(50, 10, loss=0.05, burst_loss=0.05, reorder=0.05, duplicate=0.05)
    assert sent(weather, 2000, seed=3) == sent(weather, 2000, seed=3)
    assert sent(weather, 2000, seed=3) != sent(weather, 2000, seed=4)


def test_one_setting_does_not_change_which_packets_another_loses() -> None:
    plain = [n for n, _ in sent(Weather(loss=0.1), 2000)]
    jittery = [n for n, _ in sent(Weather(loss=0.1, delay_ms=50, jitter_ms=10), 2000)]
    assert plain == jittery


def test_later_adds_to_the_way() -> None:
    assert Weather(delay_ms=20).later(0.05).delay_ms == 70
