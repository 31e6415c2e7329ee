"""Python's own kinds: attributes, slots, containers, functions, cells."""

from __future__ import annotations

import array
import operator
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import getattr_static
from typing import Any, Final

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import (
    MISSING,
    ByChildren,
    Handler,
    Handlers,
    Part,
    RefusedError,
    Unchanging,
)


class Attributes(Handler):
    """An instance's `__dict__`, and its class (some games change an object's class as its state)."""

    tag = b"a"

    def capture(self, obj: Any) -> tuple[dict[str, Any], dict[str, Any], type]:
        live = obj.__dict__
        return live, live.copy(), type(obj)

    def restore(self, obj: Any, saved: tuple[dict[str, Any], dict[str, Any], type]) -> None:
        put_attributes(obj, *saved)

    def words(self, obj: Any) -> list[int] | None:
        live = obj.__dict__
        place = state_memory.dict_of(obj, live) if type(live) is dict else None
        if place is None:
            return None
        return [state_memory.version_of_dict(live), state_memory.class_of(obj), place]

    def children(self, saved: tuple[dict[str, Any], dict[str, Any], type]) -> Iterable[Any]:
        return saved[1].values()

    def parts(self, saved: tuple[dict[str, Any], dict[str, Any], type]) -> list[Part]:
        return [(f".{name}", value) for name, value in saved[1].items()]


ATTRIBUTES: Final = Attributes()


def put_attributes(obj: Any, live: dict[str, Any], taken: dict[str, Any], cls: type) -> None:
    """What `Attributes` has captured: the `__dict__`, a copy of it, and the class."""
    if type(obj) is not cls:
        obj.__class__ = cls
    if obj.__dict__ is not live:
        obj.__dict__ = live
    live.clear()
    live.update(taken)


class Slots(Handler):
    """Values of `__slots__`, inherited ones included; frozen dataclasses too, hence the descriptors."""

    tag = b"s"

    def __init__(self, cls: type, descriptors: Sequence[Any]) -> None:
        """cls: whose objects these are, to look whether anything of it hides a slot."""
        self._descriptors = tuple(descriptors)
        self._setters = [descriptor.__set__ for descriptor in descriptors]
        self._take_all = _all_in_one_go(cls, self._descriptors) or self._take_each

    def capture(self, obj: Any) -> tuple[Any, ...]:
        try:
            return self._take_all(obj)
        except AttributeError:  # one is not set
            return self._take_each(obj)

    def _take_each(self, obj: Any) -> tuple[Any, ...]:
        values = []
        for descriptor in self._descriptors:
            try:
                values.append(descriptor.__get__(obj))
            except AttributeError:
                values.append(MISSING)
        return tuple(values)

    def restore(self, obj: Any, saved: tuple[Any, ...]) -> None:
        for put, value in zip(self._setters, saved, strict=True):
            if value is not MISSING:
                put(obj, value)
            else:
                self._clear(obj, saved)

    def _clear(self, obj: Any, saved: tuple[Any, ...]) -> None:
        for descriptor, value in zip(self._descriptors, saved, strict=True):
            if value is MISSING:
                try:
                    descriptor.__delete__(obj)
                except AttributeError:
                    pass

    def children(self, saved: tuple[Any, ...]) -> Iterable[Any]:
        return saved

    def parts(self, saved: tuple[Any, ...]) -> list[Part]:
        return [
            (f".{descriptor.__name__}", value)
            for descriptor, value in zip(self._descriptors, saved, strict=True)
        ]


def _all_in_one_go(cls: type, descriptors: tuple[Any, ...]) -> Callable[[Any], tuple[Any, ...]] | None:
    """None where asking by name would ask something else, too."""
    names = [descriptor.__name__ for descriptor in descriptors]
    found = tuple(getattr(cls, name, None) for name in names)
    if len(names) < 2 or found != descriptors:
        return None
    asks = getattr_static(cls, "__getattribute__")
    if hasattr(cls, "__getattr__") or asks is not object.__dict__["__getattribute__"]:
        return None
    return operator.attrgetter(*names)


class ListItems(ByChildren):
    tag = b"l"

    def capture(self, obj: list[Any]) -> list[Any]:
        return list.copy(obj)

    def restore(self, obj: list[Any], saved: list[Any]) -> None:
        list.__setitem__(obj, slice(None), saved)

    def children(self, saved: list[Any]) -> Iterable[Any]:
        return saved


