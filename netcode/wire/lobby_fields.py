"""Checks of the fields of lobby messages: each takes what was decoded and returns it as what it should be.

All raise RemoteProtocolError naming the field.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from netcode.errors import ConfigError, RemoteProtocolError
from netcode.limits import MAX_ENDPOINT_CHARS, MAX_ENDPOINTS, MAX_NAME_CHARS, MAX_SETTINGS_BYTES
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


def slots_of(field: str, value: object, players: int) -> list[int]:
    """At least one, of a match of so many players."""
    return [integer(field, slot, 0, players - 1) for slot in list_of(field, value, 1, players)]


def names_of(value: object, low: int, high: int) -> tuple[str, ...]:
    return tuple(label("name", name, MAX_NAME_CHARS) for name in list_of("names", value, low, high))


def fingerprint_of(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RemoteProtocolError("fingerprint is not a map")
    return {text_of("fingerprint", key): text_of("fingerprint", text) for key, text in value.items()}


def settings_of(value: object, depth: int = 2) -> dict[str, Any]:
    """Scalars by name, and maps of scalars one level down (env_args)."""
    if not isinstance(value, dict) or depth == 0:
        raise RemoteProtocolError("settings are not a map of at most two levels")
    for key, item in value.items():
        text_of("a key of the settings", key)
        if isinstance(item, dict):
            settings_of(item, depth - 1)
        elif not isinstance(item, bool | int | float | str):
            raise RemoteProtocolError("a value of the settings is neither number, text nor map")
    if depth == 2 and len(pack(value)) > MAX_SETTINGS_BYTES:
        raise RemoteProtocolError(f"settings have more than {MAX_SETTINGS_BYTES} bytes")
    return value


def endpoints_of(value: object) -> tuple[str, ...]:
    return tuple(_endpoint(text) for text in list_of("endpoints", value, 0, MAX_ENDPOINTS))


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


def match_id_of(value: object) -> str:
    match_id = text_of("match_id", value)
    if not _MATCH_ID.fullmatch(match_id):
        raise RemoteProtocolError("match_id is not a short word")
    return match_id


def match_settings_of(value: object) -> MatchSettings:
    try:
        return MatchSettings.parse(settings_of(value))
    except ConfigError as error:
        raise RemoteProtocolError(str(error)) from None
