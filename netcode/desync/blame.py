"""Inputs of a slot that are not the same on two peers: who has lied about them?

No machine computes an input: each of us has it from the slot's player. So where another peer holds other
inputs of a slot than we do, either that player told us different things, or the other peer does not say what
it was told. Inputs are not signed, so no single piece of evidence can tell which. But what each piece
leaves possible differs: whoever all of them leave is the one. How many peers hold what decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from netcode.desync.inquiry import Finding
from netcode.link import Link


@dataclass(frozen=True, slots=True)
class Conflict:
    """One remote holds other inputs of a slot than we do."""

    frame: int
    slot: int
    author: Link | None  # who gives that slot's inputs; None: we do
    accuser: Link

    @property
    def suspects(self) -> tuple[Link, ...]:
        """Who may have lied, the author first. One, if it contradicts itself, or denies what we told it."""
        if self.author is None or self.author is self.accuser:
            return (self.accuser,)
        return self.author, self.accuser


@dataclass(frozen=True, slots=True)
class Blame:
    """What all evidence together says."""

    suspects: tuple[Link, ...]  # the likeliest first; a second where nobody can tell
    words: str  # for a person
    by_itself: bool  # it is the one that contradicts what it told us, and nobody else contradicts us


def blame(findings: Mapping[Link, Finding], authors: Sequence[Link], ours: Collection[int]) -> Blame | None:
    """`authors`: everybody who ever played, but us; `ours`: our slots. None: no inputs are in dispute."""
    found = _conflicts(findings, authors, ours)
    if not found:
        return None
    first = found[0]
    left = [link for link in first.suspects if all(link in one.suspects for one in found)]
    suspects = tuple(left) or first.suspects  # if nobody is left, several lie
    by_itself = all(one.author is one.accuser for one in found)
    return Blame(suspects, ", or ".join([_words(link, first) for link in suspects]), by_itself)


def _conflicts(
    findings: Mapping[Link, Finding], authors: Sequence[Link], ours: Collection[int]
) -> list[Conflict]:
    """The earliest first."""
    found = []
    for accuser, finding in findings.items():
        for difference in finding.differences:
            slot, frame = difference.slot, finding.frame
            if slot is None or frame is None:
                continue
            author = next((link for link in authors if link.gave(slot, frame)), None)
            if author is not None or slot in ours:  # else nobody's: a substitute plays it
                found.append(Conflict(frame, slot, author, accuser))
    return sorted(found, key=lambda one: (one.frame, one.slot, one.accuser.remote.slots))


def _words(suspect: Link, conflict: Conflict) -> str:
    """What it would have done."""
    name, accuser = suspect.remote.name, conflict.accuser.remote.name
    if suspect is not conflict.author:
        return f"{name} denies what it was told"
    return f"{name} told us other inputs than it " + ("plays" if name == accuser else f"told {accuser}")
