"""What each kind of contents is told as: a flat list of values; and contents made of such a list again.

Taking apart fails with UnsendableError only; putting together checks all, for the list came from elsewhere.
"""

from __future__ import annotations

import array
import marshal
import sys
from typing import Any, Final

import numpy as np

from netcode.errors import RemoteProtocolError
from peer.simulation.handlers import libraries as library
from peer.simulation.handlers import python_objects as handle
from peer.simulation.handlers import torch_tensors
from peer.simulation.handlers.handler import MISSING, Handler
from peer.simulation.state import rng_states
from peer.simulation.state.types import PLAIN


class UnsendableError(Exception):
    """Of one object; the text says why. The path to it is found by whoever knows the roots."""


class Codec:
    """Between what a handler takes and a flat list of values."""

    hashes = False  # putting asks the members' hashes, so they must be whole by then

    def items(self, saved: Any) -> list[Any]:
        """The values, by reference."""
        raise NotImplementedError

    def contents(self, obj: Any, items: list[Any]) -> Any:
        """What `handler.put` takes. Raises: RemoteProtocolError, or what malformed values raise."""
        raise NotImplementedError


class Attributes(Codec):
    def items(self, saved: Any) -> list[Any]:
        if any(type(name) is not str for name in saved[1]):
            raise UnsendableError("has attributes whose names are no strings")
        return [part for pair in saved[1].items() for part in pair]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        names = items[::2]
        if any(type(name) is not str for name in names):
            raise RemoteProtocolError("an attribute's name must be a string")
        return obj.__dict__, dict(zip(names, items[1::2], strict=True)), type(obj)


class Slots(Codec):
    def items(self, saved: Any) -> list[Any]:
        return list(saved)

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return tuple(items)


class Members(Codec):
    """list and deque."""

    def items(self, saved: Any) -> list[Any]:
        return list(saved)

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return items


class Pairs(Codec):
    """dict and OrderedDict."""

    hashes = True

    def items(self, saved: Any) -> list[Any]:
        return [part for pair in saved.items() for part in pair]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return dict(zip(items[::2], items[1::2], strict=True))


class SetMembers(Codec):
    hashes = True

    def items(self, saved: Any) -> list[Any]:
        return [saved[1], *saved[0]]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        size, *members = items
        if type(size) is not int or not 0 <= size <= MOST_SET_BYTES:
            raise RemoteProtocolError("a set too large")
        return members, size


MOST_SET_BYTES: Final = 2**20  # of the table a set may have grown; 20,000 members at the fullest


class One(Codec):
    """A single value: a cell's, a default factory."""

    def items(self, saved: Any) -> list[Any]:
        return [saved]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return _only(items)


class SpaceRng(Codec):
    def items(self, saved: Any) -> list[Any]:
        return [saved[1].get("_np_random")]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        rng = _only(items)
        if rng is not None and type(rng) is not np.random.Generator:
            raise RemoteProtocolError("a space's RNG must be a generator")
        return obj.__dict__, {**obj.__dict__, "_np_random": rng}


class Elements(Codec):
    """numpy arrays: dtype, shape and elements. The first two cannot change; they are told for the check."""

    def items(self, saved: Any) -> list[Any]:
        elements = saved[0]
        if elements.dtype.hasobject or elements.dtype.names is not None:
            raise UnsendableError("holds objects or records")
        return [elements.dtype.str, *elements.shape, elements.tobytes()]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        dtype, *shape, data = items
        if dtype != obj.dtype.str or tuple(shape) != obj.shape or type(data) is not bytes:
            raise RemoteProtocolError("an array of another shape or type")
        if obj.dtype.hasobject or len(data) != obj.nbytes:
            raise RemoteProtocolError("an array of another size")
        elements = np.frombuffer(data, obj.dtype).reshape(obj.shape).copy()
        elements.flags.writeable = obj.flags.writeable
        return elements, None


class Bytes(Codec):
    """bytearray and array.array."""

    def items(self, saved: Any) -> list[Any]:
        return [saved.typecode if isinstance(saved, array.array) else "", bytes(saved)]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        typecode, data = items
        if type(data) is not bytes or typecode != getattr(obj, "typecode", ""):
            raise RemoteProtocolError("a buffer of another type")
        if not typecode:
            return data
        return array.array(typecode, data)


class BitGenerator(Codec):
    def items(self, saved: Any) -> list[Any]:
        if not rng_states.is_known(saved["bit_generator"]):
            raise UnsendableError("is a bit generator of a kind of its own")
        return [rng_states.pack_bit_generator(saved)]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return rng_states.unpack_bit_generator(type(obj).__name__, _bytes(items))


class LegacyRandomState(Codec):
    def items(self, saved: Any) -> list[Any]:
        if saved["bit_generator"] != "MT19937":
            raise UnsendableError("is a random state of a kind of its own")
        return [rng_states.pack_random_state(saved)]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return rng_states.unpack_random_state(_bytes(items))


class PythonRandom(Codec):
    def items(self, saved: Any) -> list[Any]:
        return [rng_states.pack_twister(saved)]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return rng_states.unpack_twister(_bytes(items))


class Numbers(Codec):
    """pygame's Rect, FRect, Vector2, Vector3, Color."""

    def items(self, saved: Any) -> list[Any]:
        return list(saved)

    def contents(self, obj: Any, items: list[Any]) -> Any:
        if len(items) != len(obj) or not {int, float}.issuperset(map(type, items)):
            raise RemoteProtocolError("a rect, vector or colour of something else than numbers")
        return items


