"""The same graph captured frame after frame: only what has changed is looked at again.

A plan is made once, of a whole walk: which words of memory (state_memory.py) tell that an object has changed.
From then on a capture reads those words, takes anew what they tell of, and shares the rest with the capture
before it; a restore writes back only what is different. What no word tells of is taken each time. Objects
that came up after the plan was made are walked each time, too, until there are so many that a new plan pays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Final

import numpy as np

from peer.simulation import state_memory
from peer.simulation.state_elements import Elements
from peer.simulation.state_graph import (
    Other,
    StateSnapshot,
    capture,
    restore,
    restore_but_keep_presentation,
    shown_since,
    walk,
)
from peer.simulation.state_handlers import Handler
from peer.simulation.state_leaves import KeptReadings
from peer.simulation.state_types import KINDS, SKIPPED

_NEWCOMERS: Final = 24  # objects walked each time beside the plan, at most; and an eighth of those in it
_SHORT_LIVED: Final = 4  # captures; a plan that is of no use for longer was not worth the making
_FIRST_REVIEW: Final = 8  # captures after which those who came since join the plan, if they are still there
_LONGEST_PAUSE: Final = 64  # captures without a plan, where plans are short-lived

# What a word belongs to: its kind plus _KINDS times the index in the snapshot's list.
_CONTENT, _SHAPE, _DICT, _LIST, _OTHER, _MOVED = range(6)
_KINDS: Final = 6

_NOTHING: Final = np.zeros(1, np.uint64)  # a word that never changes
_NOWHERE: Final = int(state_memory.places([_NOTHING.ctypes.data])[0])


class UnwatchableError(Exception):
    """An object keeps its attributes where we do not look for them."""


class WatchedSnapshot(StateSnapshot):
    """A snapshot that shares with others of its plan what was the same in them."""

    __slots__ = ("elements", "look", "loose", "plan", "words")

    def __init__(self, roots: Sequence[Any], plan: Plan) -> None:
        super().__init__(roots)
        self.plan = plan
        self.loose: dict[int, list[Any]] = {}  # by owner: what it leads to that is not in the plan
        self.elements = plan.elements.take()
        self.look_again()

    def all_others(self) -> Iterable[Other]:
        return chain(self.others, self.plan.elements.told(self.elements))

    @property
    def kept_readings(self) -> KeptReadings:
        return self.plan.kept_readings

    def newcomers(self) -> int:
        """How many entries are not of the plan."""
        return sum(map(len, self.entries())) - sum(self.plan.counts)

    def look_again(self) -> None:
        """The words now, when the state is that of the snapshot."""
        self.words = self.plan.read_words()
        self.look = self.words.tobytes()


@dataclass(frozen=True, slots=True)
class Group:
    """Objects of one kind that lie beside each other in a snapshot's `others`."""

    handler: Handler
    objects: list[Any]
    start: int

    def take(self, others: list[Other]) -> None:
        handler, objects = self.handler, self.objects
        taken = handler.take_all(objects)
        others[self.start : self.start + len(objects)] = zip(repeat(handler), objects, taken)

    def put(self, others: list[Other]) -> None:
        entries = others[self.start : self.start + len(self.objects)]
        self.handler.put_all(self.objects, [saved for _, _, saved in entries])


def leads_nowhere(handler: Handler, obj: Any) -> bool:
    """Does it hold no references, now and ever? Then nothing new can come up in it."""
    return handler.flat or (type(obj) is np.ndarray and obj.base is None and not obj.dtype.hasobject)


