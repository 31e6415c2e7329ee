"""Matches that run, in one line for a person: by room, game and players, as those are known by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from netcode.wire.running import MatchLine

_NAMED: Final = 4  # matches


def matches_in_words(matches: Sequence[MatchLine]) -> str:
    """`room k7f3m4: CartPole-v1 with ann, bob (match x2y3z4); ...`; of many the newest, and how many more."""
    named = [
        f"room {one.room}: {one.env} with {one.names} (match {one.match_id})" for one in matches[:_NAMED]
    ]
    more = len(matches) - _NAMED
    return "; ".join([*named, f"and {more} more"] if more > 0 else named)
