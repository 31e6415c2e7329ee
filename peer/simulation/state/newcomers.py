"""Objects that came up after a plan was made: walked each time, until it shows that they stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peer.simulation.state.graph import StateSnapshot, walk
from peer.simulation.state.plan import leads_nowhere, place_of_attributes
from peer.simulation.state.types import FLAT, KINDS, SKIPPED
from peer.simulation.state.watched_snapshot import WatchedSnapshot


def walk_newcomers(snapshot: WatchedSnapshot, first: list[Any]) -> None:
    """Take what is reached from `first`, objects that the snapshot's plan does not know."""
    known, others, flat = snapshot.plan.known, snapshot.others, FLAT
    once = {id(child): child for child in first}
    met = []
    for child in once.values():
        handler = flat.get(type(child))
        if handler is None:
            handlers = KINDS[type(child)].handlers
            if len(handlers) != 1 or not leads_nowhere(handlers[0], child):
                met.append(child)
                continue
            handler = handlers[0]
        others.append((handler, child, handler.capture(child)))
    if met:
        known.update(once)
        try:
            walk(snapshot, met, known)
        finally:
            known.difference_update(once)
            known.difference_update(map(id, met))
        once.update(zip(map(id, met), met, strict=True))
    snapshot.newcomers = list(once.values())


def who_stays(earlier: WatchedSnapshot, now: WatchedSnapshot) -> list[Any]:
    """Newcomers of both snapshots that a plan can watch."""
    before = set(map(id, earlier.newcomers))
    staying = {id(obj): obj for obj in now.newcomers if id(obj) in before}
    for obj, live, _, _ in now.attributes[now.plan.counts[0] :]:
        if place_of_attributes(obj, live) is None:
            staying.pop(id(obj), None)
    while passing := [identity for identity, obj in staying.items() if _leads_beyond(now, staying, obj)]:
        for identity in passing:
            del staying[identity]
    return list(staying.values())


def _leads_beyond(now: WatchedSnapshot, staying: dict[int, Any], obj: Any) -> bool:
    """Does one without contents of its own, a tuple say, lead to newcomers? No plan would look into it."""
    known = now.plan.known
    return any(
        type(child) not in SKIPPED and id(child) not in known and id(child) not in staying
        for handler in KINDS[type(obj)].handlers
        if handler.immutable
        for child in handler.children(handler.capture(obj))
    )


def join(snapshot: WatchedSnapshot, staying: Sequence[Any]) -> WatchedSnapshot:
    """The same state, which must be the present one, by a plan that knows `staying`, too."""
    plan = snapshot.plan.copy()
    joining = set(map(id, staying))
    more, beside = StateSnapshot(snapshot.roots), StateSnapshot(snapshot.roots)
    for count, entries, joined, left in zip(
        plan.counts, snapshot.entries(), more.entries(), beside.entries(), strict=True
    ):
        owner = 1 if entries is snapshot.others else 0
        for entry in entries[count:]:
            (joined if id(entry[owner]) in joining else left).append(entry)
    attributes, lists, dicts, others = plan.counts
    owners = plan.add(more, staying)
    grown = WatchedSnapshot(snapshot.roots, plan)
    grown.attributes = [*snapshot.attributes[:attributes], *more.attributes, *beside.attributes]
    grown.lists = [*snapshot.lists[:lists], *more.lists, *beside.lists]
    grown.dicts = [*snapshot.dicts[:dicts], *more.dicts, *beside.dicts]
    grown.others = [*snapshot.others[:others], *more.others, *beside.others]
    grown.newcomers = [obj for obj in snapshot.newcomers if id(obj) not in joining]
    for owner in owners.union(snapshot.loose):
        grown.note_newcomers(owner)
    return grown
