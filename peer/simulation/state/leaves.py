"""What no play can change, as a digest reads it: leaves by their value, and tuples of them."""

from __future__ import annotations

import enum
import marshal
import types
from collections.abc import Container, Iterable
from typing import Any, Final

import numpy as np

from peer.simulation.state.portable_paths import BEGINNINGS, portable
from peer.simulation.state.types import KINDS, PLAIN, SKIPPED, Role

MARSHAL_VERSION: Final = 2  # the last without references, which would depend on interning
NONE: Final = marshal.dumps(None, MARSHAL_VERSION)
TUPLE: Final = b"(%b;%b" % (KINDS[tuple].name, KINDS[tuple].handlers[0].tag)


def plain_bytes(value: Any) -> bytes:
    """None or one of PLAIN."""
    if type(value) is str and value.startswith(BEGINNINGS):
        value = portable(value)
    return marshal.dumps(value, MARSHAL_VERSION)


def plain_values_bytes(values: list[Any]) -> bytes:
    """PLAIN ones."""
    if str in map(type, values):
        values = [
            portable(value) if type(value) is str and value.startswith(BEGINNINGS) else value
            for value in values
        ]
    return marshal.dumps(values, MARSHAL_VERSION)


def leaf_bytes(value: Any, role: Role, name: bytes) -> bytes:
    """A leaf by value where it has one, else by the name of its type."""
    if role is Role.UNKNOWN:
        return b"?" + name
    if isinstance(value, enum.Enum):
        return b"e%b.%b" % (name, value.name.encode())
    if isinstance(value, np.generic):
        return b"n%b:%b" % (value.dtype.str.encode(), value.tobytes())
    if isinstance(value, type):
        return b"T%b.%b" % (value.__module__.encode(), value.__qualname__.encode())
    if isinstance(value, types.ModuleType):
        return b"M" + value.__name__.encode()
    plain: Any
    for plain in (int, float, str, bytes):
        if isinstance(value, plain):
            (value,) = plain.__getnewargs__(value)
            return b"%b:%b" % (name, plain_bytes(value))
    if name in _BY_REPR:
        return b"%b:%b" % (name, repr(value).encode())
    return b"o" + name


_BY_REPR: Final = frozenset(
    {b"builtins.complex", b"builtins.range", b"decimal.Decimal", b"datetime.timedelta", b"datetime.date"}
    | {b"datetime.datetime", b"datetime.time", b"numpy.dtype"}
)


def closed_bytes(value: Any) -> bytes | None:
    """What a leaf, or a tuple of nothing but leaves, always reads as; None if it leads on."""
    cls = type(value)
    if value is None or cls in PLAIN:
        return plain_bytes(value)
    if cls is tuple:
        if PLAIN.issuperset(map(type, value)):
            return b"%b%b" % (TUPLE, plain_values_bytes([*value]))
        within = all_closed_bytes(value)
        return None if within is None else b"%b%d;%b" % (TUPLE, len(value), within)
    kind = KINDS[cls]
    if kind.role is Role.PRESENTATION:
        return NONE
    return None if kind.role is Role.WALKED else leaf_bytes(value, kind.role, kind.name) + b";"


def all_closed_bytes(values: Iterable[Any]) -> bytes | None:
    """One after the other; None if one of them leads on."""
    read = []
    for value in values:
        closed = closed_bytes(value)
        if closed is None:
            return None
        read.append(closed)
    return b"".join(read)


class KeptReadings:
    """Of objects: what they held, and what that read as. Digests come again and again, and little changes."""

    def __init__(self, objects: Container[int] = ()) -> None:
        """objects: ids of those that something keeps alive; readings of others are not kept."""
        self._objects = objects
        self._kept: dict[int, tuple[Any, bytes, list[Any]]] = {}

    def copy(self, objects: Container[int]) -> KeptReadings:
        """With more of them."""
        more = KeptReadings(objects)
        more._kept = dict(self._kept)
        return more

    def keep(self, identity: int, contents: Any, tokens: Iterable[bytes], children: list[Any]) -> None:
        """children: what it leads to, to be read after it."""
        objects = self._objects
        if identity in objects and all(type(child) in SKIPPED or id(child) in objects for child in children):
            self._kept[identity] = contents, b"".join(tokens), children[::-1]

    def of(self, identity: int, contents: Any) -> tuple[bytes, list[Any]] | None:
        """What it reads as, and what is to be read next, the last first; None if it holds something else."""
        kept = self._kept.get(identity)
        return kept[1:] if kept is not None and kept[0] is contents else None
