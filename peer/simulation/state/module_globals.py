"""Globals of the environment's own modules, and attributes of classes defined there, as part of the state.

Own are the modules that the environment's class comes from, and what these import from their own package. Of
what they hold plain values, containers, arrays, generators and objects of the package's own classes count;
functions, classes, modules and what is shown or logged do not, and neither does what cannot be remembered
or leads to the environment itself. An episode begins with them as they were after the environment was made
for the first time. Only what differs from that is digested and sent: constants may differ between machines.
"""

from __future__ import annotations

import builtins
import enum
import gc
import types
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import MISSING, UncapturableStateError
from peer.simulation.source_lines import Whose, module_of, whose
from peer.simulation.state.classes import own_modules
from peer.simulation.state.graph import StateSnapshot, walk
from peer.simulation.state.size import bytes_of
from peer.simulation.state.types import KINDS, Role
from peer.simulation.state.watch import Watch

# That one global may lead to; longer ones are tables, or the world.
MOST_OBJECTS: Final = 2_000
MOST_BYTES: Final = 2**18
_LIBRARIES: Final = frozenset(
    {"builtins", "collections", "itertools", "types", "array", "decimal", "random"}
    | {"numpy", "pygame", "torch", "gymnasium"}
)
_NO_STATE: Final = (
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type),
    *(property, classmethod, staticmethod, np.ufunc, types.GenericAlias),
)


class OwnGlobals:
    """Of one environment; a root of its state. There is one of them in a process, whoever plays."""

    def __init__(self, env: Any) -> None:
        self._spaces = dict(_spaces_of(type(env)))
        self.words = [state_memory.version_of_dict(_dict_of(holder)) for holder in self._spaces.values()]
        self._places = state_memory.places(self.words)
        self._look: list[int] = []  # the words when the values were last gathered
        self._gathered: list[dict[str, Any]] = [{} for _ in self._spaces]
        self._values: dict[str, Any] = {}
        self._left_out: frozenset[str] = frozenset()
        self._left_out = frozenset(
            name for name, value in self.values().items() if _must_be_left_out(value, env)
        )
        self._look.clear()
        self.first = self.values()
        self.first_readings: dict[str, bytes] = {}  # what each reads as (digest.py), once it was asked
        self.dicts_at_first = [value for value in self.first.values() if type(value) is dict]
        self._watch = Watch()
        self.at_first = self._watch.capture((self,))

    def reset(self) -> None:
        """As they were at first."""
        self._watch.restore(self.at_first)

    def values(self) -> dict[str, Any]:
        """`module.NAME` or `module.Class.name` -> value; gathered anew only where a name has been set."""
        look = state_memory.read(self._places).tolist() if state_memory.WORDS_TELL else []
        if not look or look != self._look:
            for index, (space, holder) in enumerate(self._spaces.items()):
                if not self._look or look[index] != self._look[index]:
                    self._gathered[index] = self._gather(space, holder)
            self._look = look
            self._values = {name: value for held in self._gathered for name, value in held.items()}
        return self._values

    def _gather(self, space: str, holder: Any) -> dict[str, Any]:
        return {
            f"{space}.{name}": value
            for name, value in vars(holder).items()
            if _counts(value) and name[:2] != "__" and f"{space}.{name}" not in self._left_out
        }

    def put(self, values: dict[str, Any]) -> None:
        """Give them these values; those that are not among them go."""
        present = self.values()
        for name in present.keys() - values.keys():
            space, _, own = name.rpartition(".")
            _type_of(self._spaces[space]).__delattr__(self._spaces[space], own)
        for name, value in values.items():
            if name not in present or present[name] is not value:
                space, _, own = name.rpartition(".")
                if name in present or _may_be_set(self._spaces[space], own):
                    _type_of(self._spaces[space]).__setattr__(self._spaces[space], own, value)

    def may_hold(self, name: str, value: Any) -> bool:
        """For what came from elsewhere: may that global exist, and have such a value?"""
        space, _, own = name.rpartition(".")
        holder = self._spaces.get(space)
        return (
            holder is not None
            and own.isidentifier()
            and own[:2] != "__"
            and name not in self._left_out
            and (own in vars(holder) or not hasattr(builtins, own))
            and _may_be_set(holder, own)
            and (_counts(value) or value is MISSING)
        )


def _type_of(holder: Any) -> Any:
    """Whose way of setting attributes runs no code of the environment."""
    return type if isinstance(holder, type) else types.ModuleType


def _may_be_set(holder: Any, name: str) -> bool:
    """Not where a function, a picture or the like is now."""
    return name not in vars(holder) or _counts(vars(holder)[name])


def _modules_of(cls: type) -> list[types.ModuleType]:
    """Sorted by name; not all that are loaded, which depends on what else is played."""
    own = {module.__name__: module for module in own_modules([cls])}
    own = {name: module for name, module in own.items() if whose(name) is Whose.ENVIRONMENT}
    queue = [name for name in dict.fromkeys(base.__module__ for base in cls.__mro__) if name in own]
    for name in queue:
        for value in list(vars(own[name]).values()):
            found = value.__name__ if isinstance(value, types.ModuleType) else _home_of(value)
            if found in own and found not in queue:
                queue.append(found)
    return [own[name] for name in sorted(queue)]


def _home_of(value: Any) -> str:
    """The module that a class or function was defined in."""
    return value.__module__ or "" if isinstance(value, (type, types.FunctionType)) else ""


def _spaces_of(cls: type) -> Iterator[tuple[str, Any]]:
    for module in _modules_of(cls):
        name = module.__name__
        yield name, module
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == name and not isinstance(value, enum.EnumMeta):
                yield f"{name}.{value.__qualname__}", value


def _dict_of(holder: Any) -> dict[str, Any]:
    """A class shows only a view of its dict."""
    found: Any = vars(holder)
    if isinstance(found, types.MappingProxyType):
        (found,) = gc.get_referents(found)
    return found  # type: ignore[no-any-return]


def _counts(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, _NO_STATE):
        return False
    cls = type(value)
    kind = KINDS[cls]
    top = module_of(cls).partition(".")[0]
    if kind.role is Role.LEAF:
        return top in _LIBRARIES or isinstance(value, enum.Enum)
    if kind.role is not Role.WALKED:
        return False
    return top in _LIBRARIES or whose(module_of(cls)) is Whose.ENVIRONMENT


class _Few(list[Any]):
    def append(self, value: Any) -> None:
        if len(self) == MOST_OBJECTS:
            raise UncapturableStateError("too many objects")
        super().append(value)


def _must_be_left_out(value: Any, env: Any) -> bool:
    """What cannot be remembered, is a store of pictures, is too long, or leads to the environment."""
    reached = StateSnapshot((value,))
    met = _Few([value])
    if KINDS[type(value)].role is not Role.WALKED:
        return False
    try:
        walk(reached, met, set())
    except UncapturableStateError:
        return True
    if bytes_of(reached) > MOST_BYTES or any(one is env for one in met):
        return True
    return any(
        child is not None and KINDS[type(child)].role is Role.PRESENTATION
        for held in reached.contents().values()
        for handler, saved in held
        for child in handler.children(saved)
    )