class DictItems(ByChildren):
    """Keys and values, in order: the order of a dict is state."""

    tag = b"d"

    def capture(self, obj: dict[Any, Any]) -> dict[Any, Any]:
        return dict(obj) if type(obj) is OrderedDict else dict.copy(obj)

    def restore(self, obj: dict[Any, Any], saved: dict[Any, Any]) -> None:
        dict.clear(obj)
        dict.update(obj, saved)

    def words(self, obj: dict[Any, Any]) -> list[int] | None:
        return None if isinstance(obj, OrderedDict) else [state_memory.version_of_dict(obj)]

    def children(self, saved: dict[Any, Any]) -> Iterable[Any]:
        return [*saved, *saved.values()]

    def parts(self, saved: dict[Any, Any]) -> list[Part]:
        parts: list[Part] = []
        for index, (key, value) in enumerate(saved.items()):
            if type(key) in (str, int, bool):
                parts += [(f"[{key!r}]", value), (f".keys[{index}]", key)]
            else:  # keys that are objects (pygame's groups keep sprites so) are named by their place
                parts += [(f"[{index}]", key), (f".values[{index}]", value)]
        return parts


class OrderedDictItems(DictItems):
    """OrderedDict keeps its order apart from the dict it is."""

    last = True

    def capture(self, obj: dict[Any, Any]) -> dict[Any, Any]:
        return {key: dict.__getitem__(obj, key) for key in OrderedDict.__iter__(obj)}

    def restore(self, obj: OrderedDict[Any, Any], saved: dict[Any, Any]) -> None:  # type: ignore[override]
        OrderedDict.clear(obj)
        for key, value in saved.items():
            OrderedDict.__setitem__(obj, key, value)


class DefaultFactory(Handler):
    """The factory of a defaultdict."""

    tag = b"f"

    def capture(self, obj: Any) -> Any:
        return obj.default_factory

    def restore(self, obj: Any, saved: Any) -> None:
        obj.default_factory = saved

    def words(self, obj: Any) -> list[int] | None:
        place = id(obj) + dict.__basicsize__
        return [place] if state_memory.word(place) == id(obj.default_factory) else None

    def children(self, saved: Any) -> Iterable[Any]:
        return (saved,)

    def parts(self, saved: Any) -> list[Part]:
        return [(".default_factory", saved)]


class SetItems(ByChildren):
    """Members, and as far as Python lets us the order of iteration.

    A set's order follows from its members' hashes, the size of its table and the history of insertions and
    removals. Size and last order are remembered. Refilling in that order gives it again unless members
    collided; then each is tried as the last to come, since who comes late is who had to move. Not
    possible: an order in which a member keeps clear of one that was removed long ago. There the order may
    differ after a restore, the members never do. (Members that hash by address differ in order
    between processes anyway: `netplay check` finds games that depend on it.)
    """

    tag = b"S"
    last = True

    def capture(self, obj: set[Any]) -> tuple[list[Any], int]:
        return list(obj), set.__sizeof__(obj)

    def restore(self, obj: set[Any], saved: tuple[list[Any], int]) -> None:
        members, size = saved
        same = set.__sizeof__(obj) == size and _same_order(obj, members)
        if same and set.issuperset(obj, members):  # else they have other hashes now than when they came
            return
        _refill(obj, members, size)
        if not _same_order(obj, members) and len(members) <= _MOST_TRIES:
            for index in range(len(members)):
                _refill(obj, [*members[:index], *members[index + 1 :], members[index]], size)
                if _same_order(obj, members):
                    return

    def children(self, saved: tuple[list[Any], int]) -> Iterable[Any]:
        return saved[0]


_MOST_TRIES: Final = 64


def _same_order(obj: set[Any], members: list[Any]) -> bool:
    return len(obj) == len(members) and all(a is b for a, b in zip(obj, members, strict=True))


