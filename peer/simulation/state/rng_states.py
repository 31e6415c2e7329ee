"""States of random number generators as bytes, and back: every field in bounds, as the C code checks none."""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

from netcode.errors import RemoteProtocolError
from peer.simulation.handlers.torch_tensors import check_state

_INT_BYTES: Final = 16
_TWISTER_WORDS: Final = 624

Field = tuple[str, int] | tuple[str, int, str]  # path and bound (exclusive), or path, length and dtype

_HELD_BACK: Final[tuple[Field, ...]] = (("has_uint32", 2), ("uinteger", 2**32))
_PCG: Final[tuple[Field, ...]] = (("state.state", 2**128), ("state.inc", 2**128), *_HELD_BACK)
_TWISTER: Final[tuple[Field, ...]] = (("state.key", _TWISTER_WORDS, "<u4"), ("state.pos", _TWISTER_WORDS + 1))
_FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    "PCG64": _PCG,
    "PCG64DXSM": _PCG,
    "MT19937": _TWISTER,
    "Philox": (
        ("state.counter", 4, "<u8"),
        ("state.key", 2, "<u8"),
        ("buffer", 4, "<u8"),
        ("buffer_pos", 5),
        *_HELD_BACK,
    ),
    "SFC64": (("state.state", 4, "<u8"), *_HELD_BACK),
}


def is_known(name: str) -> bool:
    return name in _FIELDS


def pack_bit_generator(state: dict[str, Any]) -> bytes:
    """The `state` of numpy's PCG64, PCG64DXSM, MT19937, Philox or SFC64. KeyError for others."""
    packed = []
    for path, bound, *dtype in _FIELDS[state["bit_generator"]]:
        value: Any = state
        for key in path.split("."):
            value = value[key]
        packed.append(
            np.asarray(value).astype(dtype[0]).tobytes()
            if dtype
            else int(value).to_bytes(_INT_BYTES, "little")
        )
        assert dtype or int(value) < bound
    return b"".join(packed)


def unpack_bit_generator(name: str, data: bytes) -> dict[str, Any]:
    """Bytes -> the `state` of the bit generator called `name`.

    Raises: RemoteProtocolError for anything that its C code could stumble over.
    """
    if name not in _FIELDS:
        raise RemoteProtocolError("no such bit generator")
    state: dict[str, Any] = {"bit_generator": name}
    offset = 0
    for path, bound, *dtype in _FIELDS[name]:
        value: Any
        if dtype:
            size = bound * np.dtype(dtype[0]).itemsize
            if len(data) < offset + size:
                raise RemoteProtocolError("a bit generator's state is too short")
            value = np.frombuffer(data, dtype[0], bound, offset).astype(dtype[0][1:])
        else:
            size = _INT_BYTES
            value = int.from_bytes(data[offset : offset + size], "little")
            if len(data) < offset + size or value >= bound:
                raise RemoteProtocolError("a bit generator's state is out of bounds")
        offset += size
        *outer, last = path.split(".")
        (state.setdefault(outer[0], {}) if outer else state)[last] = value
    if offset != len(data):
        raise RemoteProtocolError("a bit generator's state is too long")
    return state


def pack_random_state(state: dict[str, Any]) -> bytes:
    """`numpy.random.RandomState.get_state(legacy=False)`. KeyError if it is not of a twister."""
    if state["bit_generator"] != "MT19937":
        raise KeyError(state["bit_generator"])
    return pack_bit_generator(state) + struct.pack("<Bd", state["has_gauss"], state["gauss"])


def unpack_random_state(data: bytes) -> dict[str, Any]:
    """Raises: RemoteProtocolError."""
    held_back = struct.calcsize("<Bd")
    state = unpack_bit_generator("MT19937", data[:-held_back])
    state["has_gauss"], state["gauss"] = struct.unpack("<Bd", data[-held_back:])
    if state["has_gauss"] > 1:
        raise RemoteProtocolError("a random state is out of bounds")
    return state


def pack_twister(words: tuple[int, ...]) -> bytes:
    """The state of a `_random.Random`: 624 words and a place among them."""
    return np.array(words, "<u4").tobytes()


def unpack_twister(data: bytes) -> tuple[int, ...]:
    """Raises: RemoteProtocolError."""
    if len(data) != 4 * (_TWISTER_WORDS + 1):
        raise RemoteProtocolError("a twister has 625 words")
    words = np.frombuffer(data, "<u4").tolist()
    if words[-1] > _TWISTER_WORDS:
        raise RemoteProtocolError("a twister's place is out of bounds")
    return tuple(words)


def pack_process_rngs(python: tuple[Any, ...], numpy: dict[str, Any], *torch: bytes) -> list[Any]:
    """`random.getstate()`, `numpy.random.get_state(legacy=False)` and perhaps torch's as plain values."""
    version, words, gauss = python
    assert version == 3
    return [pack_twister(words), gauss, pack_random_state(numpy), *torch]


def unpack_process_rngs(packed: object) -> tuple[Any, ...]:
    """Raises: RemoteProtocolError."""
    match packed:
        case [bytes() as words, (None | float()) as gauss, bytes() as numpy, *torch] if len(torch) <= 1:
            states = (3, unpack_twister(words), gauss), unpack_random_state(numpy)
            return (*states, *map(check_state, torch))
    raise RemoteProtocolError("no states of the process-wide RNGs")
