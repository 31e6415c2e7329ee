"""Values of a state from elsewhere: what a list that begins with a letter stands for. Trusts nothing."""

from __future__ import annotations

import enum
import re
import types
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from netcode.errors import RemoteProtocolError
from netcode.limits import MAX_STATE_BYTES
from peer.simulation.handlers.handler import MISSING
from peer.simulation.state.beginning import Places
from peer.simulation.state.classes import at_hand
from peer.simulation.state.format import MOST_DEPTH, MOST_INT_BYTES, SENDABLE_DTYPES, Tag, Work, find_method
from peer.simulation.state.keys import check_keys
from peer.simulation.state.portable_paths import here
from peer.simulation.state.types import foundation_of
from peer.simulation.surface_pixels import make_surface

KEEP: Final = object()
_DTYPE: Final = re.compile(rf"[<>|][{''.join(sorted(SENDABLE_DTYPES))}]\d{{1,5}}")
_LAST_CHARACTER: Final = 0x10FFFF


class Values:
    """The tables that values refer to, and what is left of the bytes and the work allowed."""

    def __init__(self, places: Places, names: list[Any], pixels: list[Any], blobs: list[Any]) -> None:
        self.at_hand = at_hand(places.types)
        self.objects = list(places.objects)  # by number; those born since are added
        self.work = Work()
        self._places = places
        self._names, self._blobs = names, blobs
        self._bytes_left = MAX_STATE_BYTES
        self._pictures = [self._picture(parts) for parts in pixels]

    def value(self, told: Any, depth: int = 0) -> Any:
        if type(told) is not list:
            if type(told) is dict:
                raise RemoteProtocolError("no value")
            return told
        if not told:
            raise RemoteProtocolError("no value")
        first = told[0]
        if len(told) == 1:
            return self.at(self.objects, first)
        if depth > MOST_DEPTH + 1:
            raise RemoteProtocolError("nested too deep")
        make = self._MAKE.get(first) if type(first) is str else None
        if make is None:
            raise RemoteProtocolError("an unknown kind of value")
        return make(self, depth, *told[1:])

    def _blob(self, number: object) -> bytes:
        data = self.at(self._blobs, number)
        if type(data) is not bytes:
            raise RemoteProtocolError("bytes expected")
        return data

    def _long_bytes(self, _: int, number: object) -> bytes:
        return self._blob(number)

    def _text(self, _: int, number: object) -> str:
        return self._blob(number).decode(errors="surrogatepass")

    def _path(self, depth: int, told: object) -> str:
        rest = self.value(told, depth + 1)
        if type(rest) is not str:
            raise RemoteProtocolError("no path")
        try:
            return here(rest)
        except ValueError as error:
            raise RemoteProtocolError(str(error)) from None

    def _big_int(self, _: int, data: object) -> int:
        if type(data) is not bytes or len(data) > MOST_INT_BYTES:
            raise RemoteProtocolError("too long a number")
        return int.from_bytes(data, "little", signed=True)

    def _complex(self, _: int, real: object, imag: object) -> complex:
        if type(real) is not float or type(imag) is not float:
            raise RemoteProtocolError("no complex number")
        return complex(real, imag)

    def _range(self, _: int, *parts: object) -> range:
        start, stop, step = parts
        if type(start) is int and type(stop) is int and type(step) is int:
            return range(start, stop, step)
        raise RemoteProtocolError("no range")

    def _slice(self, depth: int, *parts: object) -> slice:
        start, stop, step = (self.value(part, depth + 1) for part in parts)
        return slice(start, stop, step)

    def _scalar(self, _: int, dtype: object, data: object) -> Any:
        kind = self.dtype(dtype)
        if type(data) is not bytes or len(data) != kind.itemsize:
            raise RemoteProtocolError("no numpy number")
        check_elements(kind, data)
        return np.frombuffer(data, kind)[0] if data else kind.type()

    def _dtype_value(self, _: int, dtype: object) -> np.dtype[Any]:
        return self.dtype(dtype)

    def dtype(self, told: object) -> np.dtype[Any]:
        if type(told) is not str or not _DTYPE.fullmatch(told):
            raise RemoteProtocolError("no dtype")
        return np.dtype(told)

    def _tuple(self, depth: int, cls: object, told: object) -> Any:
        if type(told) is not list:
            raise RemoteProtocolError("no tuple")
        items = [self.value(item, depth + 1) for item in told]
        if cls is None:
            return tuple(items)
        found = self.class_(cls)
        if foundation_of(found) is not tuple or not self.at_hand.can_be_made(found):
            raise RemoteProtocolError("no tuple")
        return tuple.__new__(found, items)

    def _frozenset(self, depth: int, told: object) -> Any:
        if type(told) is not list:
            raise RemoteProtocolError("no frozenset")
        items = [self.value(item, depth + 1) for item in told]
        check_keys(items, self.work, inside=True)
        return frozenset(items)

    def _enum(self, _: int, cls: object, name: object) -> Any:
        found = self.class_(cls)
        if not issubclass(found, enum.Enum) or type(name) is not str or name not in found.__members__:
            raise RemoteProtocolError("no such member")
        return found.__members__[name]

    def _class_value(self, _: int, cls: object) -> type:
        return self.class_(cls)

    def _function(self, _: int, name: object) -> Any:
        found = self.at_hand.functions.get(self._name(name))
        if found is None:
            raise RemoteProtocolError("a function that is not at hand")
        return found

    def _method(self, depth: int, of: object, name: object) -> Any:
        obj = self.value(of, depth + 1)
        found = find_method(obj, name) if type(name) is str else None
        if found is None:
            raise RemoteProtocolError("no such method")
        return types.MethodType(found, obj)

    def _beginning_picture(self, _: int, number: object, index: object, key: object) -> Any:
        if type(number) is not int or type(index) is not int or type(key) not in (int, str):
            raise RemoteProtocolError("no such picture")
        self.at(self._places.objects, number)
        return self._places.picture((number, index, key))  # type: ignore[arg-type]

    def _own_pixels(self, _: int, number: object) -> Any:
        return self.at(self._pictures, number)

    def _keep(self, depth: int, _: object) -> Any:
        if depth:
            raise RemoteProtocolError("nothing to keep")
        return KEEP

    def _missing(self, _: int, __: object) -> Any:
        return MISSING

    _MAKE: Final[dict[str, Callable[..., Any]]] = {
        Tag.BYTES: _long_bytes,
        Tag.TEXT: _text,
        Tag.PATH: _path,
        Tag.BIG_INT: _big_int,
        Tag.COMPLEX: _complex,
        Tag.RANGE: _range,
        Tag.SLICE: _slice,
        Tag.SCALAR: _scalar,
        Tag.DTYPE: _dtype_value,
        Tag.TUPLE: _tuple,
        Tag.FROZENSET: _frozenset,
        Tag.ENUM: _enum,
        Tag.CLASS: _class_value,
        Tag.FUNCTION: _function,
        Tag.METHOD: _method,
        Tag.PICTURE: _beginning_picture,
        Tag.PIXELS: _own_pixels,
        Tag.KEEP: _keep,
        Tag.MISSING: _missing,
    }

    def _picture(self, parts: object) -> Any:
        if type(parts) is not list or not parts:
            raise RemoteProtocolError("not a picture")
        pixels = self._blob(parts[-1])
        self.take_bytes(len(pixels))  # many may be of the same
        return make_surface([*parts[:-1], pixels])

    def class_(self, number: object) -> type:
        found = self.at_hand.classes.get(self._name(number))
        if found is None:
            raise RemoteProtocolError("a class that is not at hand")
        return found

    def _name(self, number: object) -> str:
        name = self.at(self._names, number)
        if type(name) is not str:
            raise RemoteProtocolError("a name must be a string")
        return name

    def at(self, items: list[Any], number: object) -> Any:
        if type(number) is not int or not 0 <= number < len(items):
            raise RemoteProtocolError("a reference to nothing")
        return items[number]

    def take_bytes(self, size: int) -> None:
        self._bytes_left -= size
        if size < 0 or self._bytes_left < 0:
            raise RemoteProtocolError("the state is too large")


def check_elements(dtype: np.dtype[Any], data: bytes) -> None:
    """Booleans must be 0 or 1, and characters exist.

    Raises: RemoteProtocolError.
    """
    sane = True
    if dtype.kind == "b":
        sane = not data or max(data) <= 1
    elif dtype.kind == "U" and dtype.itemsize:
        points = np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder))
        sane = not len(points) or int(points.max()) <= _LAST_CHARACTER
    if not sane:
        raise RemoteProtocolError("elements that are none of their type")
