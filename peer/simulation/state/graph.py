"""Remember a state in place, and put it back: shallow copies of every mutable object that can be reached.

Restoring writes the contents back into the same objects, so identity, aliasing and references held
from outside survive. Objects born after the snapshot drop out of the graph, dead ones return.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from netcode.errors import UncapturableStateError
from peer.simulation.handlers.handler import Handler, RefusedError
from peer.simulation.handlers.python_objects import ATTRIBUTES, put_attributes
from peer.simulation.source_lines import type_name
from peer.simulation.state.leaves import KeptReadings
from peer.simulation.state.types import (
    DICT_ITEMS,
    FLAT,
    KINDS,
    LIST_ITEMS,
    ONLY_ATTRIBUTES,
    ONLY_DICT,
    ONLY_LIST,
    SKIPPED,
    Role,
)

Contents = list[tuple[Handler, Any]]
Other = tuple[Handler, Any, Any]


def contents_of(contents: dict[int, Contents], value: Any) -> Contents:
    """What `value` held at the snapshot's time; of what cannot change, what it holds now."""
    found = contents.get(id(value), [])
    handlers = KINDS[type(value)].handlers
    if len(found) == len(handlers):
        return found
    kept = {handler.tag for handler, _ in found}
    more = [handler for handler in handlers if handler.tag not in kept]
    try:
        return [*found, *((handler, handler.capture(value)) for handler in more)]
    except UncapturableStateError:  # in what was read as far as that can be
        return found


class StateSnapshot:
    """The contents of every object reached from `roots`, in the order they were met."""

    __slots__ = ("attributes", "dicts", "lists", "others", "roots")

    def __init__(self, roots: Sequence[Any]) -> None:
        self.roots = tuple(roots)
        self.attributes: list[tuple[Any, dict[str, Any], dict[str, Any], type]] = []
        self.lists: list[tuple[list[Any], list[Any]]] = []
        self.dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self.others: list[Other] = []

    def all_others(self) -> Iterable[Other]:
        """Those that are kept in another form, too."""
        return self.others

    @property
    def kept_readings(self) -> KeptReadings:
        """For digests."""
        return KeptReadings()

    def entries(self) -> tuple[list[Any], ...]:
        return self.attributes, self.lists, self.dicts, self.others

    def contents(self) -> dict[int, Contents]:
        """id of each object -> its contents at that time, by handler."""
        found: dict[int, Contents] = {}
        for handler, obj, saved in self.all_others():
            found.setdefault(id(obj), []).append((handler, saved))
        for obj, live, taken, cls in self.attributes:
            found.setdefault(id(obj), []).append((ATTRIBUTES, (live, taken, cls)))
        for items, taken_items in self.lists:
            found[id(items)] = [(LIST_ITEMS, taken_items)]
        for mapping, taken_mapping in self.dicts:
            found[id(mapping)] = [(DICT_ITEMS, taken_mapping)]
        return found

    def changed_classes(self) -> dict[int, type]:
        """id -> the class it had at that time, of objects that have another one now."""
        return {id(obj): cls for obj, _, _, cls in self.attributes if type(obj) is not cls}

    def __len__(self) -> int:
        return len({id(entry[0]) for entry in (*self.attributes, *self.lists, *self.dicts)}) + len(
            {id(obj) for _, obj, _ in self.all_others()}
        )


def capture(roots: Sequence[Any]) -> StateSnapshot:
    """Remember everything reachable from `roots`.

    Raises: UncapturableStateError for an object whose contents cannot be known.
    """
    snapshot = StateSnapshot(roots)
    walk(snapshot, list({id(root): root for root in snapshot.roots}.values()), set())
    return snapshot


def read_what_can_be(roots: Sequence[Any]) -> StateSnapshot:
    """Everything reachable from `roots`, but for what cannot be known: for digests, never to be restored."""
    snapshot = StateSnapshot(roots)
    met = list({id(root): root for root in snapshot.roots}.values())
    seen = set(map(id, met))
    for obj in met:
        for handler in KINDS[type(obj)].handlers:
            try:
                saved = handler.capture(obj)
            except UncapturableStateError:
                continue
            if not handler.immutable:
                snapshot.others.append((handler, obj, saved))
            for child in handler.children(saved):
                if type(child) not in SKIPPED and id(child) not in seen:
                    seen.add(id(child))
                    met.append(child)
    return snapshot


def walk(snapshot: StateSnapshot, met: list[Any], seen: set[int]) -> None:
    """Add to `snapshot` what is reached from the objects in `met`, but for those whose ids are in `seen`.

    `met` grows by every object reached, and keeps it alive, so ids stay unique; their ids come to `seen`.

    Raises: UncapturableStateError for an object whose contents cannot be known.
    """
    try:
        _walk(snapshot, met, seen)
    except RefusedError as refused:
        raise with_path(snapshot.roots, refused) from None


