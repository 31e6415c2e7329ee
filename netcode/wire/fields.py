"""Checks of single fields: each takes what was decoded and returns it as what it should be.

All raise RemoteProtocolError naming the field.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any

from netcode.errors import ConfigError, RemoteProtocolError
from netcode.limits import (
    GUEST_BYTES,
    LINK_ID_BYTES,
    MAX_ENDPOINT_CHARS,
    MAX_ENDPOINTS,
    MAX_FRAME,
    MAX_HOST_CHARS,
    MAX_NAME_CHARS,
    MAX_PLAYERS,
    MAX_ROOM_CHARS,
    MAX_SETTINGS_BYTES,
    MAX_TEXT_BYTES,
    MEMBER_BYTES,
)
from netcode.settings import MatchSettings
from netcode.wire.msgpack_bounds import pack

_ENDPOINT = re.compile(r"tcp://(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})")
_MATCH_ID = re.compile(r"[a-z0-9-]{1,32}")  # becomes a file name on disk


def integer(field: str, value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise RemoteProtocolError(f"{field} is not an integer of {low} to {high}")
    return value


def flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise RemoteProtocolError(f"{field} is not true or false")
    return value


def exact_bytes(field: str, value: object, length: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise RemoteProtocolError(f"{field} is not {length} bytes")
    return value


def text_of(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise RemoteProtocolError(f"{field} is not text")
    return value


def label(field: str, value: object, max_chars: int) -> str:
    """Text that may be shown in a terminal as it is."""
    text = text_of(field, value)
    if len(text) > max_chars or not text.isprintable():
        raise RemoteProtocolError(f"{field} is not printable text of at most {max_chars} characters")
    return text


def list_of(field: str, value: object, low: int, high: int) -> list[Any]:
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise RemoteProtocolError(f"{field} is not a list of {low} to {high} entries")
    return value


def names_of(field: str, value: object, low: int, high: int) -> tuple[str, ...]:
    return tuple(label(field, name, MAX_NAME_CHARS) for name in list_of(field, value, low, high))


def texts_of(field: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RemoteProtocolError(f"{field} is not a map")
    return {text_of(field, key): text_of(field, text) for key, text in value.items()}


def settings_of(field: str, value: object, depth: int = 2) -> dict[str, Any]:
    """Scalars by name, and maps of scalars one level down (env_args)."""
    if not isinstance(value, dict) or depth == 0:
        raise RemoteProtocolError(f"{field}: not a map of at most two levels")
    for key, item in value.items():
        text_of(f"a key of the {field}", key)
        if isinstance(item, dict):
            settings_of(field, item, depth - 1)
        elif not isinstance(item, bool | int | float | str):
            raise RemoteProtocolError(f"{field}: a value is neither number, text nor map")
    if depth == 2 and len(pack(value)) > MAX_SETTINGS_BYTES:
        raise RemoteProtocolError(f"{field} have more than {MAX_SETTINGS_BYTES} bytes")
    return value


def endpoints_of(field: str, value: object) -> tuple[str, ...]:
    return tuple(_endpoint(text) for text in list_of(field, value, 0, MAX_ENDPOINTS))


def _endpoint(value: object) -> str:
    """Only tcp to a plain IP address: ZeroMQ would take files, names and source addresses too."""
    text = text_of("endpoint", value)
    match = _ENDPOINT.fullmatch(text) if len(text) <= MAX_ENDPOINT_CHARS else None
    if match is None or not 0 < int(match[3]) < 65536:
        raise RemoteProtocolError("an endpoint is not tcp://IP:PORT")
    try:
        IPv6Address(match[1]) if match[1] else IPv4Address(match[2])
    except ValueError:
        raise RemoteProtocolError("an endpoint is not tcp://IP:PORT") from None
    return text


def match_id_of(field: str, value: object) -> str:
    match_id = text_of(field, value)
    if not _MATCH_ID.fullmatch(match_id):
        raise RemoteProtocolError(f"{field} is not a short word")
    return match_id


def match_settings_of(field: str, value: object) -> MatchSettings:
    try:
        return MatchSettings.parse(settings_of(field, value))
    except ConfigError as error:
        raise RemoteProtocolError(str(error)) from None


def optional(field: str, value: object, check: Any, *bounds: Any) -> Any:
    """None, or what `check` takes."""
    return None if value is None else check(field, value, *bounds)


def tuple_of(field: str, value: object, low: int, high: int, check: Any, *bounds: Any) -> tuple[Any, ...]:
    """From `low` to `high` entries, each as `check` takes it."""
    return tuple([check(field, one, *bounds) for one in list_of(field, value, low, high)])


# ------------------------------------------------------------ what many messages have, with its bounds

Endpoints = Annotated[tuple[str, ...], endpoints_of]  # where somebody listens, best first
Flag = Annotated[bool, flag]
Frame = Annotated[int, integer, 0, MAX_FRAME]
GuestId = Annotated[bytes, exact_bytes, GUEST_BYTES]
HostId = Annotated[str, label, MAX_HOST_CHARS]  # equal for peers that reach each other by loopback
LinkId = Annotated[bytes, exact_bytes, LINK_ID_BYTES]
MatchId = Annotated[str, match_id_of]
Member = Annotated[bytes, exact_bytes, MEMBER_BYTES]  # random: the identity of a join or a wish
Name = Annotated[str, label, MAX_NAME_CHARS]
Names = Annotated[tuple[str, ...], names_of, 1, MAX_PLAYERS]
Reason = Annotated[str, label, MAX_TEXT_BYTES]
Room = Annotated[str, label, MAX_ROOM_CHARS]
Settings = Annotated[MatchSettings, match_settings_of]
Slot = Annotated[int, integer, 0, MAX_PLAYERS - 1]
AnySlot = Annotated[int | None, optional, integer, 0, MAX_PLAYERS - 1]
Slots = Annotated[tuple[int, ...], tuple_of, 0, MAX_PLAYERS, integer, 0, MAX_PLAYERS - 1]
