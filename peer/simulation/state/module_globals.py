"""Globals of the environment's own modules, and attributes of what is defined there, as part of the state.

Own are the modules that the environment's class comes from, and what these import from their own package, in
functions too, if that has been loaded when the environment has been made.
What is defined there are classes, functions with what they keep (defaults, closures), and members of enums.
Code itself is no state, until a name stands for other code than at first. Left out, and told by the check, is
what is too long, shows pictures, or leads to the environment itself. An episode begins with all as it was
after the environment was made for the first time. Only what differs from that is digested: constants
may differ between machines.
"""

from __future__ import annotations

import dis
import enum
import gc
import types
from collections.abc import Iterator
from importlib.util import resolve_name
from typing import Any, Final

import numpy as np

from netcode.errors import UncapturableStateError
from peer.simulation.handlers import state_memory
from peer.simulation.source_lines import module_of
from peer.simulation.state.graph import StateSnapshot, walk
from peer.simulation.state.own_modules import own_modules
from peer.simulation.state.size import bytes_of
from peer.simulation.state.types import KINDS, Role
from peer.simulation.state.watch import Watch

# That one global may lead to; longer ones are tables, or the world.
MOST_OBJECTS: Final = 2_000
MOST_BYTES: Final = 2**18
_CODE: Final = (types.FunctionType, type)
_NO_STATE: Final = (
    *(*_CODE, types.BuiltinFunctionType, types.MethodType, types.ModuleType),
    *(property, classmethod, staticmethod, np.ufunc, types.GenericAlias),
)
_KEEPS: Final = "()"
_DECLARATIONS: Final = frozenset({"__future__", "typing", "typing_extensions", "abc", "enum", "dataclasses"})


class OwnGlobals:
    """Of one environment; a root of its state. There is one of them in a process, whoever plays."""

    def __init__(self, env: Any) -> None:
        found = list(_spaces_of(type(env)))
        self._spaces = {space: holder for space, holder, _ in found}
        self._homes = {space: home for space, _, home in found}  # the module that each is in
        self.words = [state_memory.version_of_dict(_dict_of(holder)) for holder in self._spaces.values()]
        self._places = state_memory.places(self.words)
        self._look: list[int] = []  # the words when the values were last gathered
        self._gathered: list[dict[str, Any]] = [{} for _ in self._spaces]
        self._values: dict[str, Any] = {}
        self._code = {space: _code_in(holder) for space, holder in self._spaces.items()}  # at first
        self.left_out: dict[str, str] = {}  # name -> why
        self.refused = ""  # why one cannot be remembered, so that there are no snapshots at all
        for name, value in self.values().items():
            try:
                why = _why_left_out(name, value, env)
            except UncapturableStateError as error:
                why = self.refused = str(error)
            if why:
                self.left_out[name] = why
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
        code = self._code[space]
        held = {
            f"{space}.{name}": value
            for name, value in _attributes_of(holder)
            if name[:2] != "__"
            and (_counts(value) or (isinstance(value, _CODE) and code.get(name) is not value))
        }
        held |= {f"{space}.{name}": value for name, value in _keeping(holder, self._homes[space])}
        return {name: value for name, value in held.items() if name not in self.left_out}

    def put(self, values: dict[str, Any]) -> None:
        """Give them these values; those that are not among them go."""
        present = self.values()
        for name in present.keys() - values.keys():
            space, _, own = name.rpartition(".")
            if own.endswith(_KEEPS):
                continue
            holder = self._spaces[space]
            if own in self._code[space]:
                _type_of(holder).__setattr__(holder, own, self._code[space][own])
            else:
                _type_of(holder).__delattr__(holder, own)
        for name, value in values.items():
            if (name not in present or present[name] is not value) and not name.endswith(_KEEPS):
                space, _, own = name.rpartition(".")
                if name in present or isinstance(value, _CODE) or _may_be_set(self._spaces[space], own):
                    _type_of(self._spaces[space]).__setattr__(self._spaces[space], own, value)


def _type_of(holder: Any) -> Any:
    """Whose way of setting attributes runs no code of the environment."""
    return next((kind for kind in (type, types.ModuleType) if isinstance(holder, kind)), object)


def _may_be_set(holder: Any, name: str) -> bool:
    """Not where a function, a picture or the like is now."""
    return name not in vars(holder) or _counts(vars(holder)[name])


def _modules_of(cls: type) -> list[types.ModuleType]:
    """Sorted by name; not all that are loaded, which depends on what else is played."""
    own = own_modules(cls)
    queue = [name for name in dict.fromkeys(base.__module__ for base in cls.__mro__) if name in own]
    for name in queue:
        held = [
            value.__name__ if isinstance(value, types.ModuleType) else _home_of(value)
            for value in list(vars(own[name]).values())
        ]
        for found in (*held, *_imported_in_functions(own[name])):
            if found in own and found not in queue:
                queue.append(found)
    return [own[name] for name in sorted(queue)]


def _imported_in_functions(module: types.ModuleType) -> Iterator[str]:
    """What may be a module's name, of all that the functions of this one import when they are called."""
    package = getattr(module, "__package__", None) or ""
    for _, holder, _ in _spaces_in(module.__name__, module, module.__name__, set()):
        if isinstance(holder, types.FunctionType):
            yield from _imported_by(holder.__code__, package)