class Plan:
    """Which words tell of which entries of a snapshot. Entries that came after it are not in it."""

    def __init__(self, whole: StateSnapshot, met: list[Any], known: set[int], lively: set[int]) -> None:
        """lively: ids of lists that have changed before, so they are taken each time.

        Raises: UnwatchableError.
        """
        self.known = known  # ids of all objects reached
        self._met = met  # keeps them alive
        self.kept_readings = KeptReadings(known)
        self.hot: list[int] = []  # lists that are taken each time
        self.flat: list[Group] = []  # others, likewise, that lead nowhere
        self.leading = range(0)  # others, likewise, that lead on
        self.elements = Elements()  # others, likewise, that are a few words
        self.moved = False  # are these words elsewhere by now?
        self.lively = lively
        self.lists = whole.lists
        self._owners: list[int] = []
        self._list_words: dict[int, int] = {}  # list -> its first word's index
        addresses: list[int] = []
        self._watch_attributes(whole, addresses)
        for index, (mapping, _) in enumerate(whole.dicts):
            self._own(addresses, [state_memory.version_of_dict(mapping)], _KINDS * index + _DICT)
        self._watch_lists(whole, addresses)
        self._watch_others(whole, addresses)
        self._places = state_memory.places(addresses)
        self._watch_elements(whole)
        self.elements.settle()
        self.counts = tuple(len(entries) for entries in whole.entries())

    def _own(self, addresses: list[int], more: Sequence[int], owner: int) -> None:
        addresses += more
        self._owners += [owner] * len(more)

    def _watch_attributes(self, whole: StateSnapshot, addresses: list[int]) -> None:
        for index, (obj, live, _, _) in enumerate(whole.attributes):
            place = state_memory.dict_of(obj, live) if type(live) is dict else None
            if place is None:
                raise UnwatchableError
            self._own(addresses, [state_memory.version_of_dict(live)], _KINDS * index + _CONTENT)
            self._own(addresses, [state_memory.class_of(obj), place], _KINDS * index + _SHAPE)

    def _watch_lists(self, whole: StateSnapshot, addresses: list[int]) -> None:
        for index, (items, _) in enumerate(whole.lists):
            if id(items) in self.lively:
                self.hot.append(index)
            else:
                self._list_words[index] = len(addresses)
                self._own(addresses, state_memory.shape_of_list(items), _KINDS * index + _LIST)

    def _watch_others(self, whole: StateSnapshot, addresses: list[int]) -> None:
        """In another order: those of one kind that lead nowhere beside each other, to be taken in one go.

        Of an object with several contents the order stays.
        """
        watched, leading = list[Other](), list[Other]()
        flat: dict[int, list[Other]] = {}
        for entry in whole.others:
            handler, obj, _ = entry
            words = handler.words(obj)
            if words is not None:
                self._own(addresses, words, _KINDS * len(watched) + _OTHER)
                watched.append(entry)
            elif len(KINDS[type(obj)].handlers) > 1 or not leads_nowhere(handler, obj):
                leading.append(entry)
            elif (span := handler.span(obj)) is not None:
                self._own(addresses, span[2], _MOVED)
                self.elements.add(handler, obj, span)
            else:
                flat.setdefault(id(handler), []).append(entry)
        whole.others = [*watched, *leading]
        self.leading = range(len(watched), len(whole.others))
        for entries in flat.values():
            start = len(whole.others)
            whole.others += entries
            self.flat.append(Group(entries[0][0], [entry[1] for entry in entries], start))

    def _watch_elements(self, whole: StateSnapshot) -> None:
        """Of the lists that have never changed, each element. Where these lie is known only now."""
        spans: dict[int, tuple[int, int]] = {}
        owners: list[int] = []
        addresses: list[int] = []
        starts = [state_memory.shape_of_list(whole.lists[index][0])[1] for index in self._list_words]
        pointers = state_memory.read(state_memory.places(starts)).tolist() if starts else []
        for index, pointer in zip(self._list_words, pointers, strict=True):
            size = len(whole.lists[index][1])
            spans[index] = (len(addresses), len(addresses) + size)
            addresses += range(pointer, pointer + 8 * size, 8)
            owners += [index] * size
        self._spans, self._element_owners = spans, owners
        self._element_places = state_memory.places(addresses)
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
            self.lively.add(id(self.lists[index][0]))
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


