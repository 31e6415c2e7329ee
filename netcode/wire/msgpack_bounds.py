"""msgpack with every bound set: the only decoder of network and log data in the project."""

from __future__ import annotations

from typing import Any

import msgpack

from netcode.errors import RemoteProtocolError
from netcode.limits import MAX_FIELDS, MAX_TEXT_BYTES

_ARRAY_LEN = 1024


def pack(value: object) -> bytes:
    """Any tree of None, bool, int, float, str, bytes, list, tuple and str-keyed dict -> bytes."""
    return msgpack.packb(value)  # type: ignore[no-any-return]


def unpack_packet(data: bytes, max_bytes: int) -> Any:
    """`unpack` in a third of the time, bounded by the length alone: text and fields are not.

    Raises: RemoteProtocolError
    """
    if len(data) > max_bytes:
        raise RemoteProtocolError(f"{len(data)} bytes, at most {max_bytes} allowed")
    try:
        return msgpack.unpackb(data)
    except Exception as error:
        raise RemoteProtocolError(f"not a message: {type(error).__name__}") from None


def unpack(data: bytes | memoryview, max_bytes: int, max_items: int = _ARRAY_LEN) -> Any:
    """Bytes -> value, bounded before it allocates.

    max_items: of any one list.

    Raises: RemoteProtocolError for anything that is not one well-formed value within the bounds.
    """
    if len(data) > max_bytes:
        raise RemoteProtocolError(f"{len(data)} bytes, at most {max_bytes} allowed")
    try:
        return msgpack.unpackb(
            data,
            strict_map_key=True,
            max_str_len=MAX_TEXT_BYTES,
            max_bin_len=max_bytes,
            max_array_len=max_items,
            max_map_len=MAX_FIELDS,
            max_ext_len=0,
        )
    # The decoder raises much besides its own types (UnicodeDecodeError, RecursionError, StackError ...).
    except Exception as error:
        raise RemoteProtocolError(f"not a message: {type(error).__name__}") from None
