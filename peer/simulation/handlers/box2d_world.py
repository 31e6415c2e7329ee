"""Box2D worlds, by their memory: the library lets nobody read its contacts, nor write them.

A world keeps all it makes (bodies, fixtures, joints, contacts) in blocks of its own, and beside them a tree
of boxes. Both are copied whole, with the few fields that lead to them, and written back to the very same
places: exact by nature, objects of Python keep what they stand for, and who was destroyed is back. That asks
for the layout of Box2D 2.3 on a 64-bit machine; a world that does not look like it is refused.
"""

from __future__ import annotations

import ctypes
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from netcode.errors import UncapturableStateError
from peer.simulation.handlers import state_memory
from peer.simulation.handlers.engine_memory import (
    SharedPieces,
    bytes_at,
    int_at,
    long_at,
    move,
    object_at,
    set_int,
    set_long,
)
from peer.simulation.handlers.handler import Handler, Handlers, Part
from peer.simulation.handlers.python_objects import ATTRIBUTES

_CHUNK_BYTES: Final = 16 * 1024
_NODE_BYTES: Final = 40
_NEXT_NODE: Final = 24  # of a free node: the next free one

# Fields of a b2World, from its beginning.
_CHUNKS, _CHUNK_COUNT, _FREE_LISTS, _FREE_LISTS_END = 0, 8, 16, 128
_FIELDS: Final = 103064  # what is between is scratch memory of a step
_FIELDS_END: Final = 103264  # what comes after is how long the last step took
_NODES, _NODE_CAPACITY, _FREE_NODE = 103080, 103092, 103096
_PROXY_COUNT, _MOVES, _MOVE_CAPACITY, _MOVE_COUNT = 103112, 103120, 103128, 103132
_PAIRS, _PAIR_CAPACITY = 103136, 103144
_CONTACT_COUNT, _ALLOCATOR, _BODIES, _JOINTS = 103168, 103192, 103200, 103208
_BODY_COUNT, _JOINT_COUNT, _GRAVITY = 103216, 103220, 103224

# Of a body, a fixture, a joint.
_NEXT_BODY, _BODY_FIXTURES, _BODY_DATA = 104, 112, 176
_NEXT_FIXTURE, _FIXTURE_DATA = 8, 64
_NEXT_JOINT, _JOINT_DATA = 24, 120

_CHUNK: Final = struct.Struct("<i4xQ")  # of the table of chunks: how large its blocks are, and where
# How large blocks are. Of each kind there is a list of the free ones.
_BLOCKS: Final = (16, 32, 64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640)
_BODY: Final = struct.Struct("<iH6x19f")  # up to its torque
_BODY_FIELDS: Final = (
    *("type", "flags", "position.x", "position.y", "sin", "cos", "localCenter.x", "localCenter.y"),
    *("center0.x", "center0.y", "center.x", "center.y", "angle0", "angle", "alpha0"),
    *("linearVelocity.x", "linearVelocity.y", "angularVelocity", "force.x", "force.y", "torque"),
)
_SLEEP_TIME: Final = 172


