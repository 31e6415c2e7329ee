"""Survivors agree on what a dropped peer last said, and play on without it.

A peer that is dropped is *frozen*: nothing more is taken from it directly. Each survivor then *claims* how
many frames of its inputs it holds. Once every survivor has claimed for the same set of drops, the newest
frame that any of them holds is the *last* one, for all of them alike; who lacks inputs gets them from who
holds them. From the next frame on the slot is played by its substitute.

Why all come to the same frame: a claim is made after freezing, so it can grow only by what other survivors
hand over, never past the largest claim. And a survivor that already acts on frame F holds all inputs below F,
so whatever is agreed later among a set that includes it is F again.

Peers are named by their number in the match: their lowest slot for those who opened it, a higher number for
each who came later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from netcode.ties import Tie


class Part(IntEnum):
    """How much of those who played last is on this side."""

    LARGER = 0
    HALF = 1
    SMALLER = 2


class DropAgreement:
    """One peer's view. Fed claims; asked what is settled, and whether enough are left to go on."""

    def __init__(self, me: int, others: Sequence[int]) -> None:
        self.me = me
        self.dropped: set[int] = set()  # everybody ever dropped, agreed on or not
        self.last: dict[int, int] = {}  # dropped peer -> its inputs end before this frame, once agreed
        self._claims: dict[int, dict[int, int]] = {other: {} for other in others}  # survivor -> its claims
        self._members = {me, *others}  # who played when the last agreement was complete
        self._newcomers: dict[int, int] = {}  # admitted, and perhaps not known to all yet -> from which frame
        self._left = set[int]()  # of the members: said goodbye themselves, and count for no side

    @property
    def survivors(self) -> set[int]:
        """All but the dropped, this peer included."""
        return {self.me, *self._claims} - self.dropped

    @property
    def pending(self) -> set[int]:
        """Dropped, and not agreed on yet."""
        return self.dropped - self.last.keys()

    def admit(self, peer: int, first: int) -> None:
        """`peer` plays from frame `first` on. It need not claim for drops that were settled before."""
        self._claims[peer] = {}
        self._newcomers[peer] = first

    def all_confirmed(self, frame: int) -> None:
        """Every survivor has confirmed all frames below `frame`: who came before it is known to all."""
        for peer in [peer for peer, first in self._newcomers.items() if first < frame]:
            self._members.add(peer)
            del self._newcomers[peer]

    def drop(self, peer: int, said_goodbye: bool) -> None:
        """`peer` is gone, as seen here or as another survivor says."""
        self.dropped.add(peer)
        if said_goodbye:
            self._left.add(peer)

    def hear(self, speaker: int, claims: Mapping[int, int]) -> set[int]:
        """A survivor's claims: dropped peer -> frames held of it. Returns the drops that are news here.

        Claims only grow; an overtaken packet says less than is known.
        """
        known = self._claims[speaker]
        for peer, held in claims.items():
            known[peer] = max(held, known.get(peer, 0))
        return claims.keys() - self.dropped - {self.me}

    def accuses_me(self, claims: Mapping[int, int]) -> bool:
        return self.me in claims

    def claim_of(self, speaker: int, peer: int) -> int | None:
        """What `speaker` claims to hold of a dropped peer, if it has said so."""
        return self._claims[speaker].get(peer)

    def held_by_others(self, peer: int) -> int | None:
        """The most that another survivor claims to hold of `peer`, once all have claimed for that drop, and
        it is not agreed on yet."""
        others = self.survivors - {self.me}
        if peer not in self.pending or not others or any(peer not in self._claims[one] for one in others):
            return None
        return max(self._claims[one][peer] for one in others)

    def settle(self, held: Mapping[int, int]) -> dict[int, int]:
        """Drops that are agreed on now: peer -> the frame before which its inputs end.

        `held`: how many frames of each pending peer we hold. A drop is settled here only when we hold all.
        """
        others = self.survivors - {self.me}
        if any(self.pending - self._claims[other].keys() for other in others):
            return {}  # somebody has yet to claim for all the drops we know of
        settled: dict[int, int] = {}
        for peer in sorted(self.pending):
            last = max([held[peer], *(self._claims[other][peer] for other in others)])
            if held[peer] == last:
                settled[peer] = last
        self.last |= settled
        if not self.pending and settled:
            self._members &= self.survivors
            self._left &= self._members
        return settled

    @property
    def part(self) -> Part:
        """Which part of the match this side is. Who said goodbye belongs to no side.

        While it is not certain that all know of a newcomer, the worse of two counts holds, with it and
        without it: else those who do not know it could be a larger part by their own count.
        """
        return max(self._part_of(self._members), self._part_of(self._members | self._newcomers.keys()))

    def _part_of(self, members: set[int]) -> Part:
        playing = members - self._left
        more = 2 * len(playing - self.dropped) - len(playing)
        return Part.LARGER if more > 0 else Part.HALF if more == 0 else Part.SMALLER

    @property
    def tie(self) -> Tie:
        """Who is here, and who is not, of all who would count."""
        playing = (self._members | self._newcomers.keys()) - self._left
        return Tie(frozenset(playing - self.dropped), frozenset(playing & self.dropped))
