"""8 bytes that are equal on all peers iff the state is: a canonical reading of a snapshot.

Canonical means: no addresses and no hashes. Objects are numbered as they are met, so aliasing and cycles
show; dict order counts (it is state); a set's order does not (it cannot be compared between processes);
floats count by their bits; of a path to a file counts what all machines share. Presentation reads as None,
and an attribute that holds either is left out: one peer draws and has a Surface there, another never draws.
"""

from __future__ import annotations

import enum
import marshal
import types
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import numpy as np

from netcode.errors import NetplayError
from netcode.limits import DIGEST_BYTES
from peer.simulation.portable_paths import BEGINNINGS, portable
from peer.simulation.state_graph import Contents, StateSnapshot, contents_of
from peer.simulation.state_handlers import Attributes, Frozenset, Globals, SetItems
from peer.simulation.state_types import KINDS, PLAIN, Role

_MARSHAL_VERSION: Final = 2  # the last without references, which would depend on interning
_NONE: Final = marshal.dumps(None, _MARSHAL_VERSION)


class TooMuchToReadError(NetplayError):
    """A digest would take longer than was allowed."""


def digest_snapshot(
    snapshot: StateSnapshot, roots: Iterable[Any], extra: Iterable[Any] = (), most: int | None = None
) -> bytes:
    """The digest of what is reached from `roots` in a snapshot, without restoring it.

    extra: plain values to go in with it.
    most: tokens to read at most, about a microsecond each; for states that came from others.

    Raises: TooMuchToReadError.
    """
    reading = reading_of(snapshot, most)
    for value in extra:
        reading.read(value)
    for root in roots:
        reading.read(root)
    return blake2b(b"".join(reading.tokens), digest_size=DIGEST_BYTES).digest()


class _CountedTokens(list[bytes]):
    """Tokens that run out. All readings within one share what is left."""

    def __init__(self, left: list[int]) -> None:
        super().__init__()
        self.left = left

    def append(self, token: bytes) -> None:
        self.spend(1)
        super().append(token)

    def spend(self, tokens: int) -> None:
        self.left[0] -= tokens
        if self.left[0] < 0:
            raise TooMuchToReadError("the state is too long to read")


_NO_NUMBERS: Final[Mapping[int, int]] = types.MappingProxyType({})


def reading_of(snapshot: StateSnapshot, most: int | None = None) -> Reading:
    """To read in a snapshot; `most` as above."""
    tokens = [] if most is None else _CountedTokens([most])
    return Reading(snapshot.contents(), snapshot.changed_classes(), {}, tokens)


class Reading:
    """One pass over a snapshot, in an order that all peers share."""

    def __init__(
        self,
        contents: dict[int, Contents],
        changed_classes: dict[int, type],
        numbers: dict[int, int],
        tokens: list[bytes],
    ) -> None:
        self._contents = contents
        self._changed_classes = changed_classes
        self._numbers = numbers  # id -> how many-th object met
        self.tokens = tokens

    def read(self, value: Any) -> None:
        stack = [value]
        add, push = self.tokens.append, stack.append
        while stack:
            value = stack.pop()
            cls = type(value)
            if value is None or cls in PLAIN:
                if cls is str and value.startswith(BEGINNINGS):
                    value = portable(value)
                add(marshal.dumps(value, _MARSHAL_VERSION))
                continue
            kind = KINDS[cls]
            if kind.role is Role.PRESENTATION:
                add(_NONE)
                continue
            if kind.role is not Role.WALKED:
                add(leaf_bytes(value, kind.role, kind.name) + b";")
                continue
            identity = id(value)
            if kind.numbered:
                number = self._numbers.get(identity)
                if number is not None:
                    add(b"@%d;" % number)
                    continue
                self._numbers[identity] = len(self._numbers)
            if identity in self._changed_classes:
                kind = KINDS[self._changed_classes[identity]]
            add(b"(%b;" % kind.name)
            children: list[Any] = []
            for handler, saved in contents_of(self._contents, value):
                add(handler.tag)
                if isinstance(handler, (SetItems, Frozenset)):
                    members = self._sorted(list(handler.children(saved)))
                    add(b"%d;" % len(members))
                    children += members
                elif isinstance(handler, Attributes):
                    children += self._read_attributes(saved[1])
                elif isinstance(handler, Globals):
                    changed = self.changed_globals(saved)
                    add(b"%d;" % len(changed))
                    children += [part for pair in changed.items() for part in pair]
                else:
                    values = handler.values(saved)
                    if PLAIN.issuperset(map(type, values)):
                        if str in map(type, values):
                            values = _all_portable(values)
                        add(marshal.dumps(values, _MARSHAL_VERSION))
                    else:
                        add(b"%d;" % len(values))
                        children += values
            for child in reversed(children):
                push(child)

    def _read_attributes(self, attributes: dict[str, Any]) -> list[Any]:
        """Read the plain ones at once, leave out None and presentation; return names and values of others."""
        plain: list[Any] = []
        others: list[Any] = []
        for name, value in attributes.items():
            cls = type(value)
            if cls in PLAIN:
                is_path = cls is str and value.startswith(BEGINNINGS)
                plain += (name, portable(value) if is_path else value)
            elif value is not None and KINDS[cls].role is not Role.PRESENTATION:
                others += (name, value)
        self.tokens.append(marshal.dumps(plain, _MARSHAL_VERSION))
        self.tokens.append(b"%d;" % len(others))
        return others

    def _sorted(self, members: list[Any]) -> list[Any]:
        """In an order that does not depend on addresses: by what each member reads as."""
        if len(members) < 2:
            return members
        keyed = [(self.reads_as(member, self._numbers), member) for member in members]
        keyed.sort(key=lambda pair: pair[0])
        return [member for _, member in keyed]

    def changed_globals(self, saved: tuple[Any, dict[str, Any]]) -> dict[str, Any]:
        """Those that read otherwise than at first. None is as good as none: one peer draws, another never."""
        root, values = saved
        changed: dict[str, Any] = {}
        for name in sorted({*root.first, *values}):
            first, value = root.first.get(name), values.get(name)
            if value is first and KINDS[type(value)].role is not Role.WALKED:
                continue
            if name not in root.first_readings:
                root.first_readings[name] = reading_of(root.at_first).reads_as(first)
            if self.reads_as(value) != root.first_readings[name]:
                changed[name] = value
        return changed

    def reads_as(self, value: Any, numbers: Mapping[int, int] = _NO_NUMBERS) -> bytes:
        """What a value alone reads as, where these objects have been met before."""
        reading = Reading(self._contents, self._changed_classes, dict(numbers), self._more_tokens())
        reading.read(value)
        return b"".join(reading.tokens)

    def _more_tokens(self) -> list[bytes]:
        if not isinstance(self.tokens, _CountedTokens):
            return []
        self.tokens.spend(len(self._numbers) // _NUMBERS_A_TOKEN)  # they are copied
        return _CountedTokens(self.tokens.left)


_NUMBERS_A_TOKEN: Final = 32


def _all_portable(values: Sequence[Any]) -> list[Any]:
    return [portable(value) if type(value) is str else value for value in values]


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
            read = portable(value) if plain is str else value
            return b"%b:%b" % (name, marshal.dumps(read, _MARSHAL_VERSION))
    if name in _BY_REPR:
        return b"%b:%b" % (name, repr(value).encode())
    return b"o" + name


_BY_REPR: Final = frozenset(
    {b"builtins.complex", b"builtins.range", b"decimal.Decimal", b"datetime.timedelta", b"datetime.date"}
    | {b"datetime.datetime", b"datetime.time", b"numpy.dtype"}
)
