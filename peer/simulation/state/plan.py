"""Which words of memory tell which entries of a snapshot have changed.

A plan is made of a whole walk, and grows by objects that came later and stayed. Plans that snapshots hold
never change in what they know: one that grows is another plan, which begins with the same entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from typing import Any, Final

import numpy as np

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import Handler
from peer.simulation.state.elements import Elements
from peer.simulation.state.graph import Other, StateSnapshot
from peer.simulation.state.leaves import KeptReadings
from peer.simulation.state.types import KINDS, SKIPPED

# What a word belongs to: its kind, and above that the index in the snapshot's list.
CONTENT, DICT, OTHER, LIST, SHAPE, MOVED = range(6)
INDEX: Final = 3  # bits to the right of it
KIND: Final = (1 << INDEX) - 1

_NOTHING: Final = np.zeros(1, np.uint64)  # a word that never changes
_NOWHERE: Final = int(state_memory.places([_NOTHING.ctypes.data])[0])


class UnwatchableError(Exception):
    """An object keeps its attributes where we do not look for them."""


@dataclass(frozen=True, slots=True)
class Group:
    """Objects of one kind that lie beside each other in a snapshot's `others`."""

    handler: Handler
    objects: list[Any]
    start: int

    def take(self, others: list[Other]) -> None:
        handler, objects = self.handler, self.objects
        taken = handler.capture_all(objects)
        others[self.start : self.start + len(objects)] = zip(repeat(handler), objects, taken)

    def put(self, others: list[Other]) -> None:
        entries = others[self.start : self.start + len(self.objects)]
        self.handler.restore_all(self.objects, [saved for _, _, saved in entries])


def leads_nowhere(handler: Handler, obj: Any) -> bool:
    """Does it hold no references, now and ever? Then nothing new can come up in it."""
    return handler.flat or (type(obj) is np.ndarray and obj.base is None and not obj.dtype.hasobject)


def place_of_attributes(obj: Any, live: Any) -> int | None:
    """The address of the pointer to `live`, the `__dict__` of `obj`; None if it cannot be watched."""
    return state_memory.dict_of(obj, live) if type(live) is dict else None


def _by_object(others: Sequence[Other]) -> Iterable[tuple[Any, list[Other]]]:
    """The contents of one lie beside each other."""
    for _, entries in groupby(others, lambda entry: id(entry[1])):
        its_own = list(entries)
        yield its_own[0][1], its_own


