"""What half of a split match asks the broker, and what it answers. Asked again until there is an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from netcode.limits import MAX_MEMBERS_EVER, MAX_SIDE, MAX_TEXT_BYTES, MEMBER_BYTES
from netcode.wire.lobby_fields import exact_bytes, flag, integer, label, list_of, match_id_of


class _Kind(IntEnum):
    ASK_WITNESS = 20
    WITNESS_WORD = 21


@dataclass(frozen=True)
class AskWitness:
    """May we go on without the other half? Answered by `WitnessWord`."""

    member: bytes  # MEMBER_BYTES: the identity by which the sender came into the match
    match_id: str
    here: tuple[int, ...]  # numbers in the match of those on our side, ascending
    lost: tuple[int, ...]  # likewise of the others


@dataclass(frozen=True)
class WitnessWord:
    """The answer to the question about these two sides."""

    here: tuple[int, ...]
    lost: tuple[int, ...]
    granted: bool
    why_not: str  # for a person


WitnessMessage = AskWitness | WitnessWord


def fields(message: WitnessMessage) -> list[object]:
    """Kind and fields, to be packed."""
    match message:
        case AskWitness(member, match_id, here, lost):
            return [_Kind.ASK_WITNESS, member, match_id, here, lost]
        case WitnessWord(here, lost, granted, why_not):
            return [_Kind.WITNESS_WORD, here, lost, granted, why_not]


def read(kind: int, rest: list[Any]) -> WitnessMessage | None:
    """None if no message has this kind and so many fields. Raises: RemoteProtocolError"""
    match kind, rest:
        case _Kind.ASK_WITNESS, [member, match_id, here, lost]:
            who = exact_bytes("member", member, MEMBER_BYTES)
            return AskWitness(who, match_id_of(match_id), _side("here", here), _side("lost", lost))
        case _Kind.WITNESS_WORD, [here, lost, granted, why_not]:
            return WitnessWord(
                _side("here", here),
                _side("lost", lost),
                flag("granted", granted),
                label("why_not", why_not, MAX_TEXT_BYTES // 4),
            )
    return None


def _side(field: str, value: object) -> tuple[int, ...]:
    numbers = list_of(field, value, 1, MAX_SIDE)
    return tuple(integer(field, number, 0, MAX_MEMBERS_EVER - 1) for number in numbers)
