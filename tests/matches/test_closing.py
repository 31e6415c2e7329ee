"""A match that was played to its end closes, whatever the others do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from staged import PERFECT, settings

from netcode.events import EndReason
from netcode.limits import LINK_ID_BYTES
from netcode.link_watch import CLOSING_TIMEOUTS
from netcode.session import PlayerSession
from netcode.simulator.match import VirtualMatch
from netcode.wire.packets import Inputs, decode, encode_inputs

TIMEOUT = 2.0


class Withholding(PlayerSession):
    """In slot 0: plays, acks, and never sends a digest."""

    def outgoing(self, now: float) -> list[bytes]:
        packets = super().outgoing(now)
        return [_without_digests(packet) for packet in packets] if self.slots == (0,) else packets


def _without_digests(packet: bytes) -> bytes:
    said = decode(packet)
    if not isinstance(said, Inputs):
        return packet
    return encode_inputs(packet[:LINK_ID_BYTES], replace(said, digest_first=0, digests=b""))


def match_with_one_who_withholds(on_drop: str) -> VirtualMatch:
    chosen = settings(3, 120, disconnect_timeout=TIMEOUT, on_drop=on_drop)
    return VirtualMatch(chosen, PERFECT, session_type=Withholding).run(2 + 2 * CLOSING_TIMEOUTS * TIMEOUT)


@pytest.mark.parametrize("on_drop", ["end", "default"])
def test_who_never_says_what_it_saw_keeps_nobody(on_drop: str) -> None:
    match = match_with_one_who_withholds(on_drop)
    for peer in match.peers[1:]:
        assert peer.reason is (EndReason.LOST if on_drop == "end" else EndReason.FINISHED), peer.events
        assert len(peer.confirmed) == 120