def _walk(snapshot: StateSnapshot, met: list[Any], seen: set[int]) -> None:
    add_attributes, add_list = snapshot.attributes.append, snapshot.lists.append
    add_dict, add_other = snapshot.dicts.append, snapshot.others.append
    kinds, skipped, flat = KINDS, SKIPPED, FLAT
    only_attributes, only_list, only_dict = ONLY_ATTRIBUTES, ONLY_LIST, ONLY_DICT
    meet = met.append
    seen.update(map(id, met))
    see = seen.add
    for obj in met:
        cls = type(obj)
        kind = kinds[cls]
        handlers = kind.handlers
        children: Any
        # The three commonest kinds are written out: two thirds of the time would go into calls.
        if handlers is only_attributes:
            live = obj.__dict__
            taken = live.copy()
            add_attributes((obj, live, taken, cls))
            children = taken.values()
        elif handlers is only_list:
            children = obj[:]
            add_list((obj, children))
        elif handlers is only_dict:
            taken = obj.copy()
            add_dict((obj, taken))
            children = taken.values() if skipped.issuperset(map(type, taken)) else [*taken, *taken.values()]
        elif cls is tuple:
            children = obj
        elif cls in flat:
            handler = flat[cls]
            add_other((handler, obj, handler.capture(obj)))
            continue
        elif handlers:
            children = []
            for handler in handlers:
                saved = handler.capture(obj)
                if not handler.immutable:
                    add_other((handler, obj, saved))
                children += handler.children(saved)
        elif kind.role is Role.UNKNOWN:
            raise UncapturableStateError(_explain(snapshot.roots, obj, kind.why))
        else:
            continue
        for child in children:
            if type(child) not in skipped:
                identity = id(child)
                if identity not in seen:
                    see(identity)
                    meet(child)


def restore(snapshot: StateSnapshot) -> None:
    """Put everything back as it was; any number of times, in any order of snapshots."""
    for handler, obj, saved in snapshot.others:
        if handler.first:
            handler.restore(obj, saved)
    for obj, live, taken, cls in snapshot.attributes:
        put_attributes(obj, live, taken, cls)
    for items, taken_items in snapshot.lists:
        items[:] = taken_items
    for mapping, taken_mapping in snapshot.dicts:
        mapping.clear()
        mapping.update(taken_mapping)
    for handler, obj, saved in snapshot.all_others():
        if not handler.first and not handler.last:
            handler.restore(obj, saved)
    for handler, obj, saved in snapshot.others:
        if handler.last:
            handler.restore(obj, saved)


def restore_but_keep_presentation(snapshot: StateSnapshot) -> None:
    """Restore, but let attributes keep surfaces and clocks that have come since: drawing needs them again."""
    kept = [shown for _, live, taken, _ in snapshot.attributes for shown in shown_since(live, taken)]
    restore(snapshot)
    for live, name, value in kept:
        live[name] = value


def shown_since(live: dict[str, Any], taken: dict[str, Any]) -> list[tuple[dict[str, Any], str, Any]]:
    """Surfaces, clocks and the like that have come to a `__dict__` since, with it and their names."""
    return [
        (live, name, value)
        for name, value in live.items()
        if value is not None and KINDS[type(value)].role is Role.PRESENTATION and taken.get(name) is None
    ]


def with_path(roots: Sequence[Any], refused: RefusedError) -> UncapturableStateError:
    """The same, in words that say where it is."""
    return UncapturableStateError(_explain(roots, refused.culprit, refused.why))


def _explain(roots: Sequence[Any], culprit: Any, why: str) -> str:
    return f"the state cannot be remembered: {describe(roots, culprit)}{f', {why}' if why else ''}"


def describe(roots: Sequence[Any], culprit: Any) -> str:
    """`path is a type`: how `culprit` is reached from `roots` now. Slow; only for errors."""
    cls = type(culprit)
    name = type_name(cls)
    met: list[tuple[str, Any]] = [("", root) for root in roots]
    seen = set(map(id, roots))
    for path, obj in met:
        if obj is culprit:
            return f"{path.lstrip('.') or 'the environment'} is a {name}"
        for handler in KINDS[type(obj)].handlers:
            try:
                parts = handler.parts(handler.capture(obj))
            except UncapturableStateError:
                continue
            for suffix, child in parts:
                if (type(child) not in SKIPPED or child is culprit) and id(child) not in seen:
                    seen.add(id(child))
                    met.append((path + suffix, child))
    return f"it holds a {name}"
