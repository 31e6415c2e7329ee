"""The same graph captured frame after frame: only what has changed is looked at again.

A plan is made once, of a whole walk: which words of memory (state_memory.py) tell that an object has changed.
From then on a capture reads those words, takes anew what they tell of, and shares the rest with the capture
before it; a restore writes back only what is different. What no word tells of is taken each time. Objects
that came up after the plan was made are walked each time, too. Every few captures those who have stayed
join the plan; where they are many, a new plan is made, which forgets who has gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any, Final

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import RefusedError
from peer.simulation.handlers.python_objects import put_attributes
from peer.simulation.state.graph import (
    Other,
    StateSnapshot,
    capture,
    restore,
    restore_but_keep_presentation,
    shown_since,
    walk,
    with_path,
)
from peer.simulation.state.newcomers import join, walk_newcomers, who_stays
from peer.simulation.state.plan import (
    CONTENT,
    DICT,
    INDEX,
    KIND,
    LIST,
    MOVED,
    OTHER,
    SHAPE,
    Plan,
    UnwatchableError,
)
from peer.simulation.state.types import SKIPPED
from peer.simulation.state.watched_snapshot import WatchedSnapshot

_REVIEW: Final = 9  # captures after which those newcomers join the plan who are still there
_FEW: Final = 24  # who may join at once, with an eighth of those in the plan; for more a new one is made
_SOON: Final = 2  # captures to a review where many have come, unless plans have been short-lived
_LONG: Final = 4 * _REVIEW  # captures; a plan that was of use for so long was worth the making
_SHORT_LIVED: Final = 4  # captures; a plan that is of no use for longer was not worth the making
_LONGEST_PAUSE: Final = 64  # captures without a plan, where plans are short-lived
_MOST_LIVELY: Final = 10_000


class Watch:
    """Captures and restores one simulation's graph, again and again."""

    def __init__(self) -> None:
        self._last: WatchedSnapshot | None = None
        self._reviewed: WatchedSnapshot | None = None  # whose newcomers may have stayed
        self._lively: set[int] = set()  # ids of lists that have changed once
        self._age = 0  # captures with the present plan, and those it has grown to
        self._until_review = _REVIEW
        self._patience = _SOON  # captures to a review where many have come
        self._pause = 0  # captures to go without a plan
        self._next_pause = 1

    def capture(self, roots: Sequence[Any]) -> StateSnapshot:
        """Remember everything reachable from `roots`. Do not keep its lists: they are shared.

        Raises: UncapturableStateError for an object whose contents cannot be known.
        """
        if not state_memory.WORDS_TELL:
            return capture(roots)
        try:
            return self._capture(roots)
        except RefusedError as refused:
            raise with_path(roots, refused) from None

    def _capture(self, roots: Sequence[Any]) -> StateSnapshot:
        last = self._last
        if last is not None and len(last.roots) == len(roots) and all(map(is_, last.roots, roots)):
            snapshot = _take_again(last)
            if snapshot is not None:
                return self._review(snapshot) if self._is_review_due(snapshot) else snapshot
        return self._begin_anew(roots)

    def _is_review_due(self, snapshot: WatchedSnapshot) -> bool:
        self._last = snapshot
        self._age += 1
        self._until_review -= 1
        if self._until_review > self._patience and _are_many(snapshot.newcomers, snapshot.plan):
            self._reviewed, self._until_review = snapshot, self._patience
        return self._until_review <= 0

    def _review(self, snapshot: WatchedSnapshot) -> StateSnapshot:
        """Who has come after the plan, and has stayed since the last time?"""
        earlier, self._reviewed, self._until_review = self._reviewed, snapshot, _REVIEW
        staying = who_stays(earlier, snapshot) if earlier is not None and snapshot.newcomers else []
        plan = snapshot.plan
        grown = len(plan.known) + len(staying) - plan.first_size
        if _are_many(staying, plan) or grown > 2 * _FEW + plan.first_size // 2:
            self._patience = _SOON if self._age > _LONG else min(2 * self._patience, _REVIEW)
            return self._begin_anew(snapshot.roots)
        if staying:
            self._last = snapshot = join(snapshot, staying)
        return snapshot

    def _has_better_plan(self, snapshot: WatchedSnapshot) -> bool:
        """Has a new plan been made since, as too much was new to its own?"""
        last, plan = self._last, snapshot.plan
        return last is not None and last.plan is not plan and _are_many(snapshot.newcomers, plan)

    def _begin_anew(self, roots: Sequence[Any]) -> StateSnapshot:
        self._last = self._reviewed = None  # keeps nothing alive that is gone
        if self._pause:
            self._pause -= 1
            return capture(roots)
        if self._age < _SHORT_LIVED:
            self._pause = self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)
        else:
            self._next_pause = 1
        self._age = 0
        whole = StateSnapshot(roots)
        met = list({id(root): root for root in whole.roots}.values())
        walk(whole, met, set())
        if len(self._lively) > _MOST_LIVELY:
            self._lively.clear()  # ids of lists long gone
        plan = Plan(self._lively)
        try:
            plan.add(whole, met)
        except UnwatchableError:
            self._pause = _LONGEST_PAUSE
            return whole
        plan.first_size = len(plan.known)
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
            if not self._has_better_plan(snapshot):
                self._last = snapshot
        for live, name, value in kept:
            live[name] = value


