"""Lanes: which connection takes the next packet, judged on a model of connections that losses block."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from ordered_link import datagram_ages, input_ages

from netcode.lanes import FEWEST_LANES, MOST_LANES, MOST_PATIENT, IdlePick, InTurn, LanePolicy, most_lanes
from netcode.simulator.weather import Weather

RANDOM_LOSS = Weather(50, 10, loss=0.03)
BURSTS = Weather(50, 10, burst_loss=0.05, burst_ms=60)
LAN = Weather(0.3, 0.1)
WAN = Weather(20, 3)


def p99(ages: list[float]) -> float:
    return sorted(ages)[int(len(ages) * 0.99)]


def mean(ages: list[float]) -> float:
    return sum(ages) / len(ages)


def test_every_lane_in_turn() -> None:
    lanes, chosen = InTurn(3), []
    for number in range(7):
        (lane,) = lanes.choose(0.0)
        lanes.sent(lane, number, 0.0)
        chosen.append(lane)
    assert chosen == [0, 1, 2, 0, 1, 2, 0]


def test_where_losses_are_random_inputs_are_no_older_than_datagrams() -> None:
    datagrams = datagram_ages(RANDOM_LOSS, 60, 1)
    one, _ = input_ages(InTurn, RANDOM_LOSS, 60, 1)
    picked, _ = input_ages(IdlePick, RANDOM_LOSS, 60, 1)
    assert p99(one) > 2 * p99(datagrams)  # the model has the illness
    assert p99(picked) <= p99(datagrams) and mean(picked) <= mean(datagrams)


def test_where_losses_come_in_bursts_too() -> None:
    datagrams = datagram_ages(BURSTS, 120, 1)
    one, _ = input_ages(InTurn, BURSTS, 120, 1)
    picked, _ = input_ages(IdlePick, BURSTS, 120, 1)
    assert p99(one) > 2 * p99(datagrams)
    assert p99(picked) <= 1.15 * p99(datagrams)


def test_a_clean_lan_needs_two_lanes_and_no_copies() -> None:
    _, policy = input_ages(IdlePick, LAN, 30, 1)
    assert policy.lanes == FEWEST_LANES
    assert not policy.wants_copy(30.0)


def test_lanes_are_opened_on_a_long_way_before_anything_is_lost_and_closed_again() -> None:
    policy = IdlePick()
    number = 0

    def play(seconds: float, way: int) -> None:
        """`way`: frames until a packet is known to have arrived."""
        nonlocal number
        arrived: list[list[int]] = []
        newest = [65535] * MOST_LANES
        for _ in range(int(seconds * 60)):
            now = number / 60
            if len(arrived) >= way:
                policy.heard(arrived[-way], now)
            lane = policy.choose(now)[0]
            policy.sent(lane, number, now)
            newest[lane] = number % 65536
            arrived.append(list(newest))
            number += 1

    play(20, way=7)
    assert 20 <= policy.lanes <= 24
    assert not policy.wants_copy(number / 60)
    play(30, way=1)
    assert policy.lanes == FEWEST_LANES


def back_after(policy: Callable[[], LanePolicy], seconds: float, seed: int) -> float:
    """Seconds from the end of an outage until a newer input is known."""
    begins, ends = 8.0, 8.0 + seconds
    ages, _ = input_ages(policy, WAN, ends + 2.0, seed, outage=(begins, ends))
    first = int((ends - 5.0) * 60)
    return next(number for number in range(1, 120) if ages[first + number] < ages[first + number - 1]) / 60


OUTAGES = [1.0, *(3.0 + tenth / 10 for tenth in range(10)), 8.0, 8.5]  # seconds: all parts of a repetition


def test_the_first_input_after_an_outage_comes_soon() -> None:
    assert max(back_after(IdlePick, seconds, 1) for seconds in OUTAGES) <= 0.150


def test_many_remotes_share_what_a_process_may_open() -> None:
    assert [most_lanes(remotes) for remotes in (0, 1, 6, 7, 15)] == [24, 24, 24, 22, 10]


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 65535), max_size=30), st.floats(0, 0.1), st.booleans()), max_size=60
    )
)
def test_whatever_a_remote_says_of_our_lanes_there_is_one_to_take(
    said: list[tuple[list[int], float, bool]],
) -> None:
    policy, now, sent_at = IdlePick(), 0.0, float("-inf")
    for number, (newest, wait, works) in enumerate(said):
        now += wait
        policy.heard(newest, now)
        order = policy.choose(now)
        assert FEWEST_LANES <= policy.lanes <= MOST_LANES
        if now - sent_at >= MOST_PATIENT:  # who hears nothing at all may send less often
            assert order
        if order:
            assert sorted(order) == list(range(policy.lanes))
        if order and works:
            policy.sent(order[0], number, now)
            sent_at = now
