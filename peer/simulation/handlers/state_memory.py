"""Looking whether objects have changed, without asking them: words of memory, many at a time.

CPython gives each dict a new version number whenever it is written to, a list has its length and a pointer to
its elements, an object pointers to its class and its `__dict__`. To read hundreds of such words takes a
microsecond, where walking the objects would take a hundred. That each change shows
is tried out at import; where it does not (another Python), `WORDS_TELL` is False and everything is walked.
"""

from __future__ import annotations

import _random
import ctypes
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

_WORD: Final = 8
_FIRST: Final = _WORD  # numpy takes no array at address 0
_HIGHEST: Final = 1 << 47  # of what a process may use

Words = np.ndarray[Any, np.dtype[np.uint64]]
Places = np.ndarray[Any, np.dtype[np.int64]]

# Fields of CPython's objects, from their beginning.
_CLASS: Final = 8
_DICT_VERSION: Final = 24
_LIST_LENGTH: Final = 16
_LIST_ITEMS: Final = 24
_MANAGED_DICT: Final = -24  # before the object, since 3.11
_ARRAY_DATA, _ARRAY_DIMENSIONS, _ARRAY_SHAPE, _ARRAY_TYPE, _ARRAY_FLAGS = 16, 24, 32, 56, 64  # numpy's


def _all_memory() -> Words:
    words = (_HIGHEST - _FIRST) // _WORD
    return np.ctypeslib.as_array((ctypes.c_uint64 * words).from_address(_FIRST))


def places(addresses: Sequence[int]) -> Places:
    """Where `read` finds the words at these addresses."""
    return (np.array(addresses, np.int64) - _FIRST) // _WORD


def read(where: Places) -> Words:
    """The words at `where`: only of objects that are alive, and of what they own."""
    return _MEMORY[where]


