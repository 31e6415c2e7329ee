"""Which types are leaves, which are presentation, and how the contents of all others are taken.

A type is looked at once; the verdict is kept. Whatever cannot be judged safely is `unknown`, and an
environment that reaches such an object cannot be captured: better said than silently wrong.
"""

from __future__ import annotations

import _random
import _thread
import array
import datetime
import decimal
import enum
import functools
import io
import operator
import re
import struct
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import numpy as np

from peer.simulation.handlers import numpy_objects, outside
from peer.simulation.handlers import python_objects as handle
from peer.simulation.handlers.handler import Handler
from peer.simulation.handlers.python_objects import ATTRIBUTES
from peer.simulation.handlers.registry import BadHandlersError, registered
from peer.simulation.packages import REFUSED
from peer.simulation.source_lines import Whose, module_of, type_name, whose
from peer.simulation.state import left_out


class Role(enum.Enum):
    LEAF = enum.auto()  # immutable, leads nowhere
    PRESENTATION = enum.auto()  # what is shown or logged: shared, neither copied nor digested
    WALKED = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True)
class Kind:
    """The verdict about one type."""

    role: Role
    name: bytes  # qualified name, for digests
    handlers: tuple[Handler, ...] = ()
    numbered: bool = True  # identity matters: a second sight is a reference to the first
    why: str = ""  # it is unknown


LIST_ITEMS: Final = handle.ListItems()
DICT_ITEMS: Final = handle.DictItems()

# Shared, so that the walk can tell the commonest kinds by identity.
ONLY_ATTRIBUTES: Final[tuple[Handler, ...]] = (ATTRIBUTES,)
ONLY_LIST: Final[tuple[Handler, ...]] = (LIST_ITEMS,)
ONLY_DICT: Final[tuple[Handler, ...]] = (DICT_ITEMS,)

_ARGUMENTS: Final = handle.Through("args")
_RNG: Final = (numpy_objects.BitGenerator(),)
_VIEW: Final = (handle.Through("mapping"),)

# Types whose memory holds more than attributes and slots: what of it is state.
_FOUNDATIONS: Final[dict[type, tuple[Handler, ...]]] = {
    object: (),
    list: ONLY_LIST,
    dict: ONLY_DICT,
    OrderedDict: (handle.OrderedDictItems(),),
    defaultdict: (DICT_ITEMS, handle.DefaultFactory()),
    set: (handle.SetItems(),),
    frozenset: (handle.Frozenset(),),
    tuple: (handle.Through(),),
    deque: (handle.DequeItems(),),
    bytearray: (handle.Buffer(),),
    array.array: (handle.Buffer(),),
    np.ndarray: (numpy_objects.Array(),),
    np.random.Generator: (handle.Through("bit_generator"),),
    np.random.BitGenerator: _RNG,
    np.random.RandomState: (numpy_objects.LegacyRandomState(),),
    np.random.SeedSequence: (numpy_objects.Seeds(),),
    np.void: (numpy_objects.Record(),),
    _random.Random: (numpy_objects.PythonRandom(),),
    types.SimpleNamespace: (),
    types.FunctionType: (handle.Function(),),
    types.MethodType: (handle.Method(),),
    types.BuiltinFunctionType: (handle.Method(),),
    types.MethodWrapperType: (handle.Method(),),
    functools._lru_cache_wrapper: (handle.Through("__wrapped__"),),
    types.CellType: (handle.Cell(),),
    functools.partial: (handle.Through("func", "args", "keywords"),),
    types.MappingProxyType: (handle.Values(),),
    slice: (handle.Through("start", "stop", "step"),),
    type({}.keys()): _VIEW,
    type({}.values()): _VIEW,
    type({}.items()): _VIEW,
    memoryview: (handle.View(),),
    io.StringIO: (outside.MemoryFile(),),
    io.BytesIO: (outside.MemoryFile(),),
}
_IMMUTABLE_FOUNDATIONS: Final = (int, float, complex, str, bytes)
_UNNUMBERED: Final = (
    tuple,
    frozenset,
    types.MethodType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    slice,
    types.MappingProxyType,
)