def _are_many(newcomers: Sequence[Any], plan: Plan) -> bool:
    """To join it, or to be walked each time."""
    return len(newcomers) > _FEW + plan.first_size // 8


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
            kind = owner & KIND
            if kind >= SHAPE:
                return None
            if kind == LIST:
                plan.heat(owner >> INDEX)
                heated = True
            else:
                snapshot.take_entry(owner)
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
        walk_newcomers(snapshot, newcomers)
    else:
        snapshot.newcomers = ()
    return snapshot


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
        saved = handler.capture(obj)
        others[index] = (handler, obj, saved)
        for child in handler.children(saved):
            if type(child) not in skipped and id(child) not in known:
                newcomers.append(child)
    return newcomers


def _put_back(snapshot: WatchedSnapshot, keep_presentation: bool) -> list[tuple[dict[str, Any], str, Any]]:
    """Write what differs. Returns: what to show again, by `__dict__` and name."""
    plan = snapshot.plan
    kept: list[tuple[dict[str, Any], str, Any]] = []
    words = plan.read_words()
    changed = set() if words.tobytes() == snapshot.look else plan.changed(words, snapshot.words)
    attributes, lists, dicts, others = plan.counts
    again = [snapshot.others[index] for index in plan.leading]
    again += snapshot.others[others:]
    for handler, obj, saved in again:
        if handler.first:
            handler.restore(obj, saved)
    entries = [owner >> INDEX for owner in changed if owner & KIND in (CONTENT, SHAPE)]
    entries += range(attributes, len(snapshot.attributes))
    for index in entries:
        obj, live, taken, cls = snapshot.attributes[index]
        if keep_presentation:
            kept += shown_since(live, taken)
        put_attributes(obj, live, taken, cls)
    for owner in changed:
        index, kind = owner >> INDEX, owner & KIND
        if kind == DICT:
            mapping, contents = snapshot.dicts[index]
            mapping.clear()
            mapping.update(contents)
        elif kind == OTHER:
            again.append(snapshot.others[index])
        elif kind == LIST:
            plan.heat(index)
    plan.heat_where_elements_differ()
    for index in (*plan.hot, *range(lists, len(snapshot.lists))):
        items, contents_of_list = snapshot.lists[index]
        items[:] = contents_of_list
    for mapping, contents in snapshot.dicts[dicts:]:
        mapping.clear()
        mapping.update(contents)
    last: list[Other] = []
    for entry in again:
        handler, obj, saved = entry
        if handler.last:
            last.append(entry)
        elif not handler.first:
            handler.restore(obj, saved)
    for group in plan.flat:
        group.put(snapshot.others)
    plan.moved = plan.moved or MOVED in changed
    if plan.moved:
        for handler, obj, saved in plan.elements.told(snapshot.elements):
            handler.restore(obj, saved)
    else:
        plan.elements.put(snapshot.elements)
    for handler, obj, saved in last:
        handler.restore(obj, saved)
    return kept
