"""A state as plain values: what has changed since the episode began, and what was born since.

The form is told in format.py.
"""

from __future__ import annotations

import array
import enum
import operator
import random
import types
from collections import Counter, deque
from time import perf_counter
from typing import Any, Final

import numpy as np

from peer.simulation.handlers import python_objects as handle
from peer.simulation.handlers import torch_tensors
from peer.simulation.handlers.handler import MISSING, Handler
from peer.simulation.state.beginning import Beginning, flat_roots
from peer.simulation.state.classes import at_hand, name_of
from peer.simulation.state.contents import UnsendableError, codec_of, unchanged
from peer.simulation.state.format import (
    INLINE_TEXT,
    MOST_DEPTH,
    MOST_INT_BYTES,
    SENDABLE_DTYPES,
    Tag,
    Work,
    axes_in_memory,
    find_method,
)
from peer.simulation.state.graph import Contents, StateSnapshot, contents_of
from peer.simulation.state.portable_paths import beneath
from peer.simulation.state.rng_states import is_known
from peer.simulation.state.types import KINDS, SKIPPED, Role
from peer.simulation.surface_pixels import is_small, is_surface, take_pixels

LOOK_EVERY: Final = 16  # objects written between two looks at the clock


class UnsendableObjectError(Exception):
    """`culprit` cannot be sent, for the reason in the text."""

    def __init__(self, culprit: Any, reason: str) -> None:
        super().__init__(reason)
        self.culprit = culprit


