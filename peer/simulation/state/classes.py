"""Which classes and functions a state from elsewhere may name: only what is at hand, nothing is imported.

At hand are the types of the objects that the environment was made of when its episode began, and what is
defined in its own loaded modules: its package, or for a lone file the files beside it. Of these no class
with a finalizer: nothing of it shall run because of what somebody sent.
"""

from __future__ import annotations

import array
import itertools
import random
import sys
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final

import numpy as np

from peer.simulation.handlers.libraries import Space
from peer.simulation.state.types import KINDS, Role, foundation_of

_BUILT_IN: Final = (
    *(list, dict, set, tuple, bytearray, deque, OrderedDict, defaultdict, types.SimpleNamespace),
    *(int, float, str, bool, bytes, array.array, random.Random, itertools.count),
    *(np.ndarray, np.random.Generator, np.random.RandomState),
)
_PYGAME: Final = ("rect.Rect", "rect.FRect", "math.Vector2", "math.Vector3", "color.Color", "mask.Mask")
_MAKEABLE: Final = frozenset(
    {object, list, dict, set, tuple, bytearray, deque, OrderedDict, defaultdict, array.array}
)
# Too big to be the environment's own package: of them the family it is of.
_LIBRARIES: Final = frozenset({"gymnasium", "pettingzoo", "pygame", "numpy"})
_NOBODYS: Final = frozenset({"peer", "netcode", "torch"})  # of torch only the types of what is there


def name_of(thing: Any) -> str:
    """`module:qualified.name` of a class or function."""
    return f"{thing.__module__}:{thing.__qualname__}"


def at_hand(kinds: Iterable[type]) -> AtHand:
    """What an environment made of objects of these types may name."""
    return _at_hand(frozenset(kinds), len(sys.modules))


@lru_cache(maxsize=4)
def _at_hand(kinds: frozenset[type], _loaded: int) -> AtHand:
    return AtHand(kinds)


class AtHand:
    """Classes and functions by name; those that share a name cannot be named."""

    def __init__(self, kinds: Iterable[type]) -> None:
        self.classes: dict[str, type] = {}
        self.functions: dict[str, types.FunctionType] = {}
        kinds = set(kinds)
        shared: set[str] = set()
        for thing in [*_foundations(), *kinds, *_defined_in(own_modules(kinds))]:
            known = self.classes if isinstance(thing, type) else self.functions
            name = name_of(thing)
            if known.setdefault(name, thing) is not thing:
                shared.add(name)
        for name in shared:
            self.classes.pop(name, None)
            self.functions.pop(name, None)

    def can_be_made(self, cls: type) -> bool:
        """May an empty object of this class be made, and filled?"""
        if self.classes.get(name_of(cls)) is not cls or KINDS[cls].role is not Role.WALKED:
            return False
        if not cls.__flags__ & _HEAP_TYPE:
            return True  # one of our list
        if any(isinstance(handler, Space) for handler in KINDS[cls].handlers):
            return False  # of a space only its RNG is sent
        return foundation_of(cls) in _MAKEABLE and not hasattr(cls, "__del__")


def _foundations() -> Iterator[type]:
    yield from _BUILT_IN
    pygame = sys.modules.get("pygame")
    for path in _PYGAME if pygame is not None else ():
        module, _, name = path.partition(".")
        cls = getattr(getattr(pygame, module, None), name, None)
        if isinstance(cls, type):
            yield cls
    for bits in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"):
        yield getattr(np.random, bits)


def own_modules(kinds: Iterable[type]) -> list[types.ModuleType]:
    """Loaded modules of the packages that the environment's classes come from."""
    homes = {cls.__module__ for kind in kinds for cls in kind.__mro__ if cls.__flags__ & _HEAP_TYPE}
    homes = {home for home in homes if home.partition(".")[0] not in sys.stdlib_module_names | _NOBODYS}
    loaded = dict(sys.modules)
    found = {name: loaded[name] for name in loaded if any(_belongs(name, home) for home in homes)}
    for home in homes:
        if home in loaded:
            found[home] = loaded[home]
            found |= _beside(loaded[home])
    return [found[name] for name in sorted(found)]


def _belongs(name: str, home: str) -> bool:
    """Is module `name` of the package that `home` is in?"""
    top, _, rest = home.partition(".")
    if top not in _LIBRARIES:
        return name.startswith(f"{top}.")
    return "." in rest and name.startswith(f"{home.rpartition('.')[0]}.")


def _beside(module: types.ModuleType) -> dict[str, types.ModuleType]:
    """What a module outside of any package imports from its own folder."""
    file = getattr(module, "__file__", None)
    if "." in module.__name__ or file is None:
        return {}
    folder = PurePath(file).parent
    names = {getattr(value, "__module__", None) or "" for value in vars(module).values()}
    names |= {value.__name__ for value in vars(module).values() if isinstance(value, types.ModuleType)}
    found = {}
    for name in names:
        other = sys.modules.get(name) if isinstance(name, str) else None
        other_file = getattr(other, "__file__", None)
        if other is not None and other_file is not None and PurePath(other_file).parent == folder:
            found[name] = other
    return found


def _defined_in(modules: Iterable[types.ModuleType]) -> Iterator[Any]:
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) == module.__name__:
                if isinstance(value, type):
                    yield from _nested(value)
                elif isinstance(value, types.FunctionType) and "." not in value.__qualname__:
                    yield value


def _nested(cls: type) -> Iterator[type]:
    yield cls
    for value in vars(cls).values():
        if isinstance(value, type) and value.__qualname__.startswith(f"{cls.__qualname__}."):
            yield from _nested(value)


_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE
