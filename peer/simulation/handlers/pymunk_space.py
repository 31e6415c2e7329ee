"""pymunk's spaces, by their memory: nothing else tells what contacts remember.

A space keeps its contacts, its trees of boxes and its tables in buffers of its own, which it never gives
back, and beside them a few arrays that grow. All are copied, and written back to the very same places; arrays
that have grown since are made as long as they were. That asks for the layout of Chipmunk 7; what does
not look like it is refused.
"""

from __future__ import annotations

import ctypes
import math
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from netcode.errors import UncapturableStateError
from peer.simulation.handlers import state_memory
from peer.simulation.handlers.engine_memory import (
    Piece,
    SharedPieces,
    bytes_at,
    int_at,
    long_at,
    move,
    set_int,
    set_long,
)
from peer.simulation.handlers.handler import Handler, Handlers, Part
from peer.simulation.handlers.pymunk_objects import (
    OWN_ATTRIBUTES,
    Body,
    CollisionHandler,
    Constraint,
    Shape,
    address_of,
    heap,
)

_BUFFER_BYTES: Final = 32 * 1024

# Fields of a cpSpace, from its beginning.
_SPACE: Final = struct.Struct("<i4x2d d2d2dI4xQI4xd")
_SPACE_FIELDS: Final = ("iterations", "gravity.x", "gravity.y", "damping")
_SLEEP_AFTER, _STAMP = 40, 80
_DYNAMIC, _STATIC, _SLEEPING, _SHAPE_COUNTER = 96, 104, 120, 128
_TREES: Final = (136, 144)
_CONSTRAINTS, _ARBITERS, _CONTACTS, _CACHED, _POOLED = 152, 160, 168, 176, 184
_BUFFERS: Final = 192
_COLLISION_HANDLERS: Final = 208
_STATIC_BODY: Final = 288
_LEAST_SPACE: Final = 568
_ARRAYS: Final = (_DYNAMIC, _STATIC, 112, _SLEEPING, _CONSTRAINTS, _ARBITERS, _POOLED)

# Of an array; of a hash table; of a tree; of one of its nodes; of a buffer of contacts.
_NUMBER, _MOST, _ITEMS = 0, 4, 8
_ENTRIES, _TABLE_SIZE, _TABLE, _UNUSED_BINS, _TABLE_BUFFERS, _TABLE_BYTES = 0, 4, 24, 32, 40, 48
_TREE_CLASS, _LEAVES, _TREE_STATE, _TREE_BUFFERS, _TREE_STAMP = 0, 40, 48, 72, 80
_BIN_WORDS: Final = 3  # what it holds, its hash, the next
_NEXT_CONTACTS, _CONTACT_COUNT, _CONTACTS_HEAD, _CONTACT_BYTES = 8, 16, 24, 96

# Of a body, a shape, a constraint.
_BODY_LINKS: Final = (216, 32)  # its space, shapes, arbiters, constraints
_SHAPE_SPACE, _SHAPE_BODY, _SHAPE_LINKS = 8, 16, (168, 16)
_JOINT_SPACE, _JOINT_BODIES, _JOINT_LINKS = 8, (16, 24), (32, 16)


def _array(address: int) -> bytes:
    return bytes_at(long_at(address + _ITEMS), 8 * int_at(address + _NUMBER))


def _pointers(memory: bytes) -> Any:
    return np.frombuffer(memory, np.uint64)


@dataclass(frozen=True, slots=True)
class SavedSpace:
    """A space's memory, and who was in it."""

    space: bytes
    arrays: list[tuple[int, bytes]]  # how long each may grow, and what it holds
    tables: list[tuple[bytes, bytes]]  # of each: its fields, its bins' places
    trees: list[bytes]
    pieces: list[Piece]
    members: Members


@dataclass(frozen=True, slots=True)
class Members:
    """The addresses of all that a space leads to."""

    bodies: frozenset[int]
    shapes: frozenset[int]
    joints: frozenset[int]