class Writer:
    """Writes one state. Raises UnsendableObjectError."""

    def __init__(self, beginning: Beginning, graph: StateSnapshot) -> None:
        self._places = beginning.places
        self._at_hand = at_hand(self._places.types)
        self._graph = graph
        self._memory: Counter[int] | None = None  # address -> how many arrays and tensors begin there
        self._contents = graph.contents()
        self._numbers = dict(self._places.numbers)
        self._work = Work()
        self._names: dict[str, int] = {}
        self._born: list[list[Any]] = []
        self._filled: list[list[Any]] = []
        self._pictures: dict[int, int] = {}
        self._pixels: list[list[Any]] = []
        self._blobs: dict[bytes, int] = {}
        self._queue = list({id(root): root for root in flat_roots(graph.roots)}.values())
        self._visited = 0
        self._met = set(map(id, self._queue))

    def write(self, seconds: float) -> bool:
        """Write on for about that long. Returns whether all is written."""
        deadline = perf_counter() + seconds
        queue = self._queue  # grows while it is walked; keeps every object alive, so ids stay unique
        while self._visited < len(queue):
            obj = queue[self._visited]
            self._visited += 1
            try:
                self._visit(obj)
            except UnsendableError as error:
                raise UnsendableObjectError(obj, str(error)) from None
            if self._visited % LOOK_EVERY == 0 and perf_counter() >= deadline:
                return self._visited == len(queue)
        return True

    def written(self) -> tuple[list[Any], list[bytes]]:
        """The structure, and the long bytes it refers to."""
        return [list(self._names), self._born, self._filled, self._pixels], list(self._blobs)

    def _visit(self, obj: Any) -> None:
        held = contents_of(self._contents, obj)
        number = self._numbers.get(id(obj), -1)
        if KINDS[type(obj)].numbered and self._must_be_sent(number, obj, held):
            self._fill(number, obj, held)
        for handler, saved in held:
            for child in handler.children(saved):
                if type(child) not in SKIPPED:
                    self._meet(child)

    def _meet(self, obj: Any) -> None:
        if id(obj) not in self._met:
            self._met.add(id(obj))
            self._queue.append(obj)

    def _must_be_sent(self, number: int, obj: Any, held: Contents) -> bool:
        if number < 0:  # an immutable one that only leads on is told where it is referred to
            attributes = vars(obj) if isinstance(obj, types.FunctionType) else True
            if attributes and not all(handler.immutable for handler, _ in held):
                raise UnsendableError("is out of reach")
            return False
        if number >= len(self._places.objects) or id(obj) in self._places.unnumbered:
            return any(not handler.immutable for handler, _ in held)
        before = contents_of(self._places.contents, obj)
        if len(before) != len(held):
            raise UnsendableError("has become another kind of object")
        return not all(
            handler.immutable or unchanged(handler, old, new)
            for (handler, new), (_, old) in zip(held, before, strict=True)
        )

    def _fill(self, number: int, obj: Any, held: Contents) -> None:
        cls: int | None = None
        if number < len(self._places.objects) and self._places.types[number] is not type(obj):
            cls = self._class(type(obj), obj)
        entry: list[Any] = [number, cls]
        for index, (handler, saved) in enumerate(held):
            entry.append(None if handler.immutable else self._items(number, index, handler, saved))
        self._filled.append(entry)

    def _items(self, number: int, index: int, handler: Handler, saved: Any) -> list[Any]:
        items = codec_of(handler).items(saved)
        if isinstance(handler, handle.DictItems):
            self._work.hash_keys(items[::2])
        elif isinstance(handler, handle.SetItems):
            self._work.hash_keys(items[1:])
            self._work.refill_set(len(items) - 1, items[0])
            probe: set[Any] = set()
            handler.put(probe, saved)
            _check_order(list(probe), items[1:])
        if not isinstance(handler, handle.Attributes):
            return [self._value(item) for item in items]
        told: list[Any] = []
        for name, value in zip(items[::2], items[1::2], strict=True):
            if KINDS[type(value)].role is Role.PRESENTATION:
                told += (self._value(name), self._attribute_picture(number, index, name, value))
            else:
                told += (self._value(name), self._value(value))
        return told

    # --- values ---

    def _value(self, value: Any, depth: int = 0) -> Any:
        cls = type(value)
        if value is None or cls is bool or cls is float:
            return value
        if cls is int:
            return value if -(2**63) <= value < 2**63 else self._big_int(value)
        if cls is str:
            rest = beneath(value)
            return self._text(value) if rest is None else [Tag.PATH, self._text(rest)]
        if cls is bytes:
            return value if len(value) <= INLINE_TEXT else [Tag.BYTES, self._blob(value)]
        if KINDS[cls].role is Role.PRESENTATION:
            return self._picture(value)
        if isinstance(value, np.generic):
            if value.dtype.kind not in SENDABLE_DTYPES:
                raise UnsendableObjectError(value, "is a number of an unusual kind")
            return [Tag.SCALAR, value.dtype.str, value.tobytes()]
        if value is MISSING:
            return [Tag.MISSING, None]
        number = self._numbers.get(id(value))
        if number is not None:
            return [number]
        if KINDS[cls].role is Role.WALKED and KINDS[cls].numbered and cls is not types.FunctionType:
            return [self._bear(value)]
        if depth > MOST_DEPTH:
            raise UnsendableObjectError(value, "is nested too deep")
        return self._constant(value, cls, depth)

    def _constant(self, value: Any, cls: type, depth: int) -> list[Any]:
        if isinstance(value, tuple) and len(KINDS[cls].handlers) == 1:
            of = None if cls is tuple else self._class(cls, value)
            return [Tag.TUPLE, of, [self._value(item, depth + 1) for item in tuple.__iter__(value)]]
        if cls is frozenset:
            self._work.hash_keys(list(value))
            _check_order(list(frozenset(list(value))), list(value))
            return [Tag.FROZENSET, [self._value(item, depth + 1) for item in value]]
        if isinstance(value, enum.Enum):
            return [Tag.ENUM, self._class(cls, value), value.name]
        if isinstance(value, type):
            return [Tag.CLASS, self._class(value, value)]
        if cls is types.FunctionType and self._at_hand.functions.get(name_of(value)) is value:
            return [Tag.FUNCTION, self._name(name_of(value))]
        if cls is types.MethodType and find_method(value.__self__, value.__name__) is value.__func__:
            return [Tag.METHOD, self._value(value.__self__, depth + 1), value.__name__]
        if cls is slice or cls is range:
            parts = [self._value(part, depth + 1) for part in (value.start, value.stop, value.step)]
            return [Tag.SLICE if cls is slice else Tag.RANGE, *parts]
        if cls is complex:
            return [Tag.COMPLEX, value.real, value.imag]
        if isinstance(value, np.dtype) and value.kind in SENDABLE_DTYPES and value.names is None:
            return [Tag.DTYPE, value.str]
        raise UnsendableObjectError(value, "cannot be told to another process")

    def _text(self, value: str) -> Any:
        return value if _fits(value) else [Tag.TEXT, self._blob(value.encode(errors="surrogatepass"))]

    def _big_int(self, value: int) -> list[Any]:
        size = value.bit_length() // 8 + 1
        if size > MOST_INT_BYTES:
            raise UnsendableError("holds too long a number")
        return [Tag.BIG_INT, value.to_bytes(size, "little", signed=True)]

    def _class(self, cls: type, value: Any) -> int:
        if self._at_hand.classes.get(name_of(cls)) is not cls:
            reason = f"is of a class that another process cannot find by its name, {name_of(cls)}"
            raise UnsendableObjectError(value, reason)
        return self._name(name_of(cls))

    def _name(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def _blob(self, data: bytes) -> int:
        return self._blobs.setdefault(data, len(self._blobs))

    # --- pictures ---

    def _attribute_picture(self, number: int, index: int, name: str, value: Any) -> list[Any]:
        """Of an object that is there from the beginning, a screen may stay what it is on the other side."""
        if number >= len(self._places.objects) or id(value) in self._places.pictures:
            return self._picture(value)
        _, saved = contents_of(self._places.contents, self._places.objects[number])[index]
        before = saved[1].get(name)
        if before is None:
            return [Tag.KEEP, None]  # made by drawing; who has never drawn does without
        if is_surface(value) and is_surface(before) and not is_small(value):
            if before.get_size() != value.get_size():
                raise UnsendableObjectError(value, "has changed its size")
            return [Tag.KEEP, None]
        return self._picture(value)

    def _picture(self, value: Any) -> list[Any]:
        found = self._places.pictures.get(id(value))
        if found is not None:
            return [Tag.PICTURE, *found]
        if not is_surface(value) or not is_small(value):
            raise UnsendableObjectError(value, "was made in play, and is not a small picture")
        number = self._pictures.get(id(value))
        if number is None:
            number = self._pictures[id(value)] = len(self._pixels)
            *facts, pixels = take_pixels(value)
            self._pixels.append([*facts, self._blob(pixels)])
        return [Tag.PIXELS, number]

    # --- objects born since the beginning ---

    def _bear(self, obj: Any) -> int:
        cls = type(obj)
        arguments = self._arguments(obj, cls)
        entry = [self._class(cls, obj), *arguments]
        number = self._numbers[id(obj)] = len(self._places.objects) + len(self._born)
        self._born.append(entry)
        self._meet(obj)
        return number

    def _arguments(self, obj: Any, cls: type) -> list[Any]:
        """What an empty object of that class is made with."""
        if cls is np.ndarray:
            return self._array_arguments(obj)
        if cls is np.random.Generator:
            return [self._value(obj.bit_generator)]
        if cls is array.array:
            return [obj.typecode]
        if cls.__name__ == "Mask" and cls.__module__.startswith("pygame"):
            return [*obj.get_size()]
        if isinstance(obj, deque):
            return [obj.maxlen]
        if torch_tensors.is_plain(cls):
            return self._tensor_arguments(obj)
        if cls in (np.random.RandomState, random.Random) or is_known(cls.__name__):
            return []
        if not self._at_hand.can_be_made(cls):
            raise UnsendableObjectError(obj, "was made in play, and cannot be made anew elsewhere")
        return []

    def _tensor_arguments(self, obj: Any) -> list[Any]:
        """dtype and shape; only of tensors whose memory nobody else looks at, as far as can be told."""
        if str(obj.dtype) not in torch_tensors.SENDABLE or not self._is_alone(obj):
            raise UnsendableObjectError(obj, "is a tensor made in play that is no plain one of its own")
        return [str(obj.dtype), list(obj.shape)]

    def _is_alone(self, tensor: Any) -> bool:
        if self._memory is None:
            once = {id(obj): obj for _, obj, _ in self._graph.all_others()}
            self._memory = Counter(map(torch_tensors.memory_of, once.values()))
        return torch_tensors.is_alone(tensor) and self._memory[torch_tensors.memory_of(tensor)] <= 1

    def _array_arguments(self, obj: np.ndarray[Any, Any]) -> list[Any]:
        """dtype, shape, writeable; then order of its axes in memory, or a view's strides, owner, offset."""
        if obj.dtype.kind not in SENDABLE_DTYPES or obj.dtype.names is not None:
            raise UnsendableObjectError(obj, "holds objects or records")
        facts = [obj.dtype.str, list(obj.shape), bool(obj.flags.writeable)]
        owner: Any = obj
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        if owner.base is not None and type(owner.base) is not bytes:
            raise UnsendableObjectError(obj, "looks at memory that is not an array's")
        if owner is obj or owner.base is not None:
            axes = axes_in_memory(obj)
            if not obj.transpose(axes).flags.c_contiguous:
                raise UnsendableObjectError(obj, "is an array with gaps in its memory")
            return [*facts, axes]
        offset = obj.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        return [*facts, list(obj.strides), self._value(owner), offset]


def _check_order(again: list[Any], members: list[Any]) -> None:
    """A set that is filled anew must be gone through in the same order, if all processes share one."""
    if all(map(_hashes_alike, members)) and not all(map(operator.is_, again, members)):
        raise UnsendableError("has an order that follows from its past")


def _hashes_alike(member: Any) -> bool:
    """In every process? Text and addresses do not."""
    if type(member) is tuple:
        return all(map(_hashes_alike, member))
    return type(member) in (int, float, bool, complex) or isinstance(member, np.number)


def _fits(text: str) -> bool:
    if len(text) > INLINE_TEXT:
        return False
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)
