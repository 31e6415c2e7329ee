"""The packet by which one half of a split match tells its own that the witness has named it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.wire.msgpack_bounds import pack

WITNESSED: Final = 17


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The witness says that `here` go on without `lost`: members' numbers."""

    here: frozenset[int]
    lost: frozenset[int]


def encode_witnessed(link_id: bytes, witnessed: Witnessed) -> bytes:
    return link_id + pack([WITNESSED, sorted(witnessed.here), sorted(witnessed.lost)])


def read_witnessed(fields: list[Any]) -> Witnessed:
    """Raises: RemoteProtocolError"""
    _, here, lost = fields
    return Witnessed(_side(here), _side(lost))


def _side(members: object) -> frozenset[int]:
    if type(members) is not list or not 0 < len(members) <= limits.MAX_SIDE:
        raise RemoteProtocolError("witnessed: not a short list")
    for member in members:
        if type(member) is not int or not 0 <= member < limits.MAX_MEMBERS_EVER:
            raise RemoteProtocolError("witnessed: names no player")
    return frozenset(members)