def word(address: int) -> int:
    """The one at `address`, which is a multiple of 8."""
    return _MEMORY.item((address - _FIRST) // _WORD)


def write(where: Places, words: Words) -> None:
    """Put words back where they were read; only of elements of arrays and the like, never of what refers."""
    _MEMORY[where] = words


def version_of_dict(mapping: dict[Any, Any]) -> int:
    """The address of what changes with each write to `mapping`."""
    return id(mapping) + _DICT_VERSION


def shape_of_list(items: list[Any]) -> tuple[int, int]:
    """The addresses of its length, and of the pointer to its elements."""
    return id(items) + _LIST_LENGTH, id(items) + _LIST_ITEMS


def class_of(obj: Any) -> int:
    return id(obj) + _CLASS


def dict_of(obj: Any, live: dict[Any, Any]) -> int | None:
    """The address of the pointer to `live`, the `__dict__` of `obj`; None if it is elsewhere."""
    own = type(obj).__dictoffset__
    if own < 0 and isinstance(obj, tuple):  # counted from the end
        own += type(obj).__basicsize__ + tuple.__len__(obj) * type(obj).__itemsize__
    for offset in (_MANAGED_DICT, own):
        if offset and int(read(places([id(obj) + offset]))[0]) == id(live):
            return id(obj) + offset
    return None


def words_of_rng(rng: Any) -> list[int] | None:
    """Addresses of all words that change when a PCG64, MT19937, RandomState or Random is drawn from.

    None for others, and for a RandomState of another source.
    """
    source = rng._bit_generator if type(rng) is _OLD_KIND else rng
    return _look_at(rng) if _RNGS_THAT_TELL.issuperset((type(rng), type(source))) else None


def form_of_array(array: np.ndarray[Any, Any]) -> list[int]:
    """The addresses of the pointer to its elements, of its number of dimensions, of its shape, of the pointer
    to its type, and of its flags."""
    (shape,) = read(places([id(array) + _ARRAY_SHAPE])).tolist()
    fields = (_ARRAY_DATA, _ARRAY_DIMENSIONS, _ARRAY_SHAPE, _ARRAY_TYPE, _ARRAY_FLAGS)
    return [*(id(array) + field for field in fields), *(shape + _WORD * axis for axis in range(array.ndim))]


def numbers_of(obj: Any) -> int:
    """Where an object of C keeps its numbers, if it has nothing before them."""
    return id(obj) + object.__basicsize__


def _look_at(rng: Any) -> list[int]:
    if isinstance(rng, _random.Random):
        start = id(rng) + object.__basicsize__
        return list(range(start, start + _TWISTER_BYTES, _WORD))
    if type(rng) is _OLD_KIND:  # has a twister, and the normal number that it may hold back
        held = range(id(rng) + object.__basicsize__, id(rng) + _OLD_KIND.__basicsize__ - _WORD + 1, _WORD)
        return [*held, *_look_at(rng._bit_generator)]
    state = rng.ctypes.state_address
    if type(rng) is np.random.PCG64:
        (inner,) = read(places([state])).tolist()
        return [state, state + _WORD, *range(inner, inner + 4 * _WORD, _WORD)]
    return list(range(state, state + _TWISTER_BYTES, _WORD))


def word_of_spawns(seeds: np.random.SeedSequence) -> int | None:
    """The address of the word that tells how many children it has had; None if that is not known."""
    return None if _SPAWNS is None else id(seeds) + _SPAWNS


def _find_spawns() -> int | None:
    seeds = np.random.SeedSequence(1)
    words = range(object.__basicsize__, type(seeds).__basicsize__, _WORD)
    where = places([id(seeds) + offset for offset in words])
    before = read(where)
    seeds.spawn(1)
    changed = [offset for offset, differs in zip(words, read(where) != before, strict=True) if differs]
    return changed[0] if len(changed) == 1 else None


_OLD_KIND: Final = np.random.RandomState
_TWISTER_BYTES: Final = 625 * 4 + 4  # up to a whole word


def _shows(where: Places, changes: Sequence[Callable[[], Any]]) -> bool:
    """Does each of these changes show?"""
    looks = [read(where).tobytes()]
    for change in changes:
        change()
        looks.append(read(where).tobytes())
    return len(set(looks)) == len(looks)


class _Probe:
    pass


def _writes_show() -> bool:
    probe = _Probe()
    probe.x = None  # type: ignore[attr-defined]
    live = vars(probe)

    def write(value: Any) -> None:
        probe.x = value  # type: ignore[attr-defined]

    def write_often() -> None:
        for value in range(200):  # until the interpreter has specialised it
            write(value)

    held = dict_of(probe, live)
    shows = held is not None and _shows(
        places([version_of_dict(live)]),
        [
            write_often,
            lambda: write([]),
            lambda: live.update(y=1),
            lambda: live.pop("y"),
            lambda: setattr(probe, "z", 2),
            lambda: delattr(probe, "z"),
            lambda: live.__setitem__("x", 7),
            live.clear,
            lambda: write("again"),
            live.popitem,
            lambda: live.setdefault("x", 1),
            lambda: live.__ior__({"w": 1}),
        ],
    )
    still = places([version_of_dict(live), class_of(probe)])
    before = read(still).tobytes()
    looked = [probe.x, list(live), live.copy(), getattr(probe, "none", None)]  # type: ignore[attr-defined]
    return shows and read(still).tobytes() == before and bool(looked)


def _lists_show() -> bool:
    items: list[Any] = [object(), object()]
    length, pointer = read(places(shape_of_list(items))).tolist()
    elements = read(places([pointer, pointer + _WORD])).tolist()
    if length != 2 or elements != [id(item) for item in items]:
        return False
    where = places(shape_of_list(items))
    return _shows(where, [lambda: items.append(1), items.clear, lambda: items.extend(range(50))])


def _class_shows() -> bool:
    probe = _Probe()
    other = type("Other", (_Probe,), {})
    before = int(read(places([class_of(probe)]))[0])
    probe.__class__ = other
    return (before, int(read(places([class_of(probe)]))[0])) == (id(_Probe), id(other))


def _arrays_show() -> bool:
    array = np.zeros((3, 5))
    data, dimensions, _, kind, _, *shape = read(places(form_of_array(array))).tolist()
    found = (data, dimensions & 0xFFFF, kind, shape)
    closes = _shows(places(form_of_array(array)), [lambda: array.setflags(write=False)])
    return closes and found == (array.__array_interface__["data"][0], 2, id(array.dtype), [3, 5])


def _rng_shows(rng: Any) -> bool:
    """Does each draw show, and does putting the state back show the first look again?"""
    draws: list[Callable[[], Any]]
    before: Any
    if isinstance(rng, random.Random):
        draws = [rng.random, lambda: rng.getrandbits(32), lambda: rng.randrange(7)]
        before = rng.getstate()
    elif isinstance(rng, np.random.RandomState):
        draws = [rng.random_sample, lambda: rng.randint(9), rng.standard_normal]
        before = rng.get_state(legacy=False)
    else:
        generator = np.random.Generator(rng)
        draws = [generator.random, lambda: generator.integers(9, dtype=np.int32), generator.standard_normal]
        before = rng.state
    where = places(_look_at(rng))
    first = read(where).tobytes()
    shows = _shows(where, draws * 300)
    if isinstance(rng, random.Random):
        rng.setstate(before)
    elif isinstance(rng, np.random.RandomState):
        rng.set_state(before)
    else:
        rng.state = before
    return shows and read(where).tobytes() == first


def _is_known() -> bool:
    """Is this a Python whose objects have been looked at?"""
    plain = sys.implementation.name == "cpython" and ctypes.sizeof(ctypes.c_void_p) == _WORD
    free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    return plain and not free_threaded and sys.version_info < (3, 14)


def _try_out() -> bool:
    if not IS_KNOWN or sys.version_info >= (3, 13):  # whose dicts have no version
        return False
    return _writes_show() and _lists_show() and _class_shows() and _arrays_show()


_MEMORY: Final = _all_memory() if ctypes.sizeof(ctypes.c_void_p) == _WORD else np.zeros(0, np.uint64)
IS_KNOWN: Final = _is_known()
WORDS_TELL: Final = _try_out()
_SPAWNS: Final = _find_spawns() if WORDS_TELL else None
_RNGS_THAT_TELL: Final = frozenset(
    type(rng)
    for rng in (np.random.PCG64(1), np.random.MT19937(1), np.random.RandomState(1), random.Random(1))
    if WORDS_TELL and _rng_shows(rng)
)
