"""Pauses, crashes, stops, garbage, drifting clocks, late starts: what heals, and what ends clearly."""

from __future__ import annotations

import pytest
from staged import (
    WAN_BAD,
    SizeWatch,
    expect_a_good_match,
    play,
    rollbacks,
    settings,
    share_of_rollbacks,
)

from netcode.events import EndReason, Interrupted, Resumed
from netcode.limits import DIGEST_BYTES
from netcode.simulator.match import Faults, VirtualMatch
from netcode.simulator.weather import Weather


@pytest.mark.parametrize("length", [0.5, 0.8, 2.0, 3.0])
@pytest.mark.parametrize("players", [2, 3])
def test_a_pause_heals(players, length):
    for seed in range(2):
        match = play(settings(players, 300, seed=seed), WAN_BAD, faults={1: Faults(pauses={2.0: length})})
        expect_a_good_match(match)
        longest = match.peers[0].session.stalls.longest_s
        assert length - 0.25 < longest < length + 0.3
        told = [type(event) for event in match.peers[0].events if isinstance(event, Interrupted | Resumed)]
        assert told == ([Interrupted, Resumed] if length > 1 else [])


@pytest.mark.parametrize("players", [2, 3, 5])
def test_a_crash_ends_the_match_of_the_others_within_the_timeout(players):
    for seed in range(3):
        chosen = settings(players, 0, seed=seed, disconnect_timeout=2.0)
        match = play(chosen, WAN_BAD, seconds=30, faults={1: Faults(crashes_at=3.0)})
        assert match.faults_found() == []
        survivors = [peer for peer in match.peers if peer.slot != 1]
        reasons = [peer.reason for peer in survivors]
        assert EndReason.LOST in reasons
        # Who notices first tells the others whom it lost.
        assert set(reasons) <= {EndReason.LOST, EndReason.LEFT}
        assert all("player 1 was lost" in peer.session.ending.text for peer in survivors)
        assert match.now < 3.0 + 2.0 + 0.3
        assert all(len(peer.confirmed) > 120 for peer in survivors)


def test_garbage_is_counted_and_harmless():
    clean = play(settings(3, 300, seed=2), WAN_BAD)
    match = play(settings(3, 300, seed=2), WAN_BAD, faults={0: Faults(garbage=0.3)})
    assert match.faults_found() == []
    assert [peer.reason for peer in match.peers] == [EndReason.FINISHED] * 3
    for peer in match.peers[1:]:
        link = peer.session.links[0]
        assert link.stats.rejected > 50
        assert peer.session.stats.strangers > 50
        assert peer.session.links[1].stats.rejected == 0
    assert len(match.peers[0].confirmed) == len(clean.peers[0].confirmed)


@pytest.mark.parametrize("hold", [0.0, 0.9])
def test_a_late_start_converges_and_rollbacks_are_shared_fairly(hold):
    for seed in range(3):
        match = play(settings(2, 900, seed=seed), WAN_BAD, faults={1: Faults(starts_at=0.5)}, hold=hold)
        expect_a_good_match(match)
        assert rollbacks(match) > 100
        assert all(0.4 < share_of_rollbacks(match, peer) < 0.6 for peer in match.peers)
        assert all(abs(peer.session.links[0].lead.frames) < 1.5 for peer in match.peers)


@pytest.mark.parametrize("slow", [0, 1])
def test_a_slow_clock_is_waited_for_smoothly(slow):
    match = play(settings(2, 1200, seed=1), Weather(delay_ms=40), faults={slow: Faults(clock_rate=1.02)})
    expect_a_good_match(match)
    assert all(abs(peer.session.links[0].lead.frames) < 1.5 for peer in match.peers)
    assert all(peer.session.stalls.seconds < 0.2 for peer in match.peers)
    assert match.now < 1200 / 60 * 1.04


def test_a_long_match_stays_small():
    """20,000 frames: whatever could grow with the match does not."""
    chosen = settings(2, 20_000, seed=1, digest_interval=5)
    match = VirtualMatch(chosen, WAN_BAD, session_type=SizeWatch).run(400)
    expect_a_good_match(match)
    in_flight = 2 * (chosen.window + chosen.input_delay + 1)
    bounds = {
        "outcomes": chosen.window + 1,
        "own inputs": in_flight,
        "own digests": DIGEST_BYTES * in_flight,
        "events": 10,
        "timeline": in_flight,
        "their digests": in_flight,
        "packet": 400,
    }
    for peer in match.peers:
        assert peer.session.largest.keys() == bounds.keys()
        too_large = {name: size for name, size in peer.session.largest.items() if size > bounds[name]}
        assert not too_large
    assert sum(len(link) for link in match.links.values()) < 200
