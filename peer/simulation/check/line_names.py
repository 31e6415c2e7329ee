"""What the names on a line of running code stand for, and which of them may hide something."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, NamedTuple

from peer.simulation.check.execution_trace import fingerprint_of
from peer.simulation.source_lines import type_name
from peer.simulation.state.types import KINDS, PLAIN, Role

_MISSING: Final = types.new_class("MISSING")
_LOADS: Final = frozenset({"LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"})
_GOES_ON: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_SILENT: Final = frozenset({"CACHE", "COPY", "PRECALL", "PUSH_NULL", "RESUME"})
_SETS_MADE: Final = frozenset({"BUILD_SET", "SET_ADD", "SET_UPDATE"})


class Named(NamedTuple):
    """`self.alive`, `random.random`, `COUNT` ... on a line."""

    chain: str
    rank: str  # what is suspicious about it: a key of culprit.WORDS, or ""
    kind: str  # qualified name of its type
    seen: bytes  # digest of what it stands for


def names_on_line(frame: FrameType) -> list[Named]:
    """Of the line that is about to run. None of the environment's code is run for it."""
    found = [_named(frame, chain, value) for chain, value in _chains(frame)]
    made = [one for one in _instructions(frame) if one.opname in _SETS_MADE]
    return found + [Named("a set", "set", "set", b"")] * bool(made)


def _named(frame: FrameType, chain: str, value: Any) -> Named:
    cls = type(value)
    return Named(chain, _rank(frame, chain, value), type_name(cls), fingerprint_of(value))


def _rank(frame: FrameType, chain: str, value: Any) -> str:
    root, dot, _ = chain.partition(".")
    if isinstance(value, (set, frozenset)) or value is set or value is frozenset:
        return "set"
    if value is hash or value is id:
        return "hash" if value is hash else "id"
    if _is_opaque(value):
        return "opaque"
    if KINDS[type(value)].role is Role.PRESENTATION:
        return "picture"
    if isinstance(value, types.FunctionType) and value.__closure__:
        return "closure"
    if value is _MISSING or callable(value) or isinstance(value, types.ModuleType):
        return ""
    if root in frame.f_code.co_freevars and not dot:
        return "free"
    if root in frame.f_globals and root not in frame.f_locals and _holder_is_module(frame, chain):
        return "global"
    return "class" if dot and _is_of_class(frame, chain) else ""


def _instructions(frame: FrameType) -> Iterator[dis.Instruction]:
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.positions is not None and instruction.positions.lineno == frame.f_lineno:
            yield instruction


def _chains(frame: FrameType) -> Iterator[tuple[str, Any]]:
    chain, value = "", _MISSING
    for instruction in _instructions(frame):
        name = str(instruction.argval)
        if instruction.opname in _GOES_ON and chain:
            yield chain, value
            chain, value = f"{chain}.{name}", _attribute(value, name)
        elif instruction.opname not in _SILENT:
            if chain:
                yield chain, value
            chain, value = (name, _variable(frame, name)) if instruction.opname in _LOADS else ("", _MISSING)
    if chain:
        yield chain, value


def _variable(frame: FrameType, name: str) -> Any:
    for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if name in names:
            return names[name]
    return _MISSING


def _attribute(value: Any, name: str) -> Any:
    held = _dict_of(value)
    if name in held:
        return held[name]
    for cls in (*(value.__mro__ if isinstance(value, type) else ()), *type(value).__mro__):
        if name in vars(cls):
            found = vars(cls)[name]
            if isinstance(found, types.MemberDescriptorType):
                return _slot(found, value)
            return _MISSING if hasattr(type(found), "__get__") else found
    return _MISSING


def _dict_of(value: Any) -> Any:
    """The attributes of an object, module or class itself."""
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return held if isinstance(held, (dict, types.MappingProxyType)) else {}


def _slot(descriptor: types.MemberDescriptorType, value: Any) -> Any:
    try:
        return descriptor.__get__(value)
    except AttributeError:
        return _MISSING


def _holder(frame: FrameType, chain: str) -> Any:
    """What the last attribute of the chain is asked of."""
    root, *middle = chain.split(".")[:-1]
    value = _variable(frame, root)
    for name in middle:
        value = _attribute(value, name)
    return value


def _holder_is_module(frame: FrameType, chain: str) -> bool:
    return "." not in chain or isinstance(_holder(frame, chain), types.ModuleType)


def _is_of_class(frame: FrameType, chain: str) -> bool:
    """Is the last attribute of the chain held by the class alone?"""
    value, last = _holder(frame, chain), chain.rpartition(".")[2]
    if isinstance(value, types.ModuleType):
        return False
    if isinstance(value, type):
        return any(last in vars(cls) for cls in value.__mro__)
    return last not in _dict_of(value) and any(last in vars(cls) for cls in type(value).__mro__)


def _is_opaque(value: Any) -> bool:
    """An object of C code that a snapshot may not look into."""
    if isinstance(value, functools._lru_cache_wrapper):
        return True
    if isinstance(value, (type, types.ModuleType, types.CodeType)) or value is None or type(value) in PLAIN:
        return False
    if callable(value) and not hasattr(type(value), "__next__"):
        return False
    return KINDS[type(value)].role is Role.UNKNOWN or hasattr(type(value), "__next__")