def _refill(obj: set[Any], members: list[Any], size: int) -> None:
    """Empty, and add one by one; in a table grown to `size` bytes first, if it once held more."""
    set.clear(obj)
    for member in members:
        set.add(obj, member)
    if set.__sizeof__(obj) < size:
        set.clear(obj)
        fillers = []
        for filler in _fillers(members, (size - _EMPTY_SET_BYTES) // _SET_ENTRY_BYTES):
            if set.__sizeof__(obj) >= size:
                break
            fillers.append(filler)
            set.add(obj, filler)
        set.difference_update(obj, fillers)
        for member in members:
            set.add(obj, member)


_EMPTY_SET_BYTES: Final = set.__sizeof__(set())
_SET_ENTRY_BYTES: Final = 16
_PROBES: Final = 10  # places in a row that a member may try


def _fillers(members: list[Any], places: int) -> Iterable[int]:
    """Numbers that will keep out of the members' way: a removed one still marks its place."""
    kept = {(hash(member) + step) % places for member in members for step in range(_PROBES)}
    return (place + (places << 20) for place in range(places) if place not in kept)


class DequeItems(ByChildren):
    """maxlen cannot change, so it is not state."""

    tag = b"q"

    def capture(self, obj: deque[Any]) -> list[Any]:
        return list(obj)

    def restore(self, obj: deque[Any], saved: list[Any]) -> None:
        deque.clear(obj)
        deque.extend(obj, saved)

    def children(self, saved: list[Any]) -> Iterable[Any]:
        return saved


class Buffer(Handler):
    """bytearray and array.array: no references inside."""

    tag = b"b"
    flat = True

    def capture(self, obj: Any) -> Any:
        return obj[:]

    def restore(self, obj: Any, saved: Any) -> None:
        """Raises: RefusedError where its length is another now, and something looks at its memory."""
        try:
            obj[:] = saved
        except BufferError:
            raise RefusedError(obj, "whose length has changed while something looks at its memory") from None

    def parts(self, saved: Any) -> list[Part]:
        return [(".bytes", bytes(saved))]


class Method(Unchanging):
    """Nothing to put back in a bound method, but its owner may be reached only through it."""

    tag = b"m"

    def children(self, saved: Any) -> Iterable[Any]:
        return (saved.__self__, getattr(saved, "__func__", None))

    def parts(self, saved: Any) -> list[Part]:
        return [(".__name__", saved.__name__), (".__self__", saved.__self__)]


class Function(Handler):
    """A function's hidden state: closure cells and mutable default arguments."""

    tag = b"F"
    immutable = True

    def capture(self, obj: types.FunctionType) -> tuple[Any, ...]:
        return obj.__code__, obj.__defaults__, obj.__kwdefaults__, obj.__closure__, obj.__qualname__

    def children(self, saved: tuple[Any, ...]) -> Iterable[Any]:
        return (saved[1], saved[2], saved[3])

    def parts(self, saved: tuple[Any, ...]) -> list[Part]:
        return [
            (".__qualname__", saved[4]),
            (".__defaults__", saved[1]),
            (".__kwdefaults__", saved[2]),
            (".__closure__", saved[3]),
        ]


class Cell(Handler):
    """A closure's variable."""

    tag = b"c"

    def capture(self, obj: types.CellType) -> Any:
        try:
            return obj.cell_contents
        except ValueError:
            return MISSING

    def restore(self, obj: types.CellType, saved: Any) -> None:
        if saved is MISSING:
            del obj.cell_contents
        else:
            obj.cell_contents = saved

    def children(self, saved: Any) -> Iterable[Any]:
        return (saved,)

    def parts(self, saved: Any) -> list[Part]:
        return [(".contents", saved)]


class Through(ByChildren):
    """Immutable itself, but leads on: tuples, frozensets, partials, dict views, slices, generators' RNGs."""

    tag = b"t"
    immutable = True

    def __init__(self, *names: str) -> None:
        """Leads on to the attributes `names`, or to what iterating gives if there are none."""
        self._names = names

    def capture(self, obj: Any) -> Any:
        return [getattr(obj, name) for name in self._names] if self._names else tuple(obj)

    def children(self, saved: Any) -> Iterable[Any]:
        return saved  # type: ignore[no-any-return]

    def parts(self, saved: Any) -> list[Part]:
        if self._names:
            return [(f".{name}", value) for name, value in zip(self._names, saved, strict=True)]
        return super().parts(saved)


class View(Through):
    """memoryview: of memory whose length does not change."""

    def __init__(self) -> None:
        super().__init__("obj")

    def capture(self, obj: Any) -> Any:
        """Raises: RefusedError: it has to be released before such memory can grow."""
        try:
            held = super().capture(obj)
        except ValueError:  # released
            held = [bytearray()]
        if isinstance(held[0], (bytearray, array.array)):
            raise RefusedError(obj, "which cannot be put back once it is released")
        return held


class Values(Through):
    """A read-only view of a dict: its values are walked; the dict itself is out of reach."""

    tag = b"v"
    immutable = False  # others may write to the dict

    def capture(self, obj: Any) -> Any:
        return tuple(obj.values())

    def restore(self, obj: Any, saved: Any) -> None:
        pass


class Globals(Handler):
    """What state/module_globals.py gathers, with whom it is of: who knows how they were at first."""

    tag = b"G"

    def capture(self, obj: Any) -> tuple[Any, dict[str, Any]]:
        return obj, obj.values()

    def restore(self, obj: Any, saved: tuple[Any, dict[str, Any]]) -> None:
        obj.put(saved[1])

    def words(self, obj: Any) -> list[int] | None:
        return obj.words  # type: ignore[no-any-return]

    def children(self, saved: tuple[Any, dict[str, Any]]) -> Iterable[Any]:
        return saved[1].values()

    def parts(self, saved: tuple[Any, dict[str, Any]]) -> list[Part]:
        return [(f".{name}", value) for name, value in saved[1].items()]


class Frozenset(Through):
    tag = b"Z"


HANDLERS: Final[Mapping[str, Handlers]] = {"peer.simulation.state.module_globals.OwnGlobals": (Globals(),)}
