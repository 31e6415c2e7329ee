"""Iterators, by their memory: they can be asked for what comes next, but not be set back.

Of each kind it is known which words are numbers and which refer to objects. At import each is tried out on
examples, and what does not hold in this Python is left out. Not here: those of dicts and sets, whose place
is one in a table that is built anew when it is put back, and generators, whose place is one in a program.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.engine_memory import long_at, object_at, set_long
from peer.simulation.handlers.handler import MISSING, Handler, Part
from peer.simulation.handlers.python_objects import ListItems, Through

_WORD: Final = 8
_HEADER: Final = object.__basicsize__


class Field:
    """One word of an iterator."""

    def __init__(self, name: str, offset: int) -> None:
        self.name, self.offset = name, offset

    def take(self, obj: Any) -> Any:
        raise NotImplementedError

    def put(self, obj: Any, value: Any) -> None:
        raise NotImplementedError


class Number(Field):
    def take(self, obj: Any) -> int:
        return ctypes.c_ssize_t.from_address(id(obj) + self.offset).value

    def put(self, obj: Any, value: int) -> None:
        ctypes.c_ssize_t.from_address(id(obj) + self.offset).value = value


class Reference(Field):
    """MISSING where there is none: an iterator lets go of what it has come to the end of."""

    def take(self, obj: Any) -> Any:
        address = long_at(id(obj) + self.offset)
        return object_at(address) if address else MISSING

    def put(self, obj: Any, value: Any) -> None:
        held = self.take(obj)
        if held is value:
            return
        if value is not MISSING:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
        set_long(id(obj) + self.offset, 0 if value is MISSING else id(value))
        if held is not MISSING:
            ctypes.pythonapi.Py_DecRef(ctypes.py_object(held))


class Words(Handler):
    """An iterator that is a few words."""

    tag = b"I"

    def __init__(self, fields: str) -> None:
        """fields: in the order of the words: `n` a number, `r` a reference, `-` neither kept nor put back."""
        self._fields: list[Field] = []
        for index, field in enumerate(fields.split()):
            name, _, kind = field.partition(":")
            if kind != "-":
                self._fields.append((Number if kind == "n" else Reference)(name, _HEADER + _WORD * index))

    def take(self, obj: Any) -> tuple[Any, ...]:
        return tuple(field.take(obj) for field in self._fields)

    def put(self, obj: Any, saved: tuple[Any, ...]) -> None:
        for field, value in zip(self._fields, saved, strict=True):
            field.put(obj, value)

    def words(self, obj: Any) -> list[int] | None:
        return [id(obj) + field.offset for field in self._fields]

    def children(self, saved: tuple[Any, ...]) -> Iterable[Any]:
        return saved

    def parts(self, saved: tuple[Any, ...]) -> list[Part]:
        return [(f".{field.name}", value) for field, value in zip(self._fields, saved, strict=True)]


_IN_ORDER: Final = "index:n items:r"
_RANGE_WORDS: Final = (type(iter(range(3))).__basicsize__ - _HEADER) // _WORD


class _Sequence:
    def __getitem__(self, index: int) -> int:
        return [1, 2, 3][index]


# The fields of a kind, and examples of it. Those that never end are looked at for a while.
_KINDS: Final[list[tuple[str, list[Callable[[], Iterator[Any]]]]]] = [
    (_IN_ORDER, [lambda: iter([1, 2, 3]), lambda: iter([])]),
    (_IN_ORDER, [lambda: iter((1, 2, 3))]),
    (_IN_ORDER, [lambda: iter("abc")]),
    (_IN_ORDER, [lambda: iter("äöü")]),
    (_IN_ORDER, [lambda: iter(b"abc")]),
    (_IN_ORDER, [lambda: iter(bytearray(b"abc"))]),
    (_IN_ORDER, [lambda: iter(_Sequence())]),
    (_IN_ORDER, [lambda: reversed([1, 2, 3])]),
    (_IN_ORDER, [lambda: reversed((1, 2, 3))]),
    (" ".join(f"number{index}:n" for index in range(_RANGE_WORDS)), [lambda: iter(range(2, 30, 7))]),
    ("function:r end:r", [lambda: iter(int, 1)]),
    ("index:n items:r last:- long:r", [lambda: enumerate([5, 6, 7]), lambda: enumerate("abc", 2**70)]),
    ("size:- iterators:r", [lambda: zip("abc", [1, 2], strict=False)]),
    ("iterators:r function:r", [lambda: map(abs, [1, -2, 3])]),
    ("function:r items:r", [lambda: filter(None, [1, 0, 3])]),
    ("items:r kept:r index:n first:n", [lambda: itertools.cycle("abc"), lambda: itertools.cycle([])]),
    ("item:r left:n", [lambda: itertools.repeat(7, 3), lambda: itertools.repeat(7)]),
    ("items:r next:n stop:n step:n count:n", [lambda: itertools.islice("abcdefgh", 1, 7, 2)]),
    ("iterables:r now:r", [lambda: itertools.chain("ab", [1, 2])]),
    ("function:r items:r stopped:n", [lambda: itertools.takewhile(abs, [1, 2, 0, 3])]),
    ("function:r items:r begun:n", [lambda: itertools.dropwhile(abs, [1, 2, 0, 3])]),
    ("function:r items:r", [lambda: itertools.filterfalse(None, [0, 1, 0])]),
    ("function:r items:r", [lambda: itertools.starmap(pow, [(1, 2), (3, 4)])]),
    ("items:r chosen:r", [lambda: itertools.compress("abc", [1, 0, 1])]),
    ("items:r last:r", [lambda: itertools.pairwise([1, 2, 3])]),
    ("total:r items:r function:r first:r", [lambda: itertools.accumulate([1, 2, 3], initial=5)]),
]
_LONG_ENOUGH: Final = 12  # items


def _find_kinds() -> dict[type, tuple[Handler, ...]]:
    if not state_memory.IS_KNOWN:
        return {}
    found: dict[type, tuple[Handler, ...]] = {}
    for fields, examples in _KINDS:
        kind = type(examples[0]())
        found[kind] = (Words(fields),)
        if not all(_goes_back(found, example, ahead) for example in examples for ahead in range(6)):
            del found[kind]
    return found


def _goes_back(
    known: Mapping[type, tuple[Handler, ...]], example: Callable[[], Iterator[Any]], ahead: int
) -> bool:
    """After so many items, from wherever it has got to, and again; with all that it goes through."""
    fresh, iterator = example(), example()
    _advance(fresh, ahead)
    _advance(iterator, ahead)
    taken = list(_all_within(known, iterator))
    runs = []
    for further in (_LONG_ENOUGH, 1, _LONG_ENOUGH):
        for handler, obj, saved in taken:
            handler.put(obj, saved)
        runs.append(_advance(iterator, further))
    return runs[0] == runs[2] == _advance(fresh, _LONG_ENOUGH) and runs[1] == runs[0][:1]


def _all_within(
    known: Mapping[type, tuple[Handler, ...]], iterator: Any
) -> Iterator[tuple[Handler, Any, Any]]:
    known = {**known, list: (ListItems(),), tuple: (Through(),)}
    met = [iterator]
    for obj in met:
        for handler in known.get(type(obj), ()):
            saved = handler.take(obj)
            met += handler.children(saved)
            if not handler.immutable:
                yield handler, obj, saved


def _advance(iterator: Iterator[Any], items: int) -> list[Any]:
    return list(itertools.islice(iterator, items))


ITERATORS: Final = _find_kinds()
