"""Forged evidence: it may name nothing, or the wrong thing; it never raises, hangs, or grows without end."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from poking import PokedMatch, desyncs, poke
from staged import WAN_BAD, settings

from netcode import limits
from netcode.desync.case import INQUIRY_DEADLINE
from netcode.desync.fields import Field
from netcode.desync.verdicts import VERDICT_DEADLINE
from netcode.events import EndReason
from netcode.simulator.match import VirtualPeer
from netcode.wire.desync_packets import (
    MAX_CHUNKS,
    Answer,
    Ask,
    DesyncPacket,
    Judged,
    Judgement,
    Topic,
    encode_desync,
)

TIMEOUT = 2.0  # seconds of silence until a peer is lost, in these matches


def forge(rng: Random, session: Any) -> DesyncPacket:
    """Of the right form, and about what is being looked at; the rest is made up."""
    case = session._desync.case
    index = case.index if case and rng.random() < 0.8 else rng.choice([0, 1, session.digest_count, 10**9])
    about = index * session.settings.digest_interval
    frame = rng.choice([about, about + rng.randrange(10), 0, 10**12])
    chunk = rng.choice([0, 0, 1, 2, rng.randrange(MAX_CHUNKS)])
    topic = rng.choice(list(Topic))
    if rng.random() < 0.1:
        return Judged(index, rng.choice(list(Judgement)), rng.random() < 0.5)
    if rng.random() < 0.3:
        return Ask(index, topic, frame, chunk, rng.choice([b"", rng.randbytes(limits.DESYNC_BUCKETS // 8)]))
    digests = rng.randbytes(limits.DIGEST_BYTES * rng.choice([0, 1, 2, 20, 700]))
    field = Field(rng.choice(["mixed", "\x1b[2J" * 9, "x" * 160]), "0" * rng.randrange(48), bytes(8))
    fields = (field,) * rng.choice([0, 1, 3, 30])
    return Answer(index, topic, frame, chunk, chunk + rng.choice([1, 2, 50]), digests, fields)


class ForgingMatch(PokedMatch):
    """The last slot's process forges, all the time."""

    def _send(self, peer: VirtualPeer, packets: Sequence[bytes]) -> None:
        super()._send(peer, packets)
        if peer.slot == self.settings.players - 1 and peer.session.frame > 10:
            for link in peer.session.links:
                forged = [forge(peer.rng, peer.session) for _ in range(peer.rng.choice([0, 0, 1, 3]))]
                super()._send(peer, [encode_desync(link.remote.link_out, packet) for packet in forged])

    def _tick(self, peer: VirtualPeer) -> float:
        length = super()._tick(peer)
        for link in peer.session.links:
            assert len(link.desync_packets) <= limits.DESYNC_PACKETS_KEPT
        evidence = peer.session._desync.evidence
        assert len(evidence._frames) <= limits.EVIDENCE_FRAMES
        assert len(evidence._states) <= limits.EVIDENCE_FRAMES + 1
        return length


def play(seed: int, planted: bool, **more: Any) -> ForgingMatch:
    players = 2 + seed % 2
    more |= {"on_drop": "default"} if more.get("on_desync") == "return" else {}
    chosen = settings(players, 240, seed=seed, disconnect_timeout=TIMEOUT, **more)
    slot, at = seed % players, 100 if planted else 10**6
    match = ForgingMatch(chosen, WAN_BAD, ordered=False).plant(slot, at, poke)
    match.run(60)
    return match


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("on_desync", ["stop", "return"])
def test_without_a_desync_forged_evidence_changes_nothing(seed: int, on_desync: str) -> None:
    match = play(seed, planted=False, on_desync=on_desync)
    assert [peer.reason for peer in match.peers[:-1]] == [EndReason.FINISHED] * (len(match.peers) - 1)
    assert match.faults_found() == []
    for peer in match.peers[:-1]:
        assert desyncs(peer) == []
        assert sum(link.stats.rejected for link in peer.session.links) > 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("on_desync", ["stop", "return"])
def test_a_desync_among_forgers_ends_in_time(seed: int, on_desync: str) -> None:
    match = play(seed, planted=True, on_desync=on_desync)
    assert all(peer.reason is not None for peer in match.peers)
    patience = VERDICT_DEADLINE if on_desync == "return" else INQUIRY_DEADLINE
    assert match.now < 240 / 60 + patience + TIMEOUT + 1.0
    for peer in match.peers[:-1]:
        for event in desyncs(peer):
            assert event.text.isprintable()
            assert len(event.differences) <= limits.DIFFERENCES_NAMED
