"""Empty objects for a state from elsewhere, to be filled later. No `__init__` runs but of built-in types."""

from __future__ import annotations

import array
import itertools
import random
import types
from collections import OrderedDict, defaultdict, deque
from typing import Any, Final

import numpy as np

from netcode.errors import RemoteProtocolError
from netcode.limits import MAX_STATE_BYTES
from peer.simulation.handlers import torch_tensors
from peer.simulation.state.format import axes_in_memory
from peer.simulation.state.rng_states import is_known
from peer.simulation.state.types import foundation_of
from peer.simulation.state.values import Values

_MOST_DIMENSIONS: Final = 32
_EMPTY: Final = frozenset({object, list, dict, set, bytearray, OrderedDict, defaultdict, itertools.count})
_PYGAME_ARGUMENTS: Final[dict[str, tuple[Any, ...]]] = {
    "Rect": (0, 0, 0, 0),
    "FRect": (0, 0, 0, 0),
    "Vector2": (),
    "Vector3": (),
    "Color": (0, 0, 0, 0),
    "Mask": (),
}


def make_object(values: Values, entry: object) -> Any:
    """An object as empty as its class allows; of `entry` the first is the class.

    Raises: RemoteProtocolError, or what malformed arguments raise.
    """
    if type(entry) is not list or not entry:
        raise RemoteProtocolError("nothing to make")
    cls = values.class_(entry[0])
    arguments = entry[1:]
    if cls is np.ndarray:
        return _make_array(values, *arguments)
    if cls is np.random.Generator:
        (bits,) = arguments
        source = values.value(bits)
        if not isinstance(source, np.random.BitGenerator):
            raise RemoteProtocolError("a generator without a source")
        return np.random.Generator(source)
    if cls is np.random.RandomState:
        return np.random.RandomState(0)
    if cls is random.Random:
        return random.Random(0)
    if cls.__base__ is np.random.BitGenerator and is_known(cls.__name__):
        return cls(0)
    if torch_tensors.is_plain(cls):
        return _make_tensor(values, *arguments)
    if not values.at_hand.can_be_made(cls):
        raise RemoteProtocolError("an object that cannot be made")
    if cls.__module__.partition(".")[0] == "pygame" and cls.__name__ in _PYGAME_ARGUMENTS:
        return _make_of_pygame(values, cls, arguments)
    return _make_empty(cls, foundation_of(cls), arguments)


def _make_of_pygame(values: Values, cls: Any, arguments: list[Any]) -> Any:
    if cls.__name__ != "Mask":
        return cls(*_PYGAME_ARGUMENTS[cls.__name__])
    width, height = map(_length, arguments)
    values.take_bytes(width * height)
    return cls((width, height))


def _make_empty(cls: Any, foundation: Any, arguments: list[Any]) -> Any:
    if foundation is array.array:
        (typecode,) = arguments
        return array.array(typecode)
    if foundation is deque:
        (longest,) = arguments
        empty: Any = deque.__new__(cls)
        deque.__init__(empty, (), longest)
        return empty
    if cls is types.SimpleNamespace:
        return types.SimpleNamespace()
    if foundation not in _EMPTY:
        raise RemoteProtocolError("an object that cannot be made")
    return foundation.__new__(cls)


def _make_array(values: Values, dtype: object, shape: object, _writeable: object, *layout: object) -> Any:
    kind = values.dtype(dtype)
    if type(shape) is not list or len(shape) > _MOST_DIMENSIONS:
        raise RemoteProtocolError("no shape")
    size = kind.itemsize
    for length in shape:
        size *= max(1, _length(length))
    values.take_bytes(size)
    match layout:
        case [list() as axes]:
            if sorted(map(_length, axes)) != list(range(len(shape))):
                raise RemoteProtocolError("no layout")
            made = np.zeros([shape[axis] for axis in axes], kind)
            if axes != sorted(axes):
                made = made.transpose([axes.index(axis) for axis in range(len(axes))])
        case [list() as strides, owner, int() as offset]:
            memory = values.value(owner)
            if type(memory) is not np.ndarray or memory.dtype.hasobject:
                raise RemoteProtocolError("a view of no array")
            dense = memory.transpose(axes_in_memory(memory))
            made = np.ndarray(shape, kind, dense, offset, strides)  # checks that it lies within
        case _:
            raise RemoteProtocolError("no layout")
    return made


def _make_tensor(values: Values, dtype: object, shape: object) -> Any:
    if type(shape) is not list or len(shape) > _MOST_DIMENSIONS:
        raise RemoteProtocolError("no shape")
    size = torch_tensors.MOST_ITEM_BYTES
    for length in shape:
        size *= max(1, _length(length))
    values.take_bytes(size)
    return torch_tensors.zeros(dtype, shape)


def _length(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_STATE_BYTES:
        raise RemoteProtocolError("no length")
    return value