class _Places:
    """Where one space has its parts: they never move."""

    def __init__(self, space: int) -> None:
        trees = [long_at(space + offset) for offset in _TREES]
        self.space, self.size, self.trees = space, heap().size_of(space), trees
        self.arrays = [long_at(space + offset) for offset in _ARRAYS]
        self.leaves = [long_at(tree + _LEAVES) for tree in trees]
        self.tables = [long_at(space + _CACHED), long_at(space + _COLLISION_HANDLERS), *self.leaves]
        self.buffers = [
            *(long_at(tree + _TREE_BUFFERS) for tree in trees),
            *(long_at(table + _TABLE_BUFFERS) for table in self.tables),
        ]
        self.shared = SharedPieces()
        self._sizes: dict[int, int] = {}

    def still(self) -> bool:
        """Has the space the trees that it had?"""
        return [long_at(self.space + offset) for offset in _TREES] == self.trees

    def pieces(self) -> Iterator[tuple[int, int]]:
        """All buffers with their sizes: of those with contacts only what is in use."""
        contacts = dict(self._contacts())
        yield from contacts.items()
        for array in (long_at(self.space + _BUFFERS), *self.buffers):
            for buffer in _pointers(_array(array)).tolist():
                if buffer not in contacts:
                    yield buffer, self._size_of(buffer)

    def _size_of(self, buffer: int) -> int:
        if buffer not in self._sizes:  # it is never given back
            self._sizes[buffer] = heap().size_of(buffer)
        return self._sizes[buffer]

    def _contacts(self) -> Iterator[tuple[int, int]]:
        first = buffer = long_at(self.space + _CONTACTS)
        while buffer:
            yield buffer, _CONTACTS_HEAD + _CONTACT_BYTES * int_at(buffer + _CONTACT_COUNT)
            buffer = long_at(buffer + _NEXT_CONTACTS)
            if buffer == first:
                return

    def members(self) -> Members:
        shapes = np.concatenate([_words_at(self._held(table)) for table in self.leaves])
        joints = _pointers(_array(long_at(self.space + _CONSTRAINTS)))
        owners = [_words_at(joints + np.uint64(offset)) for offset in _JOINT_BODIES]
        own = long_at(self.space + _STATIC_BODY)
        arrays = [_pointers(_array(long_at(self.space + offset))) for offset in (_DYNAMIC, _STATIC)]
        bodies = np.concatenate([*arrays, *owners, _words_at(shapes + np.uint64(_SHAPE_BODY))])
        return Members(
            frozenset((*bodies.tolist(), own)), frozenset(shapes.tolist()), frozenset(joints.tolist())
        )

    def _held(self, table: int) -> Any:
        """What is in a hash table: pointers."""
        if not int_at(table + _ENTRIES):
            return np.zeros(0, np.uint64)
        buffers = _pointers(_array(long_at(table + _TABLE_BUFFERS))).tolist()
        bins = [
            np.frombuffer(bytes_at(buffer, _BUFFER_BYTES), np.uint64)[: _BUFFER_BYTES // 24 * _BIN_WORDS]
            for buffer in buffers
        ]
        held = np.concatenate(bins)[::_BIN_WORDS]
        return held[held != 0]


def _words_at(addresses: Any) -> Any:
    return state_memory.read(state_memory.places(addresses.tolist())) if len(addresses) else addresses


class Space(Handler):
    """pymunk.Space. Put back before all else: who came since leaves it first, unheard."""

    tag = b"Y"
    flat = True
    first = True

    def __init__(self) -> None:
        self._places: WeakKeyDictionary[Any, _Places] = WeakKeyDictionary()

    def _places_of(self, obj: Any) -> _Places:
        places = self._places.get(obj)
        if places is None or not places.still():
            space = address_of(obj._space)
            _check_layout(obj, space)
            places = self._places[obj] = _Places(space)
        return places

    def capture(self, obj: Any) -> SavedSpace:
        places = self._places_of(obj)
        space = bytes_at(places.space, places.size)
        _check_habits(space)
        return SavedSpace(
            space,
            [(int_at(array + _MOST), _array(array)) for array in places.arrays],
            [_take_table(table) for table in places.tables],
            [bytes_at(tree + _TREE_STATE, _TREE_STAMP + 8 - _TREE_STATE) for tree in places.trees],
            places.shared.take(places.pieces()),
            places.members(),
        )

    def restore(self, obj: Any, saved: SavedSpace) -> None:
        places = self._places_of(obj)
        _cut_loose(places.members(), saved.members)
        move(places.space, saved.space, len(saved.space))
        for array, (most, items) in zip(places.arrays, saved.arrays, strict=True):
            _put_array(array, most, items)
        for table, contents in zip(places.tables, saved.tables, strict=True):
            _put_table(table, *contents)
        for tree, memory in zip(places.trees, saved.trees, strict=True):
            buffers = long_at(tree + _TREE_BUFFERS)
            move(tree + _TREE_STATE, memory, len(memory))
            set_long(tree + _TREE_BUFFERS, buffers)
        places.shared.put(saved.pieces)
        known = {buffer for buffer, _ in saved.pieces}
        for buffer, size in places.pieces():
            if buffer not in known:
                ctypes.memset(buffer, 0, size)  # made since: nothing leads there now

    def parts(self, saved: SavedSpace) -> list[Part]:
        numbers = _SPACE.unpack_from(saved.space)
        counts = {
            "steps": int.from_bytes(saved.space[_STAMP : _STAMP + 4], "little"),
            "shapes_ever": int.from_bytes(saved.space[_SHAPE_COUNTER : _SHAPE_COUNTER + 8], "little"),
            "bodies": len(saved.arrays[0][1]) // 8,
            "contacts": len(saved.arrays[_ARRAYS.index(_ARBITERS)][1]) // 8,
        }
        named = zip(_SPACE_FIELDS, numbers, strict=False)
        return [(f".{name}", value) for name, value in (*named, *counts.items())]


def _take_table(table: int) -> tuple[bytes, bytes]:
    size = int_at(table + _TABLE_SIZE)
    return bytes_at(table, _TABLE_BYTES), bytes_at(long_at(table + _TABLE), 8 * size)


def _put_array(array: int, most: int, items: bytes) -> None:
    if int_at(array + _MOST) != most:
        heap().allocate_anew(array + _ITEMS, 8 * most)
        set_int(array + _MOST, most)
    move(long_at(array + _ITEMS), items, len(items))
    set_int(array + _NUMBER, len(items) // 8)


def _put_table(table: int, fields: bytes, bins: bytes) -> None:
    if int_at(table + _TABLE_SIZE) * 8 != len(bins):
        heap().allocate_anew(table + _TABLE, len(bins))
    move(table, fields, _TABLE)  # entries, size
    move(table + _UNUSED_BINS, fields[_UNUSED_BINS:_TABLE_BUFFERS], 8)
    move(long_at(table + _TABLE), bins, len(bins))


def _cut_loose(now: Members, then: Members) -> None:
    """Who came since belongs to no space any more: when Python lets go of it, it must not look for one."""
    for body in now.bodies - then.bodies:
        ctypes.memset(body + _BODY_LINKS[0], 0, _BODY_LINKS[1])
    for shape in now.shapes - then.shapes:
        set_long(shape + _SHAPE_SPACE, 0)
        ctypes.memset(shape + _SHAPE_LINKS[0], 0, _SHAPE_LINKS[1])
    for joint in now.joints - then.joints:
        set_long(joint + _JOINT_SPACE, 0)
        ctypes.memset(joint + _JOINT_LINKS[0], 0, _JOINT_LINKS[1])


@cache
def _class_of_trees() -> int:
    """Told by a space that is new: others may use a hash of cells instead."""
    probe = sys.modules["pymunk"].Space()
    return long_at(long_at(address_of(probe._space) + _TREES[0]) + _TREE_CLASS)


def _refuse(why: str) -> UncapturableStateError:
    return UncapturableStateError(f"the state cannot be remembered: a pymunk space that {why}")


def _check_layout(obj: Any, space: int) -> None:
    """Where we look for what the library tells, too, it must be.

    Raises: UncapturableStateError.
    """
    if heap().size_of(space) < _LEAST_SPACE or getattr(obj, "threaded", False):
        raise _refuse("is not laid out as in Chipmunk 7, or steps in threads")
    numbers = _SPACE.unpack(bytes_at(space, _SPACE.size))
    told = (obj.iterations, *obj.gravity, obj.damping, obj.idle_speed_threshold, obj.sleep_time_threshold)
    told = (*told, obj.collision_slop, obj.collision_bias, obj.collision_persistence)
    if numbers[: len(told)] != told or numbers[-1] != obj.current_time_step:
        raise _refuse("is not laid out as in Chipmunk 7")
    counts = [int_at(long_at(space + offset)) for offset in (_DYNAMIC, _STATIC, _CONSTRAINTS)]
    if any(long_at(long_at(space + tree) + _TREE_CLASS) != _class_of_trees() for tree in _TREES):
        raise _refuse("finds neighbours by a hash of cells; without use_spatial_hash() snapshots are exact")
    leaves = [int_at(long_at(long_at(space + tree) + _LEAVES) + _ENTRIES) for tree in _TREES]
    beside = counts[0] + counts[1] - len(obj.bodies)  # the space's own static body, perhaps
    if beside not in (0, 1) or counts[2] != len(obj.constraints):
        raise _refuse("is not laid out as in Chipmunk 7")
    if sum(leaves) != len(obj.shapes):
        raise _refuse("is not laid out as in Chipmunk 7")


def _check_habits(space: bytes) -> None:
    """What may change in play. Raises: UncapturableStateError."""
    sleeping = int.from_bytes(space[_SLEEPING : _SLEEPING + 8], "little")
    (asleep_after,) = struct.unpack_from("<d", space, _SLEEP_AFTER)
    if not math.isinf(asleep_after) or int_at(sleeping):
        raise _refuse("lets bodies sleep; with sleep_time_threshold = inf snapshots are exact")


HANDLERS: Final[Mapping[str, Handlers]] = {
    "pymunk.space.Space": (Space(), OWN_ATTRIBUTES),
    "pymunk.body.Body": (Body(), OWN_ATTRIBUTES),
    "pymunk.shapes.Shape": (Shape(), OWN_ATTRIBUTES),
    "pymunk.constraints.Constraint": (Constraint(), OWN_ATTRIBUTES),
    "pymunk._collision_handler.CollisionHandler": (CollisionHandler(), OWN_ATTRIBUTES),
    "pymunk.collision_handler.CollisionHandler": (CollisionHandler(), OWN_ATTRIBUTES),
}