_LEAF_TYPES: Final = frozenset(
    {type(None), bool, int, float, complex, str, bytes, range, type(Ellipsis), type(NotImplemented)}
    | {re.Pattern, re.Match, datetime.timedelta, datetime.date, datetime.time, datetime.datetime}
    | {datetime.timezone, decimal.Decimal, np.ufunc, property, classmethod, staticmethod}
    | {types.MethodDescriptorType, types.WrapperDescriptorType, struct.Struct}
    | {operator.itemgetter, operator.attrgetter, operator.methodcaller}
    | {types.GetSetDescriptorType, types.MemberDescriptorType, types.ClassMethodDescriptorType}
    | {types.CodeType, types.GenericAlias, types.UnionType}
)
_LEAF_BASES: Final = (type, types.ModuleType, enum.Enum, np.generic, np.dtype, PurePath)

# What reaches out of the state, each looked at: see outside.py.
_FILE: Final = (outside.File(),)
_LOCK: Final = (outside.Lock(),)
_WEAK: Final = (outside.WeakReference(),)
_WEAK_MEMBERS: Final = (outside.WeakMembers(),)
_OUTSIDE: Final[tuple[tuple[type, tuple[Handler, ...]], ...]] = (
    *((kind, _WEAK) for kind in (weakref.ref, weakref.ProxyType, weakref.CallableProxyType)),
    *((kind, _WEAK_MEMBERS) for kind in (weakref.WeakSet, weakref.WeakValueDictionary)),
    (weakref.WeakKeyDictionary, _WEAK_MEMBERS),
    *((kind, _LOCK) for kind in (_thread.LockType, _thread.RLock)),
)

PLAIN: Final[frozenset[type]] = frozenset({bool, int, float, str, bytes})  # leaves that marshal knows

FLAT: Final[dict[type, Handler]] = {}  # types seen so far with one handler that leads nowhere

SKIPPED: Final[set[type]] = set(_LEAF_TYPES)  # every type seen so far that a walk passes by


_MANY_KINDS: Final = 200


class _Kinds(dict[type, Kind]):
    """type -> Kind, judged at first sight.

    Who defines a class in a function makes another one each time. None is kept alive for its verdict.
    """

    enough = _MANY_KINDS  # to look for classes that may be gone

    def __missing__(self, cls: type) -> Kind:
        if len(self) >= self.enough:
            self._forget_local_classes()
        kind = self[cls] = _judge(cls)
        if kind.role in (Role.LEAF, Role.PRESENTATION):
            SKIPPED.add(cls)
        elif len(kind.handlers) == 1 and kind.handlers[0].flat:
            FLAT[cls] = kind.handlers[0]
        return kind

    def _forget_local_classes(self) -> None:
        for cls in [cls for cls in self if "<locals>" in cls.__qualname__]:
            del self[cls]
            SKIPPED.discard(cls)
            FLAT.pop(cls, None)
        self.enough = len(self) + _MANY_KINDS


KINDS: Final = _Kinds()


def _judge(cls: type) -> Kind:
    name = type_name(cls)
    encoded = name.encode()
    try:
        found = registered(cls)
    except BadHandlersError as error:
        return Kind(Role.UNKNOWN, encoded, why=str(error))
    if found is not None:
        return _judge_registered(cls, encoded, *found)
    for base in cls.__mro__:
        if (package := module_of(base).partition(".")[0]) in REFUSED:
            return Kind(Role.UNKNOWN, encoded, why=REFUSED[package])
    if cls.__name__ == "SwigPyObject":
        return Kind(Role.LEAF, encoded)  # an address
    if left_out.is_presentation(cls, _foundation(cls)[0]):
        return Kind(Role.PRESENTATION, encoded)
    if issubclass(cls, np.void):
        return Kind(Role.WALKED, encoded, _FOUNDATIONS[np.void])
    if cls in _LEAF_TYPES or issubclass(cls, _LEAF_BASES) or name in left_out.CONSTANTS:
        return Kind(Role.LEAF, encoded)
    if issubclass(cls, BaseException):
        return Kind(Role.WALKED, encoded, (_ARGUMENTS, ATTRIBUTES))
    for kind, handlers in _OUTSIDE:
        if issubclass(cls, kind):
            return Kind(Role.WALKED, encoded, handlers)
    if issubclass(cls, io.IOBase) and _foundation(cls)[0] not in _FOUNDATIONS:
        own = (*_FILE, ATTRIBUTES) if cls.__flags__ & _HEAP_TYPE and cls.__dictoffset__ else _FILE
        return Kind(Role.WALKED, encoded, own)
    if issubclass(cls, weakref.finalize) or _is_of_swig(cls) or _acts_when_freed(cls):
        return Kind(Role.UNKNOWN, encoded, why=_why_unknown(cls))
    return _judge_layout(cls, encoded)


