"""What each peer of a virtual match says was played, and where two of them say different things."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import EndReason
from netcode.simulator.match import VirtualPeer
from netcode.simulator.reference import first_frame_that_differs


def claim(peer: VirtualPeer) -> list[ConfirmedFrame]:
    """Its record: everything if it has played to the end, else the frames that are final."""
    finished = peer.reason is EndReason.FINISHED
    return peer.confirmed if finished else peer.confirmed[: peer.session.final]


def contradictions(peers: Sequence[VirtualPeer]) -> list[str]:
    """Every pair of peers that claim the match with two different histories, in words."""
    found = []
    claims = [(peer, claim(peer)) for peer in peers]
    for (a, ours), (b, theirs) in combinations(claims, 2):
        frame = first_frame_that_differs(ours, theirs)
        if frame is not None:
            found.append(f"peers {a.number} and {b.number} both claim frame {frame}, played differently")
    return found


def is_all_of(confirmed: Sequence[ConfirmedFrame], other: Sequence[ConfirmedFrame]) -> bool:
    """The same frames, as far as each was played or skipped."""
    return len(confirmed) == len(other) and first_frame_that_differs(confirmed, other) is None


def unconfirmed(peers: Sequence[VirtualPeer]) -> list[str]:
    """Who is said to have confirmed the whole match, and has not."""
    whole: dict[int, list[list[ConfirmedFrame]]] = {}
    for peer in peers:
        for slot in peer.session.slots:
            whole.setdefault(slot, []).append(peer.confirmed)
    return [
        f"peer {peer.number} says that slot {slot} has confirmed the match"
        for peer in peers
        if peer.reason is EndReason.FINISHED
        for slot in peer.session.confirmed_by
        if not any(is_all_of(confirmed, peer.confirmed) for confirmed in whole[slot])
    ]
