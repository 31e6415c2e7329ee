"""Pauses, crashes, stops, garbage, drifting clocks, late starts: what heals, and what ends clearly."""

from __future__ import annotations

import pytest
from staged import (
    WAN_BAD,
    SizeWatch,
    expect_a_good_match,
    play,
    settings,
)

from netcode.events import EndReason, Interrupted, Resumed
from netcode.limits import DIGEST_BYTES
from netcode.simulator.match import Faults, VirtualMatch


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
