"""Captures that look only at what has changed, beside captures that walk everything."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pygame
import pytest

from peer.simulation.handlers import state_memory
from peer.simulation.state import watch as state_watch
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import StateSnapshot, capture
from peer.simulation.state.watch import Watch
from peer.simulation.state.watched_snapshot import WatchedSnapshot


class Thing:
    def __init__(self, number: int) -> None:
        self.number = number
        self.parts: list[Any] = [number]
        self.by_name: dict[Any, Any] = {"n": number}
        self.rect = pygame.Rect(number, 0, 1, 1)
        self.friend: Any = None


class Other(Thing):
    pass


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a, self.b = [1], 2


class Move(NamedTuple("Move", [("x", Any), ("y", Any)])):
    """A tuple that may have attributes."""


class Bag(list[Any]):
    pass


class Table(dict[Any, Any]):
    pass


class World:
    """A game of everything, at random."""

    def __init__(self, seed: int) -> None:
        self.things = [Thing(number) for number in range(6)]
        self.table = [list(range(5)) for _ in range(8)]
        self.map = {number: [number] for number in range(10)}
        self.rng = np.random.default_rng(seed)
        self.twister = random.Random(seed)
        self.old = np.random.RandomState(seed % 1000)
        self.field = np.zeros((4, 4))
        self.places = [np.zeros(2, np.float32) for _ in range(5)]
        self.odd = np.zeros(3, np.int16)
        self.large = np.zeros(300)
        self.heading = [pygame.Vector2(1, 2), pygame.FRect(1, 2, 3, 4), pygame.Vector3(1, 2, 3)]
        self.colour = pygame.Color(1, 2, 3, 4)
        self.objects = np.array([[1], None], dtype=object)
        self.trail: deque[Any] = deque(maxlen=5)
        self.members: set[Any] = {1, 2}
        self.slotted = Slotted()
        self.pair: Any = ([0], [1])
        self.moves: list[Any] = [Move([number], number) for number in range(4)]
        self.bag, self.by_key, self.ordered = Bag([1]), Table(a=[1]), OrderedDict(a=1, b=2)
        self.default: defaultdict[Any, Any] = defaultdict(list, a=[1])
        self.track = [(number / 7, (number, np.float32(number)), None, "asphalt") for number in range(9)]
        self.road = [([(number, 0), (number, 1)], (0, 0, 0), self.places[number]) for number in range(5)]
        self.counter = _counter()
        self.made = 10
        self.score = 0.0

    def any_thing(self, rng: random.Random) -> Thing:
        if not self.things:
            self.add(rng)
        return rng.choice(self.things)

    def add(self, rng: random.Random) -> None:
        self.made += 1
        self.things.append(Thing(self.made))

    def play(self, rng: random.Random) -> None:
        for _ in range(rng.randint(0, 3)):
            rng.choice(_MOVES)(self, rng)


def _counter() -> Callable[[], int]:
    count, seen = 0, [0]

    def up() -> int:
        nonlocal count
        count += 1
        seen[0] = count
        return count

    return up


def _replace_dict(world: World, rng: random.Random) -> None:
    thing = world.any_thing(rng)
    thing.__dict__ = dict(thing.__dict__)


def _new_class(world: World, rng: random.Random) -> None:
    thing = world.any_thing(rng)
    thing.__class__ = Other if type(thing) is Thing else Thing  # type: ignore[assignment]


_MOVES: list[Callable[[World, random.Random], Any]] = [
    World.add,
    lambda w, r: w.things and w.things.pop(r.randrange(len(w.things))),
    lambda w, r: setattr(w.any_thing(r), "number", r.random()),
    lambda w, r: setattr(w.any_thing(r), "parts", [r.random(), [r.random()]]),
    lambda w, r: w.any_thing(r).parts.append([r.random()]),
    lambda w, r: w.any_thing(r).parts.clear(),
    lambda w, r: w.any_thing(r).by_name.__setitem__(r.randrange(5), Thing(r.randrange(9))),
    lambda w, r: w.any_thing(r).rect.move_ip(1, 1),
    lambda w, r: setattr(w.any_thing(r), "friend", w.any_thing(r)),
    lambda w, r: setattr(w.any_thing(r), "friend", None),
    lambda w, r: setattr(w.any_thing(r), f"extra{r.randrange(3)}", {"deep": [[r.random()]]}),
    lambda w, r: w.table[r.randrange(8)].__setitem__(r.randrange(5), r.randrange(3)),
    lambda w, r: w.table[r.randrange(8)].reverse(),
    lambda w, r: w.map[r.randrange(10)].append(1),
    lambda w, r: w.map[r.randrange(10)].__setitem__(0, r.random()),
    lambda w, r: w.map.__setitem__(r.randrange(10), [r.random()]),
    lambda w, r: w.rng.random(),
    lambda w, r: w.rng.integers(9, dtype=np.int32),
    lambda w, r: w.twister.gauss(0, 1),
    lambda w, r: w.old.randn(),
    lambda w, r: w.field.__setitem__((r.randrange(4), r.randrange(4)), r.random()),
    lambda w, r: setattr(w, "field", w.field.copy()),
    lambda w, r: w.places[r.randrange(5)].__setitem__(r.randrange(2), r.random()),
    lambda w, r: w.places.__setitem__(r.randrange(5), np.full(2, r.random(), np.float32)),
    lambda w, r: w.odd.__setitem__(r.randrange(3), r.randrange(9)),
    lambda w, r: w.large.__setitem__(r.randrange(300), r.random()),
    lambda w, r: setattr(r.choice(w.heading), "y", r.random()),
    lambda w, r: setattr(w.colour, "g", r.randrange(256)),
    lambda w, r: w.objects.__setitem__(1, [r.random()]),
    lambda w, r: w.objects[0].append(r.random()),
    lambda w, r: w.trail.append([r.random()]),
    lambda w, r: w.trail and w.trail[0].append(1),
    lambda w, r: w.members.add(r.randrange(20)),
    lambda w, r: w.slotted.a.append(1),
    lambda w, r: setattr(w.slotted, "a", [r.random()]),
    lambda w, r: w.pair[0].append(1),
    lambda w, r: setattr(w, "pair", ([r.random()], w.pair[0])),
    lambda w, r: w.track.__setitem__(r.randrange(9), (r.random(), (1, np.float32(r.random())), None, "ice")),
    lambda w, r: w.road[r.randrange(5)][0].__setitem__(slice(1, 2), [(r.random(), -1)]),
    lambda w, r: setattr(w.any_thing(r), "parts", w.road[r.randrange(5)][0]),
    lambda w, r: r.choice(w.moves).x.append(1),
    lambda w, r: setattr(r.choice(w.moves), "mark", [r.random()]),
    lambda w, r: w.moves.append(Move([r.random()], w.moves[0])),
    lambda w, r: w.bag.append([r.random()]),
    lambda w, r: setattr(w.bag, "weight", [r.random()]),
    lambda w, r: w.by_key.__setitem__(r.randrange(3), [r.random()]),
    lambda w, r: setattr(w.by_key, "name", r.random()),
    lambda w, r: w.ordered.move_to_end(r.choice("ab")),
    lambda w, r: w.default[r.randrange(4)],
    lambda w, r: setattr(w.default, "default_factory", r.choice([list, dict])),
    lambda w, r: w.counter(),
    lambda w, r: setattr(w, "score", -w.score),
    _replace_dict,
    _new_class,
]


def digest(roots: list[Any], snapshot: StateSnapshot | None = None) -> bytes:
    """All is walked anew, or it is read by what earlier digests have kept."""
    snapshot = capture(roots) if snapshot is None else snapshot
    return digest_snapshot(snapshot, snapshot.roots)


@pytest.mark.parametrize("seed", range(12))
def test_a_watched_game_is_captured_and_restored_like_a_walked_one(seed: int) -> None:
    rng = random.Random(seed)
    world = World(seed)
    roots = [world, {"beside": world.things}]
    watch = Watch()
    kept: list[tuple[StateSnapshot, bytes]] = []
    watched = 0
    for _ in range(300):
        world.play(rng)
        snapshot, truth = watch.capture(roots), digest(roots)
        assert digest(roots, snapshot) == truth
        watched += isinstance(snapshot, WatchedSnapshot)
        kept.append((snapshot, truth))
        if rng.random() < 0.3:
            snapshot, truth = rng.choice(kept[-40:])
            watch.restore(snapshot)
            assert digest(roots) == truth == digest(roots, watch.capture(roots))
        if rng.random() < 0.02:
            for old, truth in kept[::17]:
                watch.restore(old)
                assert digest(roots) == truth
    for snapshot, truth in kept:
        assert digest(roots, snapshot) == truth, "what came later has reached into it"
    assert watched > 50 or not state_memory.WORDS_TELL


def test_where_no_word_tells_everything_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_memory, "WORDS_TELL", False)
    world, watch = World(1), Watch()
    before = watch.capture([world])
    assert type(before) is StateSnapshot
    truth = digest([world])
    world.play(random.Random(3))
    watch.restore(before)
    assert digest([world]) == truth


needs_words = pytest.mark.skipif(not state_memory.WORDS_TELL, reason="this Python's objects do not tell")


@needs_words
def test_an_array_that_was_elsewhere_meanwhile_is_put_back() -> None:
    world, watch = World(1), Watch()
    snapshots = []
    for score in range(3):
        world.places[0][:] = score
        snapshots.append(watch.capture([world]))
    assert len(snapshots[-1].plan.elements) > 8
    elsewhere = [np.zeros(2, np.float32)]
    for size in (100, 2):
        world.places[0].resize(size, refcheck=False)
        elsewhere += [np.ones(2, np.float32) for _ in range(50)]  # where it was
    world.places[0][:] = 9
    assert digest([world], watch.capture([world])) == digest([world])
    for score in (1, 2, 0, 1):
        watch.restore(snapshots[score])
        assert world.places[0].tolist() == [score, score]
        assert digest([world], watch.capture([world])) == digest([world])
    assert all(float(other.sum()) in (0, 2) for other in elsewhere)


@needs_words
def test_who_keeps_making_new_objects_is_planned_anew_only_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plans = 0
    make = state_watch.Plan.__init__

    def counted(*arguments: Any) -> None:
        nonlocal plans
        plans += 1
        make(*arguments)

    monkeypatch.setattr(state_watch.Plan, "__init__", counted)
    world, watch = World(1), Watch()
    for _ in range(200):
        world.things = [Thing(number) for number in range(200)]
        snapshot = watch.capture([world])
        assert len(snapshot) > 800, "all of them, each time"
    assert 1 <= plans <= 12


@needs_words
def test_newcomers_that_stay_join_the_plan() -> None:
    world, watch = World(1), Watch()
    for _ in range(3):
        old = watch.capture([world])
    truth = digest([world])
    world.guests = [Thing(20), Slotted(), ([1], [2]), np.zeros(3)]  # type: ignore[attr-defined]
    world.rng = np.random.default_rng(5)
    for _ in range(30):
        world.passing = [Thing(3)]  # type: ignore[attr-defined]
        snapshot = watch.capture([world])
    assert isinstance(snapshot, WatchedSnapshot) and isinstance(old, WatchedSnapshot)
    assert [type(obj) for obj in snapshot.newcomers[:2]] == [list, Thing], "they are other ones each time"
    assert old.plan.known < snapshot.plan.known
    assert {id(obj) for obj in world.guests} < snapshot.plan.known  # type: ignore[attr-defined]
    with_guests = digest([world])
    assert digest([world], snapshot) == with_guests
    _change_guests(world)
    changed = watch.capture([world])
    for before, expected in ((old, truth), (snapshot, with_guests), (changed, digest([world], changed))):
        watch.restore(before)
        assert digest([world]) == expected == digest([world], watch.capture([world]))


def _change_guests(world: World) -> None:
    thing, slotted, pair, array = world.guests  # type: ignore[attr-defined]
    thing.parts.append([1])
    thing.rect.x += 3
    slotted.a = [9]
    pair[1].append(3)
    array[1] = 7
    world.rng.random()


@needs_words
@pytest.mark.parametrize("late", range(1, 30))
def test_what_comes_to_those_who_join_is_seen(late: int) -> None:
    world, watch = World(1), Watch()
    for _ in range(3):
        watch.capture([world])
    thing, items, table = Thing(20), [None], {"x": None}
    world.guests = [thing, items, table]  # type: ignore[attr-defined]
    for number in range(40):
        if number == late:
            thing.friend, items[0], table["x"] = Thing(21), Thing(22), Thing(23)  # type: ignore[call-overload]
        before = watch.capture([world])
    truth = digest([world])
    for held in (thing.friend, items[0], table["x"]):
        held.parts.append("changed")  # type: ignore[attr-defined]
    watch.restore(before)
    assert digest([world]) == truth


@needs_words
@pytest.mark.parametrize("first", range(9))
def test_a_tuple_joins_no_plan_that_does_not_know_what_it_leads_to(first: int) -> None:
    """It was away when what it leads to joined the plan, and then an older plan came back."""
    world, watch = World(1), Watch()
    for _ in range(first + 1):
        watch.capture([world])
    box: list[Any] = [1]
    world.box, world.pair = box, (box, [2])  # type: ignore[attr-defined]
    both = watch.capture([world])
    world.pair = None
    for _ in range(30):
        without = watch.capture([world])
    assert id(box) in without.plan.known  # type: ignore[attr-defined]
    world.pair = both.attributes[0][2]["pair"]
    for _ in range(9):
        watch.capture([world])
    watch.restore(both)
    del world.box  # type: ignore[attr-defined]
    for _ in range(12):
        before = watch.capture([world])
    box.append("changed")
    watch.restore(before)
    assert box == [1]


def test_pictures_that_came_since_are_kept_where_wanted() -> None:
    world, watch = World(1), Watch()
    world.screen = None  # type: ignore[attr-defined]
    for _ in range(3):
        snapshot = watch.capture([world])
    world.screen = pygame.Surface((2, 2))  # type: ignore[attr-defined]
    world.score = 3.0
    watch.restore(snapshot, keep_presentation=True)
    assert world.score == 0.0
    assert world.screen is not None  # type: ignore[attr-defined]
    watch.restore(snapshot)
    assert world.screen is None  # type: ignore[attr-defined]


@needs_words
def test_words_tell_in_a_fresh_interpreter_too() -> None:
    code = (
        "from peer.simulation.handlers import state_memory as m; print(m.WORDS_TELL, len(m._RNGS_THAT_TELL))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "4"]


def test_other_roots_are_another_graph() -> None:
    watch, one, other = Watch(), World(1), World(2)
    for root in (one, one, one, other, other, one):
        assert digest([root], watch.capture([root])) == digest([root])
