"""What half of a split match asks the broker, and what it answers. Asked again until there is an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netcode.limits import MAX_MEMBERS_EVER, MAX_SIDE, MAX_TEXT_BYTES
from netcode.wire.fields import Flag, MatchId, Member, integer, label, tuple_of

Side = Annotated[tuple[int, ...], tuple_of, 1, MAX_SIDE, integer, 0, MAX_MEMBERS_EVER - 1]


@dataclass(frozen=True)
class AskWitness:
    """May we go on without the other half? Answered by `WitnessWord`."""

    member: Member  # the identity by which the sender came into the match
    match_id: MatchId
    here: Side  # numbers in the match of those on our side, ascending
    lost: Side  # likewise of the others


@dataclass(frozen=True)
class WitnessWord:
    """The answer to the question about these two sides."""

    here: Side
    lost: Side
    granted: Flag
    why_not: Annotated[str, label, MAX_TEXT_BYTES // 4]  # for a person


WitnessMessage = AskWitness | WitnessWord