def _judge_registered(cls: type, name: bytes, base: type, handlers: tuple[Handler, ...]) -> Kind:
    """By the handlers of `base`, and what `cls` adds to it."""
    slots = _foundation(cls, base)[1]
    if slots:
        handlers = (*handlers, handle.Slots(cls, slots))
    if cls.__dictoffset__ and not base.__dictoffset__:
        handlers = (*handlers, ATTRIBUTES)
    if not handlers:
        return Kind(Role.LEAF, name)
    if handlers == ONLY_ATTRIBUTES:
        handlers = ONLY_ATTRIBUTES
    return Kind(Role.WALKED, name, handlers, numbered=not all(handler.immutable for handler in handlers))


def _is_of_swig(cls: type) -> bool:
    """A class of C++ behind SWIG, whose state is there."""
    return any("thisown" in vars(base) for base in cls.__mro__)


def _why_unknown(cls: type) -> str:
    names = [type_name(base) for base in cls.__mro__]
    for start, why in _WHY.items():
        if any(name.startswith(start) for name in names):
            return why
    if hasattr(cls, "__next__"):
        return "which does not tell where it has come to; an index would"
    return outside.FREED if hasattr(cls, "__del__") else ""


_WHY: Final = {
    "builtins.generator": "which does not tell where it has come to; a counter would",
    "builtins.coroutine": "which does not tell where it has come to",
    "_cffi_backend.": "memory of a C library that cannot be put back exactly",
    "_ctypes.": "memory of a C library that cannot be put back exactly",
    "weakref.": outside.FREED,
}


def _acts_when_freed(cls: type) -> bool:
    """Has the environment given it a finalizer? (Its own, which closes windows, is called after play.)"""
    home = next((base for base in cls.__mro__ if "__del__" in vars(base)), None)
    is_played = hasattr(cls, "step") and hasattr(cls, "reset")
    return home is not None and whose(module_of(home)) is Whose.ENVIRONMENT and not is_played


def _judge_layout(cls: type, name: bytes) -> Kind:
    """By what its memory holds: a known foundation, and Python classes with attributes and slots above it."""
    foundation, slots = _foundation(cls)
    if foundation in _IMMUTABLE_FOUNDATIONS:
        handlers: tuple[Handler, ...] | None = ()
        if not cls.__dictoffset__ and not slots:
            return Kind(Role.LEAF, name)
    else:
        handlers = _FOUNDATIONS.get(foundation)
    if handlers is None:
        return Kind(Role.UNKNOWN, name, why=_why_unknown(cls))
    if slots:
        handlers = (*handlers, handle.Slots(cls, slots))
    if cls.__dictoffset__:
        handlers = (*handlers, ATTRIBUTES) if handlers else ONLY_ATTRIBUTES
    if not handlers:
        return Kind(Role.LEAF, name)  # object(), and instances of empty classes
    return Kind(Role.WALKED, name, handlers, numbered=foundation not in _UNNUMBERED)


def _foundation(cls: type, known: type | None = None) -> tuple[type, list[Any]]:
    """The first base whose memory is not fully explained by `__dict__`, `__weakref__` and `__slots__`.

    known: a base that needs no explanation.
    Returns: that base, and the slot descriptors of the classes above it.
    """
    slots: list[Any] = []
    while cls not in _FOUNDATIONS and cls is not known:
        base = cls.__base__
        if base is np.random.BitGenerator:
            return base, slots
        if base is None or not cls.__flags__ & _HEAP_TYPE:
            return cls, slots
        own = [item for item in vars(cls).values() if isinstance(item, types.MemberDescriptorType)]
        extra = cls.__basicsize__ - base.__basicsize__
        most = _WORD * (len(own) + ("__dict__" in vars(cls)) + ("__weakref__" in vars(cls)))
        if not _WORD * len(own) <= extra <= most:
            return cls, slots
        slots += own
        cls = base
    return cls, slots


_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_WORD: Final = object.__basicsize__ // 2
