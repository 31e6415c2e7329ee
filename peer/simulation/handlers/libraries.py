"""Handlers for what libraries bring: numpy arrays and RNGs, pygame's small values, Gymnasium spaces."""

from __future__ import annotations

import _random
import ctypes
import struct
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import Handler, Part, Span, UncapturableStateError

_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_WORD: Final = 8
_MOST_SPAN: Final = 1024  # bytes; to copy a larger array takes no longer than to read so many words


class Array(Handler):
    """numpy arrays, views too: each view's own elements are kept, memory shared by views stays shared."""

    tag = b"n"

    def take(self, obj: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], Any]:
        if obj.flags.writeable:
            return (obj.copy("K") if type(obj) is np.ndarray else np.array(obj)), None
        # Read-only: nobody writes through it, but somebody may through the memory it looks at.
        return (obj if obj.base is None else np.array(obj)), obj.base

    def put(self, obj: np.ndarray[Any, Any], saved: tuple[np.ndarray[Any, Any], Any]) -> None:
        if obj.flags.writeable:
            np.ndarray.__setitem__(obj, Ellipsis, saved[0])

    def span(self, obj: np.ndarray[Any, Any]) -> Span | None:
        flags, size = obj.flags, obj.nbytes
        if type(obj) is not np.ndarray or not (flags.owndata and flags.c_contiguous and flags.writeable):
            return None
        if obj.dtype.hasobject or not 0 < size <= _MOST_SPAN or obj.base is not None:
            return None
        if size % _WORD and not _has_room_behind(obj):
            return None
        return obj.__array_interface__["data"][0], -(-size // _WORD), state_memory.form_of_array(obj)

    def from_words(self, obj: np.ndarray[Any, Any], words: state_memory.Words) -> Any:
        return words.view(np.uint8)[: obj.nbytes].view(obj.dtype).reshape(obj.shape), None

    def children(self, saved: tuple[np.ndarray[Any, Any], Any]) -> Iterable[Any]:
        array, base = saved
        objects = array.ravel().tolist() if array.dtype.hasobject else []
        return [*objects, base] if isinstance(base, np.ndarray) else objects

    def parts(self, saved: tuple[np.ndarray[Any, Any], Any]) -> list[Part]:
        array = saved[0]
        if array.dtype.hasobject:
            return [(".shape", array.shape), *super().parts((array, None))]
        return [(".dtype", array.dtype.str), (".shape", array.shape), (".data", array.tobytes())]


def _has_room_behind(array: np.ndarray[Any, Any]) -> bool:
    """Is the rest of its last word nobody else's? numpy's own allocator gives whole words, at least."""
    handler_of = getattr(np._core.multiarray, "get_handler_name", None) if hasattr(np, "_core") else None
    return handler_of is not None and handler_of(array) == "default_allocator"


class BitGenerator(Handler):
    """numpy's PCG64, MT19937, Philox ...: `state` is a plain dict."""

    tag = b"r"
    flat = True

    def words(self, obj: Any) -> list[int] | None:
        return state_memory.words_of_rng(obj)

    def take(self, obj: Any) -> Any:
        return obj.state

    def put(self, obj: Any, saved: Any) -> None:
        obj.state = saved

    def parts(self, saved: Any) -> list[Part]:
        return _plain_parts(saved)


class LegacyRandomState(BitGenerator):
    """numpy.random.RandomState, with the normal number it may hold back."""

    def take(self, obj: Any) -> Any:
        return obj.get_state(legacy=False)

    def put(self, obj: Any, saved: Any) -> None:
        obj.set_state(saved)


class PythonRandom(Handler):
    """random.Random: the twister; `gauss_next` is an ordinary attribute."""

    tag = b"r"
    flat = True

    def words(self, obj: Any) -> list[int] | None:
        return state_memory.words_of_rng(obj)

    def take(self, obj: Any) -> Any:
        return _random.Random.getstate(obj)

    def put(self, obj: Any, saved: Any) -> None:
        _random.Random.setstate(obj, saved)

    def parts(self, saved: Any) -> list[Part]:
        return [(".state", _words(saved))]


class Count(Handler):
    """itertools.count, by its memory: it can be asked for the next number, but not be given one.

    Only while it counts in ones and within a machine word, which is how all are begun that number things.
    """

    tag = b"i"
    flat = True

    def take(self, obj: Any) -> int:
        """Raises: UncapturableStateError."""
        (number,) = obj.__reduce__()[1][:1]
        if type(number) is not int or len(obj.__reduce__()[1]) > 1 or _number_of(obj).value != number:
            raise UncapturableStateError(f"the state cannot be remembered: {obj!r} counts in its own way")
        return number

    def put(self, obj: Any, saved: int) -> None:
        _number_of(obj).value = saved

    def parts(self, saved: int) -> list[Part]:
        return [(".next", saved)]


def _number_of(obj: Any) -> Any:
    return ctypes.c_ssize_t.from_address(id(obj) + object.__basicsize__)


def _words(words: tuple[int, ...]) -> bytes:
    """A twister's words as bytes."""
    return np.array(words, dtype="<u8").tobytes()


def _plain_parts(state: dict[str, Any], path: str = "") -> list[Part]:
    parts: list[Part] = []
    for name, value in state.items():
        if isinstance(value, dict):
            parts += _plain_parts(value, f"{path}.{name}")
        else:
            parts.append((f"{path}.{name}", value))
    return parts


class Copied(Handler):
    """pygame's Rect, FRect, Vector2, Vector3, Color: a few numbers, copied and updated in C."""

    tag = b"g"
    flat = True

    def __init__(self, names: str, layout: str = "") -> None:
        """names: a letter each. layout: of the numbers in memory, for `struct`, if they fill whole words."""
        self._names = names
        self._layout = struct.Struct(layout)
        self._laid_out: dict[type, bool] = {}  # were the numbers found there?

    def take(self, obj: Any) -> Any:
        return tuple(obj)

    def take_all(self, objects: list[Any]) -> list[Any]:
        return list(map(tuple, objects))

    def put(self, obj: Any, saved: Any) -> None:
        obj.update(*saved)

    def span(self, obj: Any) -> Span | None:
        if not self._layout.size:
            return None
        kind = next(base for base in type(obj).__mro__ if not base.__flags__ & _HEAP_TYPE)
        if kind not in self._laid_out:
            self._laid_out[kind] = self._is_laid_out(kind)
        if not self._laid_out[kind]:
            return None
        return state_memory.numbers_of(obj), self._layout.size // _WORD, []

    def _is_laid_out(self, kind: Any) -> bool:
        numbers = range(1, len(self._names) + 1)
        probe = kind(*numbers)
        found = ctypes.string_at(state_memory.numbers_of(probe), self._layout.size)
        return found == self._layout.pack(*numbers)

    def from_words(self, obj: Any, words: state_memory.Words) -> Any:
        return self._layout.unpack(words.tobytes())

    def parts(self, saved: Any) -> list[Part]:
        return [(f".{name}", value) for name, value in zip(self._names, saved, strict=False)]


class Mask(Handler):
    """pygame.Mask: a bitmap that some games collide with."""

    tag = b"k"
    flat = True

    def take(self, obj: Any) -> Any:
        return obj.copy()

    def put(self, obj: Any, saved: Any) -> None:
        obj.clear()
        obj.draw(saved, (0, 0))

    def parts(self, saved: Any) -> list[Part]:
        size = saved.get_size()
        bits = bytes(saved.get_at((x, y)) for y in range(size[1]) for x in range(size[0]))
        return [(".size", size), (".bits", bits)]


_SIMPLE_SPACES: Final = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary, spaces.Text)


