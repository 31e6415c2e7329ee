"""A player that tells some others other inputs than the rest, and what the honest must make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netcode.events import Accused, Desync, EndReason, PlayerDropped
from netcode.limits import LINK_ID_BYTES
from netcode.simulator.game import HIGHEST_INPUT
from netcode.simulator.match import VirtualPeer
from netcode.simulator.scenario import TwoFaces
from netcode.wire.desync_packets import Answer, Ask
from netcode.wire.packets import Goodbye, Inputs, decode, encode_inputs


def tell(data: bytes, target: int, lie: TwoFaces) -> bytes | None:
    """What the liar sends to slot `target` in place of its honest packet `data`; None: nothing."""
    packet = decode(data)
    if lie.mute and isinstance(packet, Ask | Answer | Goodbye):
        return None
    if not isinstance(packet, Inputs):
        return data
    if lie.mute:
        packet = replace(packet, digests=b"")
    if target in lie.deceived:
        told = bytearray(packet.inputs)
        for frame in range(max(packet.first, lie.frame), min(packet.first + len(told), lie.end)):
            told[frame - packet.first] = otherwise(told[frame - packet.first], target)
        packet = replace(packet, inputs=bytes(told))
    return encode_inputs(data[:LINK_ID_BYTES], packet)


def otherwise(pressed: int, target: int) -> int:
    """Another input than was pressed, an own one for each who is deceived."""
    return (pressed + 1 + target % HIGHEST_INPUT) % (HIGHEST_INPUT + 1)


def wrongly_blamed(peers: Sequence[VirtualPeer], lie: TwoFaces) -> list[str]:
    """Every honest peer names the liar; no honest one is named or dropped."""
    found, liar, names = [], f"player {lie.slot}", {f"player {peer.slot}" for peer in peers}
    honest = [peer for peer in peers if peer.slot != lie.slot]
    for peer in honest:
        named = named_by(peer)
        if named != {liar}:
            found.append(f"slot {peer.slot} names {sorted(named)}, not {liar}: {peer.session.ending}")
        dropped = {event.name for event in peer.events if isinstance(event, PlayerDropped)}
        if dropped & (names - {liar}) or peer.reason is EndReason.DROPPED:
            found.append(f"slot {peer.slot}: an honest peer was dropped ({peer.session.ending})")
    truth = [peer.confirmed[: lie.frame] for peer in honest]
    longest = max(truth, key=len)
    if any(played != longest[: len(played)] for played in truth):
        found.append("the honest did not play the same game before the lie")
    return found


def named_by(peer: VirtualPeer) -> set[str]:
    """Whom it says to be to blame: one, where a second is only possible."""
    ending = peer.session.ending
    if ending is not None and ending.reason is EndReason.LOST:
        return {ending.text.partition(" was lost")[0].partition(" plays on")[0]}
    if ending is not None and ending.reason is EndReason.LEFT:
        why = ending.text.rpartition(" left: ")[2]  # what the other saw, which was first to see it
        return {why.partition(" was lost")[0].partition(" plays on")[0]}
    said = [event for event in peer.events if isinstance(event, Desync)]
    named = {event.suspects[0] if event.suspects else event.name for event in said}
    return named | {event.name for event in peer.events if isinstance(event, PlayerDropped | Accused)}