@dataclass(slots=True)
class SavedWorld:
    """A world's memory, and references to what Python has hung on its bodies, fixtures and joints."""

    free_lists: bytes
    fields: bytes
    nodes: bytes
    moves: bytes
    chunks: list[tuple[int, bytes]]  # by address
    hung: Hung

    def read(self, address: int, size: int) -> bytes:
        """What was there then."""
        index = bisect_right(self.chunks, address, key=_address) - 1
        start, memory = self.chunks[index]
        return memory[address - start : address - start + size]

    def pointer(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    def bodies(self) -> Iterator[bytes]:
        """The memory of each, the newest first."""
        body = self.field(_BODIES, 8)
        while body:
            memory = self.read(body, _SLEEP_TIME + 4)
            yield memory
            body = int.from_bytes(memory[_NEXT_BODY : _NEXT_BODY + 8], "little")

    def field(self, offset: int, size: int) -> int:
        return int.from_bytes(self.fields[offset - _FIELDS : offset - _FIELDS + size], "little")


def _address(chunk: tuple[int, bytes]) -> int:
    return chunk[0]


class World(Handler):
    """A b2World."""

    tag = b"B"
    flat = True

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()  # of worlds that are alive

    def capture(self, obj: Any) -> SavedWorld:
        world, known = int(obj.this), self._known_of(obj)
        return SavedWorld(
            bytes_at(world + _FREE_LISTS, _FREE_LISTS_END - _FREE_LISTS),
            bytes_at(world + _FIELDS, _FIELDS_END - _FIELDS),
            bytes_at(long_at(world + _NODES), int_at(world + _NODE_CAPACITY) * _NODE_BYTES),
            bytes_at(long_at(world + _MOVES), int_at(world + _MOVE_COUNT) * 4),
            sorted(known.chunks.take((chunk, _CHUNK_BYTES) for _, chunk in _chunks_of(world))),
            known.hung_on(world),
        )

    def restore(self, obj: Any, saved: SavedWorld) -> None:
        world, known = int(obj.this), self._known_of(obj)
        held = known.hung_on(world)
        if held is not saved.hung:
            _move_references(held.objects, saved.hung.objects)
            known.hung = saved.hung
        # Buffers that have grown since stay: what they hold is written into them.
        grown = {place: bytes_at(world + place, size) for place, size in _BUFFERS}
        move(world + _FREE_LISTS, saved.free_lists, len(saved.free_lists))
        move(world + _FIELDS, saved.fields, len(saved.fields))
        for place, buffer in grown.items():
            move(world + place, buffer, len(buffer))
        move(long_at(world + _NODES), saved.nodes, len(saved.nodes))
        move(long_at(world + _MOVES), saved.moves, len(saved.moves))
        known.chunks.put(saved.chunks)
        _free_nodes_from(world, len(saved.nodes) // _NODE_BYTES)
        _free_chunks_beside(world, saved.chunks)

    def _known_of(self, obj: Any) -> _Known:
        known = self._known.get(obj)
        if known is None:
            _check_layout(obj, int(obj.this))
            known = self._known[obj] = _Known()
        return known

    def parts(self, saved: SavedWorld) -> list[Part]:
        gravity = struct.unpack_from("<2f", saved.fields, _GRAVITY - _FIELDS)
        parts: list[Part] = [(".gravity.x", gravity[0]), (".gravity.y", gravity[1])]
        for name, offset in (("bodyCount", _BODY_COUNT), ("jointCount", _JOINT_COUNT)):
            parts.append((f".{name}", saved.field(offset, 4)))
        parts.append((".contactCount", saved.field(_CONTACT_COUNT, 4)))
        for index, memory in enumerate(saved.bodies()):
            values = _BODY.unpack_from(memory)
            path = f".bodies[{saved.field(_BODY_COUNT, 4) - 1 - index}]"  # as Python counts them
            parts += [(f"{path}.{name}", value) for name, value in zip(_BODY_FIELDS, values, strict=True)]
            parts.append((f"{path}.sleepTime", struct.unpack_from("<f", memory, _SLEEP_TIME)[0]))
        return parts

    def values(self, saved: SavedWorld) -> list[Any]:
        counts = saved.fields[_BODY_COUNT - _FIELDS : _GRAVITY - _FIELDS + 8]
        # Of each body no address, and not its number among those that move together.
        bodies = [
            memory[:6] + memory[12 : _BODY.size] + memory[_SLEEP_TIME : _SLEEP_TIME + 4]
            for memory in saved.bodies()
        ]
        return [counts, saved.field(_CONTACT_COUNT, 4), *bodies]


class _Known:
    """What is known of one world, whose layout was looked at."""

    def __init__(self) -> None:
        self.chunks = SharedPieces()
        self.hung: Hung | None = None

    def hung_on(self, world: int) -> Hung:
        if self.hung is None or not self.hung.still():
            self.hung = Hung(world, self.hung)
        return self.hung


_BUFFERS: Final = (
    (_NODES, 8),
    (_NODE_CAPACITY, 4),
    (_MOVES, 8),
    (_MOVE_CAPACITY, 4),
    (_PAIRS, 8),
    (_PAIR_CAPACITY, 4),
)


class Vector(Handler):
    """A b2Vec2 or b2Vec3 that Python owns. Of one that looks into other memory that memory is the state."""

    tag = b"V"
    flat = True

    def __init__(self, names: str) -> None:
        self._names = names

    def capture(self, obj: Any) -> Any:
        return tuple(getattr(obj, name) for name in self._names) if obj.thisown else ()

    def restore(self, obj: Any, saved: Any) -> None:
        if obj.thisown:
            for name, value in zip(self._names, saved, strict=False):
                setattr(obj, name, value)

    def parts(self, saved: Any) -> list[Part]:
        return [(f".{name}", value) for name, value in zip(self._names, saved, strict=False)]


def _chunks_of(world: int) -> Iterator[tuple[int, int]]:
    """Of each: how large its blocks are, its address."""
    table = bytes_at(long_at(world + _CHUNKS), int_at(world + _CHUNK_COUNT) * _CHUNK.size)
    return _CHUNK.iter_unpack(table)


class Hung:
    """What Python has hung on the bodies, fixtures and joints of a world, and the words that tell of it."""

    def __init__(self, world: int, before: Hung | None = None) -> None:
        """before: how it was; of bodies of which nothing has changed it is known what hangs on them."""
        bodies, joints = _chain(world + _BODIES, _NEXT_BODY), _chain(world + _JOINTS, _NEXT_JOINT)
        known = before._unchanged() if before is not None else {}
        self._of_bodies = {body: known.get(body) or _hung_on_body(body) for body in bodies}
        places = [world + _BODIES, *(body + _NEXT_BODY for body in bodies)]
        places += [world + _JOINTS, *(joint + _NEXT_JOINT for joint in joints)]
        places += [joint + _JOINT_DATA for joint in joints]
        self._of_the_world = len(places)
        self.objects = _objects_at(joint + _JOINT_DATA for joint in joints)  # by place of userData
        for its_own, objects in self._of_bodies.values():
            places += its_own
            self.objects |= objects
        self._places = state_memory.places(places)
        self._words = state_memory.read(self._places)
        self._look = self._words.tobytes()

    def still(self) -> bool:
        """Is it so now?"""
        return state_memory.WORDS_TELL and state_memory.read(self._places).tobytes() == self._look

    def _unchanged(self) -> dict[int, HungOnBody]:
        """Bodies of which no word has changed; some may be gone."""
        (changed,) = (state_memory.read(self._places) != self._words).nonzero()
        unchanged, start = dict(self._of_bodies), self._of_the_world
        left = iter(changed.tolist())
        place = next(left, _NONE)
        for body, (places, _) in self._of_bodies.items():
            end = start + len(places)
            while place < start:
                place = next(left, _NONE)
            if place < end:
                del unchanged[body]
            start = end
        return unchanged


_NONE: Final = 1 << 62  # beyond all places


HungOnBody = tuple[list[int], dict[int, Any]]  # all places that lead to it, and the objects by place


def _chain(first: int, following: int) -> list[int]:
    """Addresses of a list: where that of the first is, and how far from each that of the next."""
    found, place = [], first
    while address := long_at(place):
        found.append(address)
        place = address + following
    return found


def _hung_on_body(body: int) -> HungOnBody:
    fixtures = _chain(body + _BODY_FIXTURES, _NEXT_FIXTURE)
    hung = [body + _BODY_DATA, *(fixture + _FIXTURE_DATA for fixture in fixtures)]
    links = [body + _BODY_FIXTURES, *(fixture + _NEXT_FIXTURE for fixture in fixtures)]
    return links + hung, _objects_at(hung)


def _objects_at(places: Iterable[int]) -> dict[int, Any]:
    return {place: object_at(address) for place in places if (address := long_at(place))}


def _move_references(held: dict[int, Any], saved: dict[int, Any]) -> None:
    """The world owns a reference to each object hung on it: count those that come back, not those that go.

    Both are alive meanwhile: `held` and `saved` have references of their own.
    """
    for place, obj in saved.items():
        if held.get(place) is not obj:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(obj))
    for place, obj in held.items():
        if saved.get(place) is not obj:
            ctypes.pythonapi.Py_DecRef(ctypes.py_object(obj))


def _free_nodes_from(world: int, first: int) -> None:
    """The tree's array has grown since: the new nodes are the last of the free ones, as after growing."""
    capacity, nodes = int_at(world + _NODE_CAPACITY), long_at(world + _NODES)
    if capacity == first:
        return
    for node in range(first, capacity):
        ctypes.memset(nodes + node * _NODE_BYTES, 0, _NODE_BYTES)
        set_int(nodes + node * _NODE_BYTES + _NEXT_NODE, node + 1 if node + 1 < capacity else -1)
        set_int(nodes + node * _NODE_BYTES + _NODE_BYTES - 4, -1)  # its height: none
    place = world + _FREE_NODE
    while int_at(place) != -1:
        place = nodes + int_at(place) * _NODE_BYTES + _NEXT_NODE
    set_int(place, first)


def _free_chunks_beside(world: int, known: list[tuple[int, bytes]]) -> None:
    """Chunks that were made since: their blocks are the last of the free ones, or they would be lost."""
    old = dict(known)
    for size, chunk in _chunks_of(world):
        if chunk not in old:
            blocks = range(chunk, chunk + _CHUNK_BYTES - size + 1, size)
            for block, following in zip(blocks, [*blocks[1:], 0], strict=True):
                set_long(block, following)
            place = world + _FREE_LISTS + 8 * _BLOCKS.index(size)
            while long_at(place):
                place = long_at(place)
            set_long(place, chunk)


def _check_layout(obj: Any, world: int) -> None:
    """Where we look for what the library tells, too, it must be.

    Raises: UncapturableStateError.
    """
    gravity = ctypes.c_float.from_address(world + _GRAVITY), ctypes.c_float.from_address(world + _GRAVITY + 4)
    bodies = list(obj.bodies)
    told = [
        (long_at(world + _ALLOCATOR), world),
        (int_at(world + _BODY_COUNT), obj.bodyCount),
        (int_at(world + _JOINT_COUNT), obj.jointCount),
        (int_at(world + _CONTACT_COUNT), obj.contactCount),
        (int_at(world + _PROXY_COUNT), obj.proxyCount),
        ((gravity[0].value, gravity[1].value), tuple(obj.gravity)),
        (long_at(world + _BODIES), int(bodies[-1].this) if bodies else 0),
    ]
    if struct.calcsize("P") != 8 or any(found != expected for found, expected in told):
        raise UncapturableStateError(
            "the state cannot be remembered: a Box2D world that is not laid out as in 2.3"
        )
    for body in bodies[-1:]:
        address = int(body.this)
        ours = _BODY.unpack(bytes_at(address, _BODY.size))
        if (ours[2], ours[3]) != tuple(body.position) or ours[_BODY_FIELDS.index("angle")] != body.angle:
            raise UncapturableStateError(
                "the state cannot be remembered: a Box2D body that is not laid out as in 2.3"
            )


HANDLERS: Final[Mapping[str, Handlers]] = {
    "Box2D.Box2D.b2World": (World(), ATTRIBUTES),
    "Box2D.Box2D.b2Vec2": (Vector("xy"),),
    "Box2D.Box2D.b2Vec3": (Vector("xyz"),),
    "Box2D": (ATTRIBUTES,),  # bodies and all else: their world tells of them
}