class Watch:
    """Captures and restores one simulation's graph, again and again."""

    def __init__(self) -> None:
        self._last: WatchedSnapshot | None = None
        self._lively: set[int] = set()  # ids of lists that have changed once
        self._captures = 0  # with the present plan
        self._pause = 0  # captures to go without a plan
        self._next_pause = 1
        self._review = _FIRST_REVIEW

    def _goes_on(self, snapshot: WatchedSnapshot) -> bool:
        """Is the plan still good enough? Seldom and more seldom: do those who came after it stay?"""
        newcomers = snapshot.newcomers()
        if newcomers and self._captures == max(self._review, len(snapshot.plan.known) // 16):
            self._review *= 8
            return False
        if newcomers > _NEWCOMERS + len(snapshot.plan.known) // 8:
            self._review = _FIRST_REVIEW
            return False
        return True

    def capture(self, roots: Sequence[Any]) -> StateSnapshot:
        """Remember everything reachable from `roots`. Do not keep its lists: they are shared.

        Raises: UncapturableStateError for an object whose contents cannot be known.
        """
        if not state_memory.WORDS_TELL:
            return capture(roots)
        last = self._last
        if last is not None and len(last.roots) == len(roots) and all(map(_is, last.roots, roots)):
            snapshot = _take_again(last)
            if snapshot is not None:
                self._captures += 1
                self._last = snapshot if self._goes_on(snapshot) else None
                return snapshot
        return self._begin_anew(roots)

    def _begin_anew(self, roots: Sequence[Any]) -> StateSnapshot:
        self._last = None  # keeps nothing alive that is gone
        if self._pause:
            self._pause -= 1
            return capture(roots)
        if self._captures < _SHORT_LIVED:
            self._pause = self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)
        else:
            self._next_pause = 1
        self._captures = 0
        whole = StateSnapshot(roots)
        met, known = list({id(root): root for root in whole.roots}.values()), set[int]()
        walk(whole, met, known)
        if len(self._lively) > _MOST_LIVELY:
            self._lively.clear()  # ids of lists long gone
        try:
            plan = Plan(whole, met, known, self._lively)
        except UnwatchableError:
            self._pause = _LONGEST_PAUSE
            return whole
        self._last = snapshot = WatchedSnapshot(whole.roots, plan)
        snapshot.attributes, snapshot.lists = whole.attributes, whole.lists
        snapshot.dicts, snapshot.others = whole.dicts, whole.others
        return snapshot

    def restore(self, snapshot: StateSnapshot, keep_presentation: bool = False) -> None:
        """Put everything back as it was; any number of times, in any order of snapshots.

        keep_presentation: attributes keep surfaces and clocks that have come since: drawing needs them again.
        """
        if not isinstance(snapshot, WatchedSnapshot):
            (restore_but_keep_presentation if keep_presentation else restore)(snapshot)
            return
        kept = _put_back(snapshot, keep_presentation)
        if snapshot.plan.moved:
            self._last = None
        else:
            snapshot.look_again()
            self._last = snapshot
        for live, name, value in kept:
            live[name] = value


_MOST_LIVELY: Final = 100_000


def _is(a: Any, b: Any) -> bool:
    return a is b


def _take_again(last: WatchedSnapshot) -> WatchedSnapshot | None:
    """The state now, by the plan of `last`; None if an object has another class or `__dict__`."""
    plan = last.plan
    snapshot = WatchedSnapshot.__new__(WatchedSnapshot)
    snapshot.roots, snapshot.plan, snapshot.loose = last.roots, plan, last.loose
    attributes, lists, dicts, others = plan.counts
    snapshot.attributes, snapshot.lists = last.attributes[:attributes], last.lists[:lists]
    snapshot.dicts, snapshot.others = last.dicts[:dicts], last.others[:others]
    words = plan.read_words()
    look = words.tobytes()
    heated = False
    if look == last.look:
        words = last.words
    else:
        snapshot.loose = dict(last.loose)
        for owner in plan.changed(words, last.words):
            index, kind = divmod(owner, _KINDS)
            if kind in (_SHAPE, _MOVED):
                return None
            if kind == _LIST:
                plan.heat(index)
                heated = True
            else:
                _take_entry(snapshot, owner, index, kind)
    heated = plan.heat_where_elements_differ() or heated
    if heated:
        words = plan.read_words()
        look = words.tobytes()
    snapshot.words, snapshot.look = words, look
    snapshot.elements = plan.elements.take()
    newcomers = _take_what_no_word_tells_of(snapshot)
    for unknown in snapshot.loose.values():
        newcomers += unknown
    if newcomers:
        _walk_newcomers(snapshot, newcomers)
    return snapshot