class NextNumber(Codec):
    """itertools.count."""

    def items(self, saved: Any) -> list[Any]:
        return [saved]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        number = _only(items)
        if type(number) is not int or not -sys.maxsize <= number < sys.maxsize:
            raise RemoteProtocolError("a number too long to count on from")
        return number


class Bitmap(Codec):
    """pygame.Mask."""

    def items(self, saved: Any) -> list[Any]:
        width, height = saved.get_size()
        bits = [saved.get_at((x, y)) for y in range(height) for x in range(width)]
        return [width, height, np.packbits(np.array(bits, bool)).tobytes()]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        width, height, data = items
        if (
            (width, height) != obj.get_size()
            or type(data) is not bytes
            or len(data) != (width * height + 7) // 8
        ):
            raise RemoteProtocolError("a mask of another size")
        mask = obj.copy()
        mask.clear()
        for place in np.flatnonzero(np.unpackbits(np.frombuffer(data, np.uint8))[: width * height]).tolist():
            mask.set_at((place % width, place // width))
        return mask


class TensorElements(Codec):
    """torch.Tensor: dtype, shape, gradient, elements. The first two are told for the check."""

    def items(self, saved: Any) -> list[Any]:
        elements, place, gradient = saved
        if str(place.dtype) not in torch_tensors.SENDABLE:
            raise UnsendableError("is a tensor of an unusual kind")
        return [str(place.dtype), gradient, torch_tensors.bytes_of(elements), *place.shape]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        dtype, gradient, data, *shape = items
        if dtype != str(obj.dtype) or tuple(shape) != tuple(obj.shape) or type(data) is not bytes:
            raise RemoteProtocolError("a tensor of another shape or type")
        if gradient is not None and (type(gradient) is not type(obj.data) or gradient.shape != obj.shape):
            raise RemoteProtocolError("a gradient of something else")
        return torch_tensors.elements_like(obj, data), obj.data, gradient


class TorchGenerator(Codec):
    def items(self, saved: Any) -> list[Any]:
        return [saved]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        return torch_tensors.check_state(_only(items))


class Globals(Codec):
    """Those that are not what they were at first, of modules that the receiver's environment has, too."""

    def items(self, saved: Any) -> list[Any]:
        root, values = saved
        pairs = [
            (name, values.get(name, MISSING))
            for name in sorted({*root.first, *values})
            if not same(root.first.get(name, MISSING), values.get(name, MISSING))
        ]
        return [part for pair in pairs for part in pair]

    def contents(self, obj: Any, items: list[Any]) -> Any:
        told = dict(zip(items[::2], items[1::2], strict=True))
        if not all(type(name) is str and obj.may_hold(name, value) for name, value in told.items()):
            raise RemoteProtocolError("a global that is none of the environment's")
        values = {**obj.first, **told}
        return obj, {name: value for name, value in values.items() if value is not MISSING}


class Unsendable(Codec):
    """What cannot change, or not so that it could be sent."""

    def items(self, saved: Any) -> list[Any]:
        raise UnsendableError("cannot be told to another process")

    def contents(self, obj: Any, items: list[Any]) -> Any:
        raise RemoteProtocolError("contents that cannot be sent")


def _only(items: list[Any]) -> Any:
    if len(items) != 1:
        raise RemoteProtocolError("one value expected")
    return items[0]


def _bytes(items: list[Any]) -> bytes:
    data = _only(items)
    if type(data) is not bytes:
        raise RemoteProtocolError("bytes expected")
    return data


_CODECS: Final[dict[type[Handler], Codec]] = {
    handle.Attributes: Attributes(),
    handle.Slots: Slots(),
    handle.Globals: Globals(),
    handle.ListItems: Members(),
    handle.DequeItems: Members(),
    handle.DictItems: Pairs(),
    handle.OrderedDictItems: Pairs(),
    handle.DefaultFactory: One(),
    handle.SetItems: SetMembers(),
    handle.Cell: One(),
    handle.Buffer: Bytes(),
    library.Array: Elements(),
    library.BitGenerator: BitGenerator(),
    library.LegacyRandomState: LegacyRandomState(),
    library.PythonRandom: PythonRandom(),
    library.Copied: Numbers(),
    library.Count: NextNumber(),
    library.Mask: Bitmap(),
    library.Space: SpaceRng(),
    torch_tensors.Tensor: TensorElements(),
    torch_tensors.Generator: TorchGenerator(),
}
_UNSENDABLE: Final = Unsendable()


def codec_of(handler: Handler) -> Codec:
    return _CODECS.get(type(handler), _UNSENDABLE)


def unchanged(handler: Handler, before: Any, now: Any) -> bool:
    """Does the object still hold the very same things?"""
    if isinstance(handler, handle.Attributes) and before[2] is not now[2]:
        return False
    codec = codec_of(handler)
    if codec is _UNSENDABLE:
        values, others = handler.values(before), handler.values(now)
    elif isinstance(handler, library.Array) and now[0].dtype.hasobject:
        values, others = list(handler.children(before)), list(handler.children(now))
    else:
        values, others = codec.items(before), codec.items(now)
    return len(values) == len(others) and all(map(same, values, others))


def same(a: Any, b: Any) -> bool:
    """One object, or plain values equal to the bit."""
    if a is b:
        return True
    return type(a) is type(b) and type(a) in PLAIN and marshal.dumps(a, 2) == marshal.dumps(b, 2)