def _imported_by(code: types.CodeType, package: str) -> Iterator[str]:
    if dis.opmap["IMPORT_NAME"] in code.co_code[::2]:
        base, steps = "", list(dis.get_instructions(code))
        for index, step in enumerate(steps):
            if step.opname == "IMPORT_NAME":
                level = steps[index - 2].argval  # how many dots
                try:
                    base = resolve_name("." * level + step.argval, package)
                except ImportError:  # more dots than packages: it cannot be imported
                    base = ""
                yield base
            elif step.opname == "IMPORT_FROM":
                yield f"{base}.{step.argval}"
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _imported_by(inner, package)


def _home_of(value: Any) -> str:
    """The module that a class or function was defined in."""
    return value.__module__ or "" if isinstance(value, (type, types.FunctionType)) else ""


def _spaces_of(cls: type) -> Iterator[tuple[str, Any, str]]:
    """Modules; classes and functions that are defined there, at any depth; members of enums.

    Each with its name and its module's.
    """
    seen: set[int] = set()
    for module in _modules_of(cls):
        yield from _spaces_in(module.__name__, module, module.__name__, seen)


def _spaces_in(space: str, holder: Any, module: str, seen: set[int]) -> Iterator[tuple[str, Any, str]]:
    seen.add(id(holder))
    yield space, holder, module
    if isinstance(holder, types.FunctionType):
        return
    for name, value in list(vars(holder).items()):
        found = _functions_of(value) if not isinstance(value, type) else [value]
        for index, one in enumerate(found):
            if one.__module__ == module and id(one) not in seen:
                yield from _spaces_in(f"{space}.{name}{index or ''}", one, module, seen)
    if isinstance(holder, enum.EnumMeta):
        members: Any = holder.__members__
        for name, member in members.items():
            yield f"{space}.{name}", member, module


def _functions_of(value: Any) -> list[types.FunctionType]:
    """The function itself, or those of a property and the like."""
    found = [value]
    if isinstance(value, (staticmethod, classmethod)):
        found = [value.__func__]
    elif isinstance(value, property):
        found = [value.fget, value.fset, value.fdel]
    return [one for one in found if isinstance(one, types.FunctionType)]


def _attributes_of(holder: Any) -> Iterator[tuple[str, Any]]:
    """Of a module, class, function or enum member."""
    is_enum = isinstance(holder, (enum.Enum, enum.EnumMeta))
    for name, value in vars(holder).items():
        if is_enum and (isinstance(value, (enum.Enum, enum.property)) or _is_of_enums(name, value)):
            continue
        yield name, value


def _keeping(holder: Any, home: str) -> Iterator[tuple[str, types.FunctionType]]:
    """The module's own functions that keep something, by names that none is set by."""
    for name, value in vars(holder).items():
        for index, one in enumerate(_functions_of(value)):
            if one.__module__ == home and _keeps_something(one):
                yield f"{name}{index or ''}{_KEEPS}", one


def _is_of_enums(name: str, value: Any) -> bool:
    """What an enum itself keeps, but for values that can change."""
    return name[:1] == name[-1:] == "_" and (name != "_value_" or KINDS[type(value)].role is Role.LEAF)


def _keeps_something(function: types.FunctionType) -> bool:
    """Has it default arguments that can change, or variables of a function around it?"""
    kept = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    around = function.__code__.co_freevars
    return not all(map(_is_closed, kept)) or any(name != "__class__" for name in around)


def _is_closed(value: Any) -> bool:
    if type(value) is tuple:
        return all(map(_is_closed, value))
    return isinstance(value, _NO_STATE) or KINDS[type(value)].role is Role.LEAF


def _code_in(holder: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(holder).items() if isinstance(value, _CODE)}


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
    kind = KINDS[type(value)]
    package = module_of(type(value)).partition(".")[0]
    if kind.role is Role.PRESENTATION or package in _DECLARATIONS:
        return False
    if kind.role is Role.UNKNOWN:
        return not callable(value) and not hasattr(type(value), "__get__")  # compiled code
    return True


class _Few(list[Any]):
    def append(self, value: Any) -> None:
        if len(self) == MOST_OBJECTS:
            raise _TooManyError
        super().append(value)


class _TooManyError(Exception):
    pass


def _why_left_out(name: str, value: Any, env: Any) -> str:
    """ "" if it is state. What cannot be remembered is state, too: whoever captures it will say so."""
    named = {name: value}
    reached, met = StateSnapshot((named,)), _Few([named])
    if KINDS[type(value)].role not in (Role.WALKED, Role.UNKNOWN):
        return ""
    try:
        walk(reached, met, set())
    except _TooManyError:
        return f"leads to more than {MOST_OBJECTS} objects"
    if any(one is env for one in met):
        return "leads to the environment itself"
    if bytes_of(reached) > MOST_BYTES:
        return f"takes more than {MOST_BYTES >> 10} KiB"
    shows = any(
        child is not None and KINDS[type(child)].role is Role.PRESENTATION
        for held in reached.contents().values()
        for handler, saved in held
        for child in handler.children(saved)
    )
    return "holds pictures" if shows else ""
