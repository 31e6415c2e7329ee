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
    """The witness says that these go on: members' numbers."""

    here: frozenset[int]


def encode_witnessed(link_id: bytes, witnessed: Witnessed) -> bytes:
    return link_id + pack([WITNESSED, sorted(witnessed.here)])


def read_witnessed(fields: list[Any]) -> Witnessed:
    """Raises: RemoteProtocolError"""
    here = fields[1]
    if type(here) is not list or not 0 < len(here) <= limits.MAX_SIDE:
        raise RemoteProtocolError("witnessed: not a short list")
    for member in here:
        if type(member) is not int or not 0 <= member < limits.MAX_MEMBERS_EVER:
            raise RemoteProtocolError("witnessed: names no player")
    return Witnessed(frozenset(here))
