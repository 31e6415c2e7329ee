"""Which half of a match that was cut in two goes on: the broker names one, and one only.

Pure. Both halves are equally large, so whichever asks first is named: to wait for a better one would only
keep those who can play from playing. What was said stands: it is kept for as long as the match is remembered,
in this process only. A broker that was started anew has forgotten what the one before said, so it is the
witness of none of the matches that it did not make itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from netcode.limits import MAX_MEMBERS_EVER
from netcode.wire.testimony import AskWitness, WitnessWord

MATCHES_WITNESSED: Final = 4096  # of the oldest beyond, nothing is said any more
NAMED_KEPT: Final = 64  # of one match; one more is refused

Sides = tuple[frozenset[int], frozenset[int]]  # who goes on, who is lost


@dataclass
class _Match:
    members: set[bytes]  # who may ask
    named: list[Sides] = field(default_factory=list)


class Witness:
    """Told of matches as they are made; asked by those who play them."""

    def __init__(self) -> None:
        self._matches: dict[str, _Match] = {}  # by match id, the oldest first

    def made(self, match_id: str, members: set[bytes]) -> None:
        """A match that this broker has just made."""
        self._matches[match_id] = _Match(members)
        if len(self._matches) > MATCHES_WITNESSED:
            del self._matches[next(iter(self._matches))]

    def admit(self, match_id: str, member: bytes) -> None:
        """Somebody who comes into a slot of it."""
        match = self._matches.get(match_id)
        if match is not None and len(match.members) < MAX_MEMBERS_EVER:
            match.members.add(member)

    def judge(self, asked: AskWitness) -> WitnessWord:
        """May the asker's half go on? The same question has the same answer."""
        match = self._matches.get(asked.match_id)
        if match is None:
            return _answer(asked, "the broker did not make this match, or was started anew since")
        if asked.member not in match.members:
            return _answer(asked, "the broker does not know who asks")
        here, lost = frozenset(asked.here), frozenset(asked.lost)
        if (here, lost) in match.named:
            return _answer(asked)
        if any(_contradicts(here, lost, named) for named in match.named):
            return _answer(asked, "the broker has named the other one")
        if len(match.named) >= NAMED_KEPT:
            return _answer(asked, f"the broker has named {NAMED_KEPT} halves of this match already")
        match.named.append((here, lost))
        return _answer(asked)


def _contradicts(here: frozenset[int], lost: frozenset[int], named: Sides) -> bool:
    """Could both `here` and the side named before go on?

    A side that knows nobody of whom the named one has lost comes after it: numbers are never given twice.
    Else it is about the same split; and sides that share a member do not both go on, because that member
    has claimed for what both have lost.
    """
    named_here, named_lost = named
    return bool(named_lost & (here | lost)) and not named_here & here


def _answer(asked: AskWitness, why_not: str = "") -> WitnessWord:
    return WitnessWord(asked.here, asked.lost, not why_not, why_not)
