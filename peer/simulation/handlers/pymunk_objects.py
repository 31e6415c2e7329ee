"""pymunk's bodies, shapes and constraints, each by its own memory, in the layout of Chipmunk 7.

They are kept alive by their Python objects, and so is that memory.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

from netcode.errors import UncapturableStateError
from peer.simulation.handlers.engine_memory import Heap, bytes_at, find_heap, int_at, long_at, move, set_long
from peer.simulation.handlers.handler import Handler, Part
from peer.simulation.handlers.python_objects import ATTRIBUTES

_BODY: Final = struct.Struct("<16x15d48x8x3d48xd")
_BODY_FIELDS: Final = (
    *("mass", "1/mass", "moment", "1/moment", "center_of_gravity.x", "center_of_gravity.y"),
    *("position.x", "position.y", "velocity.x", "velocity.y", "force.x", "force.y"),
    *("angle", "angular_velocity", "torque", "v_bias.x", "v_bias.y", "w_bias", "idle_time"),
)
_SHAPE: Final = struct.Struct("<24x9d?7x4d8xQQIIxxxxxxxxxxxxxxxxQ")
_SHAPE_FIELDS: Final = (
    *("mass", "moment", "center_of_gravity.x", "center_of_gravity.y", "area"),
    *("bb.left", "bb.bottom", "bb.right", "bb.top", "sensor", "elasticity", "friction"),
    *("surface_velocity.x", "surface_velocity.y", "collision_type"),
    *("filter.group", "filter.categories", "filter.mask", "number"),
)
_GEOMETRY: Final = 192
_CIRCLE, _SEGMENT, _POLYGON = range(3)
_PLANES, _OWN_PLANES = 208, 216
_FIGURES: Final = {_CIRCLE: "5d", _SEGMENT: "17d", _POLYGON: "di"}
_JOINT: Final = struct.Struct("<48x3d?")
_JOINT_OWN: Final = 104
# Numbers of each joint after those that all have; `8x` is a function.
JOINT_NUMBERS: Final = {
    "PinJoint": "14d",
    "SlideJoint": "15d",
    "PivotJoint": "16d",
    "GrooveJoint": "23d",
    "DampedSpring": "7d8x10d",
    "DampedRotarySpring": "3d8x4d",
    "RotaryLimitJoint": "5d",
    "RatchetJoint": "6d",
    "GearJoint": "6d",
    "SimpleMotor": "3d",
}

_HEAP: Final = find_heap()


def heap() -> Heap:
    """Raises: UncapturableStateError where there is none."""
    if _HEAP is None or struct.calcsize("P") != 8:
        raise UncapturableStateError(
            "the state cannot be remembered: on this machine pymunk's memory cannot be put back exactly"
        )
    return _HEAP


def address_of(cdata: Any) -> int:
    """Where a pointer of cffi leads to."""
    return int(sys.modules["pymunk._chipmunk_cffi"].ffi.cast("uintptr_t", cdata))


class OwnAttributes(Handler):
    """Of pymunk's objects: all but pointers into C, whose memory is taken by itself, and weak references.

    Nor is it state which joints a body still knows of: that changes when Python collects its garbage.
    """

    tag = b"a"

    def capture(self, obj: Any) -> Any:
        return ATTRIBUTES.capture(obj)

    def restore(self, obj: Any, saved: Any) -> None:
        ATTRIBUTES.restore(obj, saved)

    def children(self, saved: Any) -> Iterable[Any]:
        return [value for _, value in self.parts(saved) if not isinstance(value, ref)]

    def parts(self, saved: Any) -> list[Part]:
        return [
            (name, value)
            for name, value in ATTRIBUTES.parts(saved)
            if type(value).__module__ != "_cffi_backend" and not isinstance(value, WeakKeyDictionary)
        ]


OWN_ATTRIBUTES: Final = OwnAttributes()


@dataclass(frozen=True, slots=True)
class SavedPiece:
    """The memory of a body, shape or constraint; of a shape with many corners these, too."""

    memory: bytes
    planes: bytes = b""
    kind: str = ""


class _Single(Handler):
    """One allocation of C, that its Python object points to."""

    flat = True
    pointer = ""

    def __init__(self) -> None:
        self._places: WeakKeyDictionary[Any, tuple[int, int]] = WeakKeyDictionary()

    def place(self, obj: Any) -> tuple[int, int]:
        """Its address and size."""
        place = self._places.get(obj)
        if place is None:
            address = address_of(getattr(obj, self.pointer))
            place = self._places[obj] = address, heap().size_of(address)
        return place

    def capture(self, obj: Any) -> SavedPiece:
        return SavedPiece(bytes_at(*self.place(obj)), kind=type(obj).__name__)

    def restore(self, obj: Any, saved: SavedPiece) -> None:
        move(self.place(obj)[0], saved.memory, len(saved.memory))


class Body(_Single):
    tag = b"y"
    pointer = "_body"

    def parts(self, saved: SavedPiece) -> list[Part]:
        numbers = _BODY.unpack_from(saved.memory)
        return [(f".{name}", value) for name, value in zip(_BODY_FIELDS, numbers, strict=True)]


class Shape(_Single):
    """Circle, segment or polygon; polygons of more than six corners keep them elsewhere."""

    tag = b"h"
    pointer = "_shape"

    def capture(self, obj: Any) -> SavedPiece:
        memory = bytes_at(*self.place(obj))
        planes = long_at(self.place(obj)[0] + _PLANES) if _figure(memory) == _POLYGON else 0
        if not planes or planes == self.place(obj)[0] + _OWN_PLANES:
            return SavedPiece(memory)
        return SavedPiece(memory, bytes_at(planes, heap().size_of(planes)))

    def restore(self, obj: Any, saved: SavedPiece) -> None:
        address, size = self.place(obj)
        if _figure(saved.memory) != _POLYGON:
            move(address, saved.memory, size)
            return
        # Corners that were set anew since lie elsewhere: theirs is the memory to write to.
        planes, own = long_at(address + _PLANES), address + _OWN_PLANES
        move(address, saved.memory, size)
        set_long(address + _PLANES, planes)
        if not saved.planes:
            if planes != own:
                heap().free(planes)
            set_long(address + _PLANES, own)
            return
        if planes == own:
            set_long(address + _PLANES, 0)
        if planes == own or heap().size_of(planes) != len(saved.planes):
            heap().allocate_anew(address + _PLANES, len(saved.planes))
        move(long_at(address + _PLANES), saved.planes, len(saved.planes))

    def parts(self, saved: SavedPiece) -> list[Part]:
        memory, figure = saved.memory, _figure(saved.memory)
        numbers = zip(_SHAPE_FIELDS, _SHAPE.unpack_from(memory), strict=True)
        named: list[Part] = [(f".{name}", value) for name, value in numbers]
        geometry = list(struct.unpack_from(f"<{_FIGURES[figure]}", memory, _GEOMETRY))
        if figure == _POLYGON:
            count = geometry[1]
            geometry += struct.unpack_from(
                f"<{8 * count}d", saved.planes or memory, 0 if saved.planes else _OWN_PLANES
            )
        return [*named, *((f".geometry[{index}]", value) for index, value in enumerate(geometry))]


def _figure(memory: bytes) -> int:
    return int_at(int.from_bytes(memory[:8], "little"))  # its class begins with it


class Constraint(_Single):
    tag = b"j"
    pointer = "_constraint"

    def parts(self, saved: SavedPiece) -> list[Part]:
        numbers = _JOINT.unpack_from(saved.memory)
        named: list[Part] = list(
            zip((".max_force", ".error_bias", ".max_bias", ".collide_bodies"), numbers, strict=True)
        )
        own = struct.unpack_from(f"<{JOINT_NUMBERS.get(saved.kind, '')}", saved.memory, _JOINT_OWN)
        return [*named, *((f".numbers[{index}]", value) for index, value in enumerate(own))]


class CollisionHandler(Handler):
    """Which of its functions are to be called."""

    tag = b"H"
    flat = True

    def capture(self, obj: Any) -> bytes:
        return bytes_at(address_of(obj._handler), _HANDLER_BYTES)

    def restore(self, obj: Any, saved: bytes) -> None:
        move(address_of(obj._handler), saved, len(saved))

    def parts(self, saved: bytes) -> list[Part]:
        return []


_HANDLER_BYTES: Final = 56