class Plan:
    """Which words tell of which entries. Entries that came after it are not in it."""

    def __init__(self, lively: set[int]) -> None:
        """lively: ids of lists that have changed before, so they are taken each time."""
        self.lively = lively
        self.known: set[int] = set()  # ids of all objects reached
        self.first_size = 0  # how many these were before it grew
        self.counts = (0, 0, 0, 0)
        self.kept_readings = KeptReadings(self.known)
        self.hot: list[int] = []  # lists that are taken each time
        self.flat: list[Group] = []  # others, likewise, that lead nowhere
        self.leading: list[int] = []  # others, likewise, that lead on
        self.elements = Elements()  # others, likewise, that are a few words
        self.moved = False  # are these words elsewhere by now?
        self._met: list[Any] = []  # keeps them alive
        self._lists: list[list[Any]] = []
        self._owners: list[int] = []
        self._places = state_memory.places([])
        self._list_words: dict[int, int] = {}  # list -> its first word's index
        # Of the lists that have never changed, each element.
        self._spans: dict[int, tuple[int, int]] = {}
        self._element_owners: list[int] = []
        self._element_places = state_memory.places([])
        self._elements = state_memory.read(self._element_places)
        self._elements_look = b""

    def copy(self) -> Plan:
        """One that may grow."""
        plan = Plan(self.lively)
        plan.known = set(self.known)
        plan.first_size, plan.counts = self.first_size, self.counts
        plan.kept_readings = self.kept_readings.copy(plan.known)
        plan.hot, plan.flat, plan.leading = [*self.hot], [*self.flat], [*self.leading]
        plan.elements = self.elements.copy()
        plan._met, plan._lists, plan._owners = [*self._met], [*self._lists], [*self._owners]
        plan._places = self._places.copy()
        plan._list_words, plan._spans = dict(self._list_words), dict(self._spans)
        plan._element_owners = [*self._element_owners]
        plan._element_places, plan._elements = self._element_places.copy(), self._elements.copy()
        plan._elements_look = self._elements_look
        return plan

    def add(self, more: StateSnapshot, met: Sequence[Any]) -> set[int]:
        """Plan for the entries of `more`, which brings its `others` into another order. All its children are
        in `met`, or known, but for newcomers.

        Returns: the owners of words that it has added.
        Raises: UnwatchableError.
        """
        self.known.update(map(id, met))
        self._met += met
        attributes, lists, dicts, others = self.counts
        before, first_list = len(self._owners), lists
        addresses: list[int] = []
        self._watch_attributes(more, addresses, attributes)
        for index, (mapping, _) in enumerate(more.dicts, dicts):
            self._own(addresses, [state_memory.version_of_dict(mapping)], (index << INDEX) + DICT)
        self._watch_lists(more, addresses, lists)
        self._watch_others(more, addresses, others)
        self._places = np.concatenate([self._places, state_memory.places(addresses)])
        self._watch_elements(more, first_list)
        self.counts = (
            attributes + len(more.attributes),
            lists + len(more.lists),
            dicts + len(more.dicts),
            others + len(more.others),
        )
        return set(self._owners[before:])

    def _own(self, addresses: list[int], more: Sequence[int], owner: int) -> None:
        addresses += more
        self._owners += [owner] * len(more)

    def _watch_attributes(self, more: StateSnapshot, addresses: list[int], first: int) -> None:
        for index, (obj, live, _, _) in enumerate(more.attributes, first):
            place = place_of_attributes(obj, live)
            if place is None:
                raise UnwatchableError
            self._own(addresses, [state_memory.version_of_dict(live)], (index << INDEX) + CONTENT)
            self._own(addresses, [state_memory.class_of(obj), place], (index << INDEX) + SHAPE)

    def _watch_lists(self, more: StateSnapshot, addresses: list[int], first: int) -> None:
        self._lists += [items for items, _ in more.lists]
        for index, (items, contents) in enumerate(more.lists, first):
            if id(items) in self.lively or self._leads_to_newcomers(contents):
                self.hot.append(index)
            else:
                self._list_words[index] = len(self._places) + len(addresses)
                self._own(addresses, state_memory.shape_of_list(items), (index << INDEX) + LIST)

    def _leads_to_newcomers(self, contents: list[Any]) -> bool:
        skipped, known = SKIPPED, self.known
        return any(type(child) not in skipped and id(child) not in known for child in contents)

    def _watch_others(self, more: StateSnapshot, addresses: list[int], first: int) -> None:
        """In another order: those of one kind that lead nowhere beside each other, to be taken in one go.

        Of an object with several contents the order stays.
        """
        watched, leading = list[Other](), list[Other]()
        flat: dict[int, list[Other]] = {}
        for obj, entries in _by_object(more.others):
            words = [handler.words(obj) for handler, _, _ in entries]
            if None not in words:
                for entry, its_own in zip(entries, words, strict=True):
                    self._own(addresses, its_own or (), ((first + len(watched)) << INDEX) + OTHER)
                    watched.append(entry)
                continue
            handler = entries[0][0]
            if len(KINDS[type(obj)].handlers) > 1 or not leads_nowhere(handler, obj):
                leading += entries
            elif (span := handler.span(obj)) is not None:
                self._own(addresses, span[2], MOVED)
                self.elements.add(handler, obj, span)
            else:
                flat.setdefault(id(handler), []).append(entries[0])
        self.elements.settle()
        self.leading += range(first + len(watched), first + len(watched) + len(leading))
        more.others = [*watched, *leading]
        for entries in flat.values():
            start = first + len(more.others)
            more.others += entries
            self.flat.append(Group(entries[0][0], [entry[1] for entry in entries], start))

    def _watch_elements(self, more: StateSnapshot, first: int) -> None:
        """Of the lists that have never changed, each element. Where these lie is known only now."""
        indexes = [index for index in range(first, first + len(more.lists)) if index in self._list_words]
        starts = [state_memory.shape_of_list(self._lists[index])[1] for index in indexes]
        pointers = state_memory.read(state_memory.places(starts)).tolist()
        addresses: list[int] = []
        for index, pointer in zip(indexes, pointers, strict=True):
            size = len(more.lists[index - first][1])
            start = len(self._element_owners)
            self._spans[index] = (start, start + size)
            self._element_owners += [index] * size
            addresses += range(pointer, pointer + 8 * size, 8)
        self._element_places = np.concatenate([self._element_places, state_memory.places(addresses)])
        self._elements = state_memory.read(self._element_places)
        self._elements_look = self._elements.tobytes()

    def read_words(self) -> state_memory.Words:
        return state_memory.read(self._places)

    def changed(self, words: state_memory.Words, before: state_memory.Words) -> set[int]:
        """Owners of the words that differ."""
        owners = self._owners
        return {owners[index] for index in (words != before).nonzero()[0].tolist()}

    def heat(self, index: int) -> None:
        """This list has changed: from now on it is taken each time, and no word of it is read any more.

        Neither in this plan's other snapshots: to put back a list that has not changed does no harm.
        """
        if index in self._list_words:
            self.hot.append(index)
            self.lively.add(id(self._lists[index]))
            first = self._list_words.pop(index)
            self._places[first : first + 2] = _NOWHERE
            start, end = self._spans.pop(index)
            self._element_places[start:end] = _NOWHERE
            self._elements[start:end] = 0
            self._elements_look = self._elements.tobytes()

    def heat_where_elements_differ(self) -> bool:
        """Reads the elements of lists: those that lie elsewhere now must have been heated before."""
        if not self._element_owners:
            return False
        now = state_memory.read(self._element_places)
        if now.tobytes() == self._elements_look:
            return False
        owners = self._element_owners
        for index in {owners[place] for place in (now != self._elements).nonzero()[0].tolist()}:
            self.heat(index)
        return True
