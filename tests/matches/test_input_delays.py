"""Whole matches in which every peer has its own input delay, and changes it while it plays."""

from __future__ import annotations

from random import Random

import pytest
from staged import CHAOS, expect_a_good_match, play, rollbacks, settings

from netcode.events import InputDelayChanged
from netcode.simulator.match import Faults, VirtualMatch
from netcode.simulator.weather import Weather


def restless(seed: int, players: int, seconds: float = 4.0) -> dict[int, Faults]:
    """Everybody changes the delay every now and then, to anything."""
    rng = Random(seed)
    choices = (0, 1, 2, 3, 5, 8, 13, 30, "auto")
    return {
        slot: Faults(delays={rng.uniform(0, seconds): rng.choice(choices) for _ in range(rng.randrange(12))})
        for slot in range(players)
    }


def changes(match: VirtualMatch, slot: int) -> list[InputDelayChanged]:
    return [event for event in match.peers[slot].events if isinstance(event, InputDelayChanged)]


@pytest.mark.parametrize("window", [0, 1, 8, 30])
@pytest.mark.parametrize("seed", range(6))
def test_any_changes_by_anybody_in_bad_weather(seed, window):
    players = 2 + seed % 3
    chosen = settings(players, 200, seed=seed, window=window, input_delay=seed % 4)
    match = play(chosen, CHAOS, faults=restless(seed, players), ordered=False, hold=0.5)
    expect_a_good_match(match)
    assert sum(len(changes(match, slot)) for slot in range(players)) > 3


def test_my_delay_spares_the_others_rollbacks_and_not_me():
    far = Weather(delay_ms=60, jitter_ms=4)
    short = play(settings(2, 600, seed=1, input_delay=1), far)
    one_long = play(settings(2, 600, seed=1, input_delay=1), far, faults={0: Faults(delays={0.0: 5})})
    for match in (short, one_long):
        expect_a_good_match(match)
    assert len(one_long.peers[1].depths) < 0.1 * len(short.peers[1].depths)
    assert len(one_long.peers[0].depths) > 0.8 * len(short.peers[0].depths)


@pytest.mark.parametrize(("delay_ms", "settles_at"), [(2, 0), (50, 2), (90, 5)])
def test_auto_settles_where_the_links_want_it(delay_ms, settles_at):
    auto = {slot: Faults(delays={0.0: "auto"}) for slot in range(2)}
    match = play(settings(2, 1800, seed=2), Weather(delay_ms=delay_ms), faults=auto)
    expect_a_good_match(match)
    for peer in match.peers:
        assert abs(peer.session.input_delay - settles_at) <= 1
        assert all(event.automatic for event in changes(match, peer.slot))
        assert len(changes(match, peer.slot)) <= 4


def test_auto_follows_a_link_that_changes():
    auto = {slot: Faults(delays={0.0: "auto"}) for slot in range(2)}
    match = VirtualMatch(settings(2, 3000, seed=2), Weather(delay_ms=5), faults=auto)
    delays = []
    for second, delay_ms in ((14, 90), (24, 10), (70, 10)):
        match.run(second)
        delays.append(match.peers[0].session.input_delay)
        for link in match.links.values():
            link.weather = Weather(delay_ms=delay_ms)
    expect_a_good_match(match)
    assert delays[0] == 0 and delays[1] >= 4 and delays[2] == 0


@pytest.mark.parametrize("window", [0, 8])
def test_auto_in_lockstep_hides_the_way_and_then_nobody_waits(window):
    """Over 80 ms one way: with a delay of one frame lockstep crawls."""
    far = Weather(delay_ms=80, jitter_ms=3)
    match = VirtualMatch(
        settings(2, 1200, seed=5, window=window, input_delay=1),
        far,
        faults={slot: Faults(delays={8.0: "auto"}) for slot in range(2)},
    ).run(8.0)
    slow = match.peers[0].session.frame
    match.run(12.0)
    settled = match.peers[0].session.frame
    match.run(17.0)
    at_speed = match.peers[0].session.frame - settled
    assert at_speed > 290, "five seconds at 60 frames a second"
    assert (slow < 200) == (window == 0)
    expect_a_good_match(match.run(120.0))
    assert (rollbacks(match) == 0) == (window == 0)