def _take_entry(snapshot: WatchedSnapshot, owner: int, index: int, kind: int) -> None:
    """Take an entry anew, and note what it leads to that is not in the plan."""
    children: Iterable[Any]
    if kind == _CONTENT:
        obj, live, _, cls = snapshot.attributes[index]
        taken = live.copy()
        snapshot.attributes[index] = (obj, live, taken, cls)
        children = taken.values()
    elif kind == _DICT:
        mapping, _ = snapshot.dicts[index]
        taken = mapping.copy()
        snapshot.dicts[index] = (mapping, taken)
        children = [*taken, *taken.values()]
    else:
        handler, obj, _ = snapshot.others[index]
        saved = handler.take(obj)
        snapshot.others[index] = (handler, obj, saved)
        children = handler.children(saved)
    skipped, known = SKIPPED, snapshot.plan.known
    unknown = [child for child in children if type(child) not in skipped and id(child) not in known]
    if unknown:
        snapshot.loose[owner] = unknown
    else:
        snapshot.loose.pop(owner, None)


def _take_what_no_word_tells_of(snapshot: WatchedSnapshot) -> list[Any]:
    """Returns: what these lead to that is not in the plan."""
    plan, skipped = snapshot.plan, SKIPPED
    known = plan.known
    lists, others = snapshot.lists, snapshot.others
    newcomers: list[Any] = []
    for index in plan.hot:
        items = lists[index][0]
        taken = items[:]
        lists[index] = (items, taken)
        newcomers += [child for child in taken if type(child) not in skipped and id(child) not in known]
    for group in plan.flat:
        group.take(others)
    for index in plan.leading:
        handler, obj, _ = others[index]
        saved = handler.take(obj)
        others[index] = (handler, obj, saved)
        for child in handler.children(saved):
            if type(child) not in skipped and id(child) not in known:
                newcomers.append(child)
    return newcomers


def _walk_newcomers(snapshot: WatchedSnapshot, newcomers: list[Any]) -> None:
    known, others = snapshot.plan.known, snapshot.others
    once = {id(child): child for child in newcomers}
    met = []
    for child in once.values():
        handlers = KINDS[type(child)].handlers
        if len(handlers) == 1 and leads_nowhere(handlers[0], child):
            others.append((handlers[0], child, handlers[0].take(child)))
        else:
            met.append(child)
    if met:
        known.update(once)
        try:
            walk(snapshot, met, known)
        finally:
            known.difference_update(once)
            known.difference_update(map(id, met))


def _put_back(snapshot: WatchedSnapshot, keep_presentation: bool) -> list[tuple[dict[str, Any], str, Any]]:
    """Write what differs. Returns: what to show again, by `__dict__` and name."""
    plan = snapshot.plan
    kept: list[tuple[dict[str, Any], str, Any]] = []
    words = plan.read_words()
    changed = set() if words.tobytes() == snapshot.look else plan.changed(words, snapshot.words)
    attributes, lists, dicts, others = plan.counts
    again = [*plan.leading, *range(others, len(snapshot.others))]
    for handler, obj, saved in [snapshot.others[index] for index in again]:
        if handler.first:
            handler.put(obj, saved)
    entries = [owner // _KINDS for owner in changed if owner % _KINDS in (_CONTENT, _SHAPE)]
    entries += range(attributes, len(snapshot.attributes))
    for index in entries:
        obj, live, taken, cls = snapshot.attributes[index]
        if keep_presentation:
            kept += shown_since(live, taken)
        if obj.__class__ is not cls:
            obj.__class__ = cls
        if obj.__dict__ is not live:
            obj.__dict__ = live
        live.clear()
        live.update(taken)
    for owner in changed:
        index, kind = divmod(owner, _KINDS)
        if kind == _DICT:
            mapping, contents = snapshot.dicts[index]
            mapping.clear()
            mapping.update(contents)
        elif kind == _OTHER:
            again.append(index)
        elif kind == _LIST:
            plan.heat(index)
    plan.heat_where_elements_differ()
    for index in (*plan.hot, *range(lists, len(snapshot.lists))):
        items, contents_of_list = snapshot.lists[index]
        items[:] = contents_of_list
    for mapping, contents in snapshot.dicts[dicts:]:
        mapping.clear()
        mapping.update(contents)
    for index in again:
        handler, obj, saved = snapshot.others[index]
        if not handler.first:
            handler.put(obj, saved)
    for group in plan.flat:
        group.put(snapshot.others)
    plan.moved = plan.moved or _MOVED in changed
    if plan.moved:
        for handler, obj, saved in plan.elements.told(snapshot.elements):
            handler.put(obj, saved)
    else:
        plan.elements.put(snapshot.elements)
    return kept
