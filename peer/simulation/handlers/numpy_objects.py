"""Arrays and random number generators: numpy's, and Python's own generator."""

from __future__ import annotations

import _random
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import Handler, Part, Span

_WORD: Final = 8
_MOST_SPAN: Final = 1024  # bytes; to copy a larger array takes no longer than to read so many words


class Array(Handler):
    """numpy arrays, views too: each view's own elements are kept, memory shared by views stays shared.

    Form and flags are kept as those of the copy: an array may be resized, reshaped, and closed for writing.
    """

    tag = b"n"

    def capture(self, obj: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], Any]:
        copy = obj.copy("K") if type(obj) is np.ndarray else np.array(obj)
        if obj.flags.writeable:
            return copy, None
        # Nobody writes through it, but somebody may through the memory it looks at, or open it again.
        copy.flags.writeable = False
        return copy, obj.base

    def restore(self, obj: np.ndarray[Any, Any], saved: tuple[np.ndarray[Any, Any], Any]) -> None:
        contents, writeable = saved[0], saved[0].flags.writeable
        if obj.shape != contents.shape or obj.dtype != contents.dtype:
            _reform(obj, contents)
        if obj.flags.writeable and writeable:
            np.ndarray.__setitem__(obj, Ellipsis, contents)
            return
        try:
            obj.flags.writeable = True
        except ValueError:
            return  # a view of memory that is closed itself
        np.ndarray.__setitem__(obj, Ellipsis, contents)
        obj.flags.writeable = writeable

    def span(self, obj: np.ndarray[Any, Any]) -> Span | None:
        flags, size = obj.flags, obj.nbytes
        if type(obj) is not np.ndarray or not (flags.owndata and flags.c_contiguous and flags.writeable):
            return None
        if obj.dtype.hasobject or not 0 < size <= _MOST_SPAN or obj.base is not None:
            return None
        if size % _WORD and not _has_room_behind(obj):
            return None
        return obj.__array_interface__["data"][0], -(-size // _WORD), state_memory.form_of_array(obj)

    def form(self, obj: np.ndarray[Any, Any]) -> tuple[Any, ...]:
        return obj.nbytes, obj.dtype, obj.shape

    def from_words(self, form: tuple[Any, ...], words: state_memory.Words) -> Any:
        size, dtype, shape = form
        return words.view(np.uint8)[:size].view(dtype).reshape(shape), None

    def children(self, saved: tuple[np.ndarray[Any, Any], Any]) -> Iterable[Any]:
        array, base = saved
        objects = array.ravel().tolist() if array.dtype.hasobject else []
        return [*objects, base] if isinstance(base, np.ndarray) else objects

    def parts(self, saved: tuple[np.ndarray[Any, Any], Any]) -> list[Part]:
        array = saved[0]
        closed: list[Part] = [] if array.flags.writeable else [(".writeable", False)]
        if array.dtype.hasobject:
            return [*closed, (".shape", array.shape), *super().parts((array, None))]
        data: list[Part] = [(".dtype", array.dtype.str), (".shape", array.shape), (".data", array.tobytes())]
        return data + closed


def _reform(array: np.ndarray[Any, Any], like: np.ndarray[Any, Any]) -> None:
    """Give it that type and shape again, in place."""
    if array.dtype != like.dtype:
        array.dtype = like.dtype  # type: ignore[misc]
    if array.flags.owndata:
        array.resize(like.shape, refcheck=False)
    else:
        array.shape = like.shape


class Record(Handler):
    """An element of an array of records: it can be written to, and then writes into its array."""

    tag = b"n"

    def capture(self, obj: Any) -> tuple[Any, Any]:
        return np.array(obj), obj.base

    def restore(self, obj: Any, saved: tuple[Any, Any]) -> None:
        for name in obj.dtype.names or ():
            obj[name] = saved[0][name]

    def children(self, saved: tuple[Any, Any]) -> Iterable[Any]:
        held, base = saved
        objects = held.item() if held.dtype.hasobject else ()
        return (*objects, base) if isinstance(base, np.ndarray) else objects

    def parts(self, saved: tuple[Any, Any]) -> list[Part]:
        if saved[0].dtype.hasobject:
            return super().parts((saved[0], None))
        return [(".dtype", str(saved[0].dtype)), (".data", saved[0].tobytes())]


def _has_room_behind(array: np.ndarray[Any, Any]) -> bool:
    """Is the rest of its last word nobody else's? numpy's own allocator gives whole words, at least."""
    handler_of = getattr(np._core.multiarray, "get_handler_name", None) if hasattr(np, "_core") else None
    return handler_of is not None and handler_of(array) == "default_allocator"


class BitGenerator(Handler):
    """numpy's PCG64, MT19937, Philox ...: `state` is a plain dict. With it how often it has had children:
    each child is another one."""

    tag = b"r"
    flat = True

    def words(self, obj: Any) -> list[int] | None:
        words = state_memory.words_of_rng(obj)
        spawned = state_memory.word_of_spawns(obj.seed_seq) if type(obj.seed_seq) is _SEEDS else None
        return None if words is None or spawned is None else [*words, spawned]

    def capture(self, obj: Any) -> Any:
        state = obj.state
        if type(obj.seed_seq) is _SEEDS:
            state[_SPAWNED] = obj.seed_seq.n_children_spawned
        return state

    def restore(self, obj: Any, saved: Any) -> None:
        obj.state = saved
        if _SPAWNED in saved:
            set_spawned(obj.seed_seq, saved[_SPAWNED])

    def parts(self, saved: Any) -> list[Part]:
        return _plain_parts(saved)


_SEEDS: Final = np.random.SeedSequence
_SPAWNED: Final = "n_children_spawned"


class Seeds(Handler):
    """numpy's SeedSequence: how often it has had children; all else never changes."""

    tag = b"r"
    flat = True

    def capture(self, obj: Any) -> int:
        return int(obj.n_children_spawned)

    def restore(self, obj: Any, saved: int) -> None:
        set_spawned(obj, saved)

    def parts(self, saved: int) -> list[Part]:
        return [(f".{_SPAWNED}", saved)]


def set_spawned(seeds: Any, spawned: int) -> None:
    """Give a SeedSequence that number of children, in the way it is unpickled."""
    if seeds.n_children_spawned != spawned:
        state = seeds.__reduce__()[2]
        seeds.__setstate__((state[0], spawned, *state[2:]))


class LegacyRandomState(BitGenerator):
    """numpy.random.RandomState, with the normal number it may hold back."""

    def words(self, obj: Any) -> list[int] | None:
        return state_memory.words_of_rng(obj)

    def capture(self, obj: Any) -> Any:
        return obj.get_state(legacy=False)

    def restore(self, obj: Any, saved: Any) -> None:
        obj.set_state(saved)


class PythonRandom(Handler):
    """random.Random: the twister; `gauss_next` is an ordinary attribute."""

    tag = b"r"
    flat = True

    def words(self, obj: Any) -> list[int] | None:
        return state_memory.words_of_rng(obj)

    def capture(self, obj: Any) -> Any:
        return _random.Random.getstate(obj)

    def restore(self, obj: Any, saved: Any) -> None:
        _random.Random.setstate(obj, saved)

    def parts(self, saved: Any) -> list[Part]:
        return [(".state", _words(saved))]


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
