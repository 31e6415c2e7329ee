"""The messages between a peer and the broker, and their bytes.

The peer sends its whole `Join` about twice a second; the broker answers each with the present state:
`Waiting`, `Matched` or `Refused`. Nothing depends on an earlier message, so a lost one, a reconnect or a
restarted broker mends itself. `Leave` ends it. On the wire: [protocol version, kind, field, ...].
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from netcode.errors import ConfigError, LocalProtocolError, RemoteProtocolError
from netcode.limits import (
    LINK_ID_BYTES,
    MAX_ENDPOINT_CHARS,
    MAX_ENDPOINTS,
    MAX_HOST_CHARS,
    MAX_LOBBY_BYTES,
    MAX_NAME_CHARS,
    MAX_PLAYERS,
    MAX_ROOM_CHARS,
    MAX_SETTINGS_BYTES,
    MAX_TEXT_BYTES,
    MEMBER_BYTES,
    PROTOCOL_VERSION,
)
from netcode.roster import Roster, Seat
from netcode.settings import MatchSettings
from netcode.wire.msgpack_bounds import pack, unpack


class _Kind(IntEnum):
    JOIN = 1
    LEAVE = 2
    WAITING = 3
    MATCHED = 4
    REFUSED = 5


@dataclass(frozen=True)
class Join:
    """A peer is here and wants this match. Sent again and again, unchanged, until it is answered for good."""

    member: bytes  # MEMBER_BYTES random bytes: the identity of this join
    name: str
    room: str  # "": quick match with anyone who wants the same
    fingerprint: dict[str, str]
    settings: dict[str, Any]  # MatchSettings.model_dump(); the broker validates it and says what is wrong
    seed_given: bool  # False: the broker draws the seed
    endpoints: tuple[str, ...]  # tcp://IP:PORT where this peer listens, best first
    host: str  # equal for peers that reach each other by loopback


@dataclass(frozen=True)
class Leave:
    """This join is over."""

    member: bytes


@dataclass(frozen=True)
class Waiting:
    """You are in the room; others are still missing."""

    room: str
    need: int
    names: tuple[str, ...]  # those present, in order of joining

    @property
    def have(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Matched:
    """All are here: play."""

    roster: Roster


@dataclass(frozen=True)
class Refused:
    """Not like this; `reason` is one line for the user."""

    reason: str


@dataclass(frozen=True)
class OtherVersion:
    """Received only: a message of another protocol version, whose fields we cannot know."""

    version: int


LobbyMessage = Join | Leave | Waiting | Matched | Refused
_ENDPOINT = re.compile(r"tcp://(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})")
_MATCH_ID = re.compile(r"[a-z0-9-]{1,32}")  # becomes a file name on disk


def encode_lobby(message: LobbyMessage) -> bytes:
    """Raises: LocalProtocolError naming what is out of bounds: what we send, `decode_lobby` takes."""
    try:
        data = pack([PROTOCOL_VERSION, *_fields(message)])
        decode_lobby(data)
    except (RemoteProtocolError, OverflowError, TypeError, ValueError) as error:
        raise LocalProtocolError(f"cannot send this {type(message).__name__}: {error}") from None
    return data


def decode_lobby(data: bytes) -> LobbyMessage | OtherVersion:
    """Raises: RemoteProtocolError for anything that is not one whole message within the bounds."""
    fields = unpack(data, MAX_LOBBY_BYTES)
    if not isinstance(fields, list) or len(fields) < 2:
        raise RemoteProtocolError("not a lobby message")
    version, kind, *rest = fields
    if _integer("version", version, 0, 2**31) != PROTOCOL_VERSION:
        return OtherVersion(version)
    match _integer("kind", kind, 1, len(_Kind)), rest:
        case _Kind.JOIN, [member, name, room, fingerprint, settings, bool(seed_given), endpoints, host]:
            return Join(
                _bytes("member", member, MEMBER_BYTES),
                _text("name", name),  # its length is judged by the broker, which can say so
                _text("room", room),
                _fingerprint(fingerprint),
                _settings(settings),
                seed_given,
                _endpoints(endpoints),
                _label("host", host, MAX_HOST_CHARS),
            )
        case _Kind.LEAVE, [member]:
            return Leave(_bytes("member", member, MEMBER_BYTES))
        case _Kind.WAITING, [room, need, names]:
            need = _integer("need", need, 1, MAX_PLAYERS)
            return Waiting(_label("room", room, MAX_ROOM_CHARS), need, _names(names, 0, need))
        case _Kind.MATCHED, [match_id, room, settings, my_slot, names, seats]:
            return Matched(_roster(match_id, room, settings, my_slot, names, seats))
        case _Kind.REFUSED, [reason]:
            return Refused(_label("reason", reason, MAX_TEXT_BYTES))
    raise RemoteProtocolError("no lobby message of this kind and shape")


def _fields(message: LobbyMessage) -> list[object]:
    match message:
        case Join(member, name, room, fingerprint, settings, seed_given, endpoints, host):
            return [_Kind.JOIN, member, name, room, fingerprint, settings, seed_given, endpoints, host]
        case Leave(member):
            return [_Kind.LEAVE, member]
        case Waiting(room, need, names):
            return [_Kind.WAITING, room, need, names]
        case Matched(roster):
            seats = [(seat.endpoints, seat.host, seat.link_out, seat.link_in) for seat in roster.seats]
            settings = roster.settings.model_dump()
            return [
                _Kind.MATCHED, roster.match_id, roster.room, settings, roster.my_slot, roster.names, seats,
            ]  # fmt: skip
        case Refused(reason):
            return [_Kind.REFUSED, reason]


# --- one check per kind of field; each returns what it checked ---


def _integer(field: str, value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise RemoteProtocolError(f"{field} is not an integer of {low} to {high}")
    return value


def _bytes(field: str, value: object, length: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise RemoteProtocolError(f"{field} is not {length} bytes")
    return value


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise RemoteProtocolError(f"{field} is not text")
    return value


def _label(field: str, value: object, max_chars: int) -> str:
    """Text that may be shown in a terminal as it is."""
    text = _text(field, value)
    if len(text) > max_chars or not text.isprintable():
        raise RemoteProtocolError(f"{field} is not printable text of at most {max_chars} characters")
    return text


def _list(field: str, value: object, low: int, high: int) -> list[Any]:
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise RemoteProtocolError(f"{field} is not a list of {low} to {high} entries")
    return value


def _names(value: object, low: int, high: int) -> tuple[str, ...]:
    return tuple(_label("name", name, MAX_NAME_CHARS) for name in _list("names", value, low, high))


def _fingerprint(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RemoteProtocolError("fingerprint is not a map")
    return {_text("fingerprint", key): _text("fingerprint", text) for key, text in value.items()}


def _settings(value: object, depth: int = 2) -> dict[str, Any]:
    """Scalars by name, and maps of scalars one level down (env_args)."""
    if not isinstance(value, dict) or depth == 0:
        raise RemoteProtocolError("settings are not a map of at most two levels")
    for key, item in value.items():
        _text("a key of the settings", key)
        if isinstance(item, dict):
            _settings(item, depth - 1)
        elif not isinstance(item, bool | int | float | str):
            raise RemoteProtocolError("a value of the settings is neither number, text nor map")
    if depth == 2 and len(pack(value)) > MAX_SETTINGS_BYTES:
        raise RemoteProtocolError(f"settings have more than {MAX_SETTINGS_BYTES} bytes")
    return value


def _endpoints(value: object) -> tuple[str, ...]:
    return tuple(_endpoint(text) for text in _list("endpoints", value, 0, MAX_ENDPOINTS))


def _endpoint(value: object) -> str:
    """Only tcp to a plain IP address: ZeroMQ would take files, names and source addresses too."""
    text = _text("endpoint", value)
    match = _ENDPOINT.fullmatch(text) if len(text) <= MAX_ENDPOINT_CHARS else None
    if match is None or not 0 < int(match[3]) < 65536:
        raise RemoteProtocolError("an endpoint is not tcp://IP:PORT")
    try:
        IPv6Address(match[1]) if match[1] else IPv4Address(match[2])
    except ValueError:
        raise RemoteProtocolError("an endpoint is not tcp://IP:PORT") from None
    return text


def _roster(
    match_id: object, room: object, settings: object, my_slot: object, names: object, seats: object
) -> Roster:
    if not _MATCH_ID.fullmatch(_text("match_id", match_id)):
        raise RemoteProtocolError("match_id is not a short word")
    try:
        parsed = MatchSettings.parse(_settings(settings))
        count = parsed.players
        slot = _integer("my_slot", my_slot, 0, count - 1)
        players = _names(names, count, count)
        others = [other for other in range(count) if other != slot]
        found = zip(others, _list("seats", seats, count - 1, count - 1), strict=True)
        return Roster(
            str(match_id),
            _label("room", room, MAX_ROOM_CHARS),
            parsed,
            slot,
            players,
            tuple(_seat(other, players[other], fields) for other, fields in found),
        )
    except (ConfigError, LocalProtocolError) as error:
        raise RemoteProtocolError(f"not a roster: {error}") from None


def _seat(slot: int, name: str, value: object) -> Seat:
    endpoints, host, link_out, link_in = _list("seat", value, 4, 4)
    return Seat(
        slot,
        name,
        _endpoints(endpoints),
        _label("host", host, MAX_HOST_CHARS),
        _bytes("link_out", link_out, LINK_ID_BYTES),
        _bytes("link_in", link_in, LINK_ID_BYTES),
    )
