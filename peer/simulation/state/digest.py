"""8 bytes that are equal on all peers iff the state is: a canonical reading of a snapshot.

Canonical means: no addresses and no hashes. Objects are numbered as they are met, so aliasing and cycles
show; dict order counts (it is state); a set's order does not (it cannot be compared between processes);
floats count by their bits; of a path to a file counts what all machines share. Presentation reads as None,
and an attribute that holds either is left out: one peer draws and has a Surface there, another never draws.
"""

from __future__ import annotations

import marshal
import types
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from netcode.limits import DIGEST_BYTES
from peer.simulation.handlers.python_objects import ATTRIBUTES, Attributes, Frozenset, Globals, SetItems
from peer.simulation.state.graph import Contents, StateSnapshot, contents_of
from peer.simulation.state.leaves import (
    MARSHAL_VERSION,
    NONE,
    TUPLE,
    KeptReadings,
    all_closed_bytes,
    closed_bytes,
    leaf_bytes,
    plain_bytes,
    plain_values_bytes,
)
from peer.simulation.state.portable_paths import BEGINNINGS, portable
from peer.simulation.state.types import DICT_ITEMS, KINDS, LIST_ITEMS, PLAIN, Role


def digest_snapshot(snapshot: StateSnapshot, roots: Iterable[Any], extra: Iterable[Any] = ()) -> bytes:
    """The digest of what is reached from `roots` in a snapshot, without restoring it.

    extra: plain values to go in with it.
    """
    reading = reading_of(snapshot)
    for value in extra:
        reading.read(value)
    for root in roots:
        reading.read(root)
    return blake2b(b"".join(reading.tokens), digest_size=DIGEST_BYTES).digest()


_NO_NUMBERS: Final[Mapping[int, int]] = types.MappingProxyType({})


def reading_of(snapshot: StateSnapshot) -> Reading:
    """To read in a snapshot."""
    return Reading(snapshot.contents(), snapshot.changed_classes(), {}, snapshot.kept_readings)


class Reading:
    """One pass over a snapshot, in an order that all peers share."""

    def __init__(
        self,
        contents: dict[int, Contents],
        changed_classes: dict[int, type],
        numbers: dict[int, int],
        kept: KeptReadings,
    ) -> None:
        """kept: what was read before of objects that lead nowhere."""
        self._contents = contents
        self._changed_classes = changed_classes
        self._numbers = numbers  # id -> how many-th object met
        self.tokens: list[bytes] = []
        self._kept = kept

    def read(self, value: Any) -> None:
        stack, kept = [value], self._kept
        add = self.tokens.append
        while stack:
            value = stack.pop()
            cls = type(value)
            if value is None or cls in PLAIN:
                add(plain_bytes(value))
                continue
            kind = KINDS[cls]
            if kind.role is Role.PRESENTATION:
                add(NONE)
                continue
            if kind.role is not Role.WALKED:
                add(leaf_bytes(value, kind.role, kind.name) + b";")
                continue
            if cls is tuple:
                closed = closed_bytes(value)
                if closed is None:
                    add(b"%b%d;" % (TUPLE, len(value)))
                    stack += reversed(value)
                else:
                    add(closed)
                continue
            identity = id(value)
            if kind.numbered:
                number = self._numbers.get(identity)
                if number is not None:
                    add(b"@%d;" % number)
                    continue
                self._numbers[identity] = len(self._numbers)
            contents = contents_of(self._contents, value)
            changed = self._changed_classes.get(identity)
            proof = None if changed else _proof_of(contents)
            known = None if proof is None else kept.of(identity, proof)
            if known is None:
                start = len(self.tokens)
                children = self._read_if_closed(self._read_contents(KINDS[changed or cls].name, contents))
                if proof is not None:
                    kept.keep(identity, proof, self.tokens[start:], children)
                stack += reversed(children)
            else:
                add(known[0])
                stack += known[1]

    def _read_if_closed(self, children: list[Any]) -> list[Any]:
        closed = all_closed_bytes(children)
        if closed is None:
            return children
        self.tokens.append(closed)
        return []

    def _read_contents(self, name: bytes, contents: Contents) -> list[Any]:
        """Returns: what is to be read next."""
        add = self.tokens.append
        add(b"(%b;" % name)
        children: list[Any] = []
        for handler, saved in contents:
            add(handler.tag)
            if isinstance(handler, (SetItems, Frozenset)):
                members = self._sorted(list(handler.children(saved)))
                add(b"%d;" % len(members))
                children += members
            elif isinstance(handler, Attributes):
                children += self._read_attributes(saved[1])
            elif isinstance(handler, Globals):
                globals_changed = self.changed_globals(saved)
                add(b"%d;" % len(globals_changed))
                children += [part for pair in globals_changed.items() for part in pair]
            else:
                values = handler.values(saved)
                if PLAIN.issuperset(map(type, values)):
                    add(plain_values_bytes(values))
                else:
                    add(b"%d;" % len(values))
                    children += values
        return children

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
        self.tokens.append(marshal.dumps(plain, MARSHAL_VERSION))
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
        reading = Reading(self._contents, self._changed_classes, dict(numbers), self._kept)
        reading.read(value)
        return b"".join(reading.tokens)


def _proof_of(contents: Contents) -> Any:
    """As long as this is the same, so are the contents: snapshots share it. None if nothing tells."""
    if len(contents) != 1:
        return None
    handler, saved = contents[0]
    if handler is ATTRIBUTES:
        return saved[1]
    return saved if handler is LIST_ITEMS or handler is DICT_ITEMS else None