class Space(Handler):
    """Of a Gymnasium space only the RNG is state, and those of the spaces inside; bounds are constants."""

    tag = b"p"

    def take(self, obj: Any) -> tuple[Any, list[Any]]:
        return obj._np_random, list(self._inner(obj))

    def words(self, obj: Any) -> list[int] | None:
        live = obj.__dict__
        if type(obj) not in _SIMPLE_SPACES and any(type(value) is list for value in live.values()):
            return None
        return [
            state_memory.version_of_dict(value) for value in (live, *live.values()) if type(value) is dict
        ]

    def _inner(self, obj: Any) -> Iterable[Any]:
        if type(obj) in _SIMPLE_SPACES:
            return
        for value in obj.__dict__.values():
            inside = value.values() if isinstance(value, dict) else value
            for item in inside if isinstance(value, (dict, list, tuple)) else (value,):
                if hasattr(item, "_np_random"):
                    yield item

    def put(self, obj: Any, saved: tuple[Any, list[Any]]) -> None:
        obj._np_random = saved[0]

    def children(self, saved: tuple[Any, list[Any]]) -> Iterable[Any]:
        return (saved[0], *saved[1])

    def parts(self, saved: tuple[Any, list[Any]]) -> list[Part]:
        inner = [(f".spaces[{index}]", space) for index, space in enumerate(saved[1])]
        return [("._np_random", saved[0]), *inner]
