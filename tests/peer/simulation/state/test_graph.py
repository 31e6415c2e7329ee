"""Random object graphs, with aliasing and cycles: remember, wreck, put back."""

from __future__ import annotations

import random
from collections import OrderedDict, defaultdict, deque
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from peer.simulation.state.diff import differences, flatten
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, restore


class Thing:
    """Attributes only."""


class Slotted:
    __slots__ = ("a", "b", "c")


class SlottedChild(Slotted):
    __slots__ = ("d",)


class DictWithAttributes(dict[Any, Any]):
    pass


class ListWithAttributes(list[Any]):
    pass


MAKERS = [
    Thing,
    Slotted,
    SlottedChild,
    list,
    dict,
    set,
    deque,
    bytearray,
    OrderedDict,
    lambda: defaultdict(list),
    lambda: deque(maxlen=3),
    DictWithAttributes,
    ListWithAttributes,
    lambda: np.zeros(3),
    lambda: np.empty(2, dtype=object),
    lambda: np.random.default_rng(5),
    lambda: random.Random(5),
]
LEAVES: list[Any] = [
    None,
    True,
    0,
    1,
    -7,
    2**70,
    0.0,
    -0.0,
    float("nan"),
    "",
    "x",
    b"y",
    (1, 2),
    3 + 4j,
    np.float32(2),
]


def change(rng: random.Random, obj: Any, values: list[Any]) -> None:
    """One random mutation, as a game's code might do it."""
    value = rng.choice(values)
    if isinstance(obj, (Thing, DictWithAttributes, ListWithAttributes)) and rng.random() < 0.5:
        name = rng.choice("abcd")
        if rng.random() < 0.8:
            setattr(obj, name, value)
        elif hasattr(obj, name):
            delattr(obj, name)
    elif isinstance(obj, Slotted):
        names = ["a", "b", "c"] + ["d"] * isinstance(obj, SlottedChild)
        setattr(obj, rng.choice(names), value)
    elif isinstance(obj, (list, deque)):
        if obj and rng.random() < 0.4:
            obj.pop()
        else:
            obj.append(value)
    elif isinstance(obj, dict):
        if obj and rng.random() < 0.3:
            del obj[rng.choice(list(obj))]
        else:
            key = rng.choice([1, "k", (2, 3), *[one for one in values if isinstance(one, Thing)]])
            obj[key] = value
    elif isinstance(obj, set):
        obj.symmetric_difference_update({rng.choice([1, 2, "s", *(v for v in values if type(v) is Thing)])})
    elif isinstance(obj, bytearray):
        obj.append(rng.randrange(256))
    elif isinstance(obj, np.ndarray):
        obj[rng.randrange(len(obj))] = value if obj.dtype == object else rng.random()
    elif isinstance(obj, (np.random.Generator, random.Random)):
        obj.random()


def build(seed: int, count: int) -> tuple[Any, list[Any]]:
    """A root and the objects below it, wired at random: shared, cyclic."""
    rng = random.Random(seed)
    objects = [rng.choice(MAKERS)() for _ in range(count)]
    root = Thing()
    root.all = objects  # type: ignore[attr-defined]
    root.first = objects[0]  # type: ignore[attr-defined]
    for _ in range(count * 4):
        change(rng, rng.choice(objects), objects + LEAVES)
    return root, objects


def shape(root: Any) -> list[tuple[int, Any]]:
    """Identity and contents of everything reachable, without the code under test."""
    found, queue, seen = [], [root], set()
    for obj in queue:
        if id(obj) in seen:
            continue
        seen.add(id(obj))
        inside: list[Any] = []
        if isinstance(obj, (list, deque, tuple)):
            inside += obj
        elif isinstance(obj, dict):
            inside += [*obj, *obj.values()]
        elif isinstance(obj, set):  # its order is promised only where members do not collide
            inside += sorted(obj, key=lambda one: repr(one) if _is_leaf(one) else str(id(one)))
        elif isinstance(obj, bytearray):
            inside += list(obj)
        elif isinstance(obj, np.ndarray):
            inside += obj.tolist() if obj.dtype == object else [obj.tobytes()]
        elif isinstance(obj, np.random.Generator):
            inside.append(repr(obj.bit_generator.state))
        elif isinstance(obj, random.Random):
            inside.append(repr(obj.getstate()))
        names = [f"{name}=" for name in getattr(obj, "__dict__", {})]
        inside += names + list(getattr(obj, "__dict__", {}).values())
        for cls in type(obj).__mro__:
            for name in vars(cls).get("__slots__", ()):
                if isinstance(obj, Slotted):
                    inside.append(getattr(obj, name, "(empty)"))
        found.append((id(obj), [repr(value) if _is_leaf(value) else id(value) for value in inside]))
        queue += [value for value in inside if not _is_leaf(value)]
    return found


def _is_leaf(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, bytes, complex, np.generic))


def digest(snapshot: Any) -> bytes:
    return digest_snapshot(snapshot, snapshot.roots)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 25), st.integers(1, 40))
def test_whatever_happens_is_undone_to_the_last_reference(seed: int, count: int, changes: int) -> None:
    root, objects = build(seed, count)
    before = shape(root)
    snapshot = capture([root])
    then = digest(snapshot)
    rng = random.Random(seed + 1)
    born = [Thing(), [], {}]
    for _ in range(changes):
        change(rng, rng.choice([*objects, root]), [*objects, *LEAVES, *born])
    assert digest(snapshot) == then, "a snapshot must not follow the game"
    restore(snapshot)
    assert shape(root) == before
    assert digest(capture([root])) == then


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20), st.permutations(range(4)))
def test_snapshots_are_restored_in_any_order(seed: int, count: int, order: list[int]) -> None:
    root, objects = build(seed, count)
    rng = random.Random(seed)
    taken = []
    for _ in range(4):
        taken.append((capture([root]), shape(root)))
        for _ in range(5):
            change(rng, rng.choice(objects), objects + LEAVES)
    for index in [*order, *order]:
        restore(taken[index][0])
        assert shape(root) == taken[index][1]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(1, 10))
def test_digest_changes_exactly_when_a_field_does(seed: int, count: int, changes: int) -> None:
    root, objects = build(seed, count)
    before = capture([root])
    rng = random.Random(seed + 2)
    for _ in range(changes):
        change(rng, rng.choice(objects), objects + LEAVES)
    after = capture([root])
    found = differences(flatten(before, [("", root)]), flatten(after, [("", root)]))
    # A set's members have no order, so the diff may speak of places where the digest sees no change.
    if digest(before) != digest(after):
        assert found
    elif not any(isinstance(obj, set) for obj in objects):
        assert not found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_equal_graphs_elsewhere_in_memory_have_equal_digests(seed: int, count: int) -> None:
    one, _ = build(seed, count)
    other, _ = build(seed, count)
    assert digest(capture([one])) == digest(capture([other]))


def test_every_single_change_shows_in_the_digest() -> None:
    root = Thing()
    root.items = [1, 2.0, "three", b"4", None, (5, [6])]  # type: ignore[attr-defined]
    root.map = {"a": 1, "b": 2}  # type: ignore[attr-defined]
    root.same = root.items  # type: ignore[attr-defined]
    seen = {digest(capture([root]))}
    snapshot = capture([root])
    changes: list[Any] = [
        lambda: root.items.__setitem__(0, True),  # type: ignore[attr-defined]
        lambda: root.items.__setitem__(0, 1.0),  # type: ignore[attr-defined]
        lambda: root.items.__setitem__(1, -2.0),  # type: ignore[attr-defined]
        lambda: root.items[5][1].append(7),  # type: ignore[attr-defined]
        root.items.reverse,  # type: ignore[attr-defined]
        lambda: setattr(root, "same", list(root.items)),  # type: ignore[attr-defined]
        lambda: setattr(root, "map", {"b": 2, "a": 1}),
        lambda: root.map.update(c=None),  # type: ignore[attr-defined]
        lambda: setattr(root, "extra", 0),
        lambda: setattr(root, "__class__", type("Other", (Thing,), {})),
    ]
    for apply in changes:
        apply()
        found = digest(capture([root]))
        assert found not in seen
        seen.add(found)
        restore(snapshot)
    assert digest(capture([root])) in seen


def test_long_chains_need_no_deep_stack() -> None:
    root = node = Thing()
    for _ in range(5000):
        node.next = Thing()  # type: ignore[attr-defined]
        node = node.next  # type: ignore[attr-defined]
    snapshot = capture([root])
    node.next = root  # type: ignore[attr-defined]
    restore(snapshot)
    assert not hasattr(node, "next")
    assert len(digest(snapshot)) == 8


def test_diff_names_the_field_with_both_values() -> None:
    root = Thing()
    root.zombies = [Thing(), Thing()]  # type: ignore[attr-defined]
    root.zombies[1].x = 411  # type: ignore[attr-defined]
    before = capture([root])
    root.zombies[1].x = 412  # type: ignore[attr-defined]
    after = capture([root])
    assert differences(flatten(before, [("", root)]), flatten(after, [("", root)])) == [
        "zombies[1].x: 411 != 412"
    ]


def test_an_older_snapshot_reads_the_same_when_a_class_has_changed_since() -> None:
    root = Thing()
    root.thing = Slotted()  # type: ignore[attr-defined]
    snapshot = capture([root])
    digest, flat = digest_snapshot(snapshot, [root]), flatten(snapshot, [("", root)])
    root.__class__ = type("Other", (Thing,), {})
    assert digest_snapshot(capture([root]), [root]) != digest
    assert digest_snapshot(snapshot, [root]) == digest
    assert flatten(snapshot, [("", root)]) == flat
