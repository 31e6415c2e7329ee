"""Where two states differ: every leaf by its path, and the first that are not equal.

A flattened state is made of values that msgpack knows, so it may come from another process.
"""

from __future__ import annotations

import enum
import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from peer.simulation.handlers.handler import Part
from peer.simulation.handlers.python_objects import Globals
from peer.simulation.state.digest import reading_of
from peer.simulation.state.graph import StateSnapshot, contents_of
from peer.simulation.state.leaves import leaf_bytes
from peer.simulation.state.portable_paths import portable
from peer.simulation.state.types import KINDS, PLAIN, Role

MAX_ELEMENTS: Final = 1024  # of an array that is told apart by element; a larger one by its bytes

Plain = bool | int | float | str | bytes | None
FlatState = dict[str, Plain]


def flatten(snapshot: StateSnapshot, roots: Iterable[tuple[str, Any]]) -> FlatState:
    """Path -> value of every leaf reached from `roots`, named as a person would (`zombie_list[3].rect.x`).

    roots: (name, object or plain value). The shortest path names an object that is reached by several.
    """
    flat: FlatState = {}
    contents, changed_classes = snapshot.contents(), snapshot.changed_classes()
    met: dict[int, str] = {}
    queue = deque(roots)
    while queue:
        path, value = queue.popleft()
        if len(path) > _LONGEST:  # along a list of links
            path = f"{path[:_LONGEST]}...({len(met)})"
        kind = KINDS[type(value)]
        if value is None or type(value) in PLAIN:
            flat[_name(path)] = _plain(value)
        elif kind.role is not Role.WALKED:
            if kind.role is not Role.PRESENTATION:
                flat[_name(path)] = _leaf(value, kind.role, kind.name)
        elif id(value) in met and kind.numbered:
            flat[_name(path)] = f"-> {met[id(value)]}"
        else:
            met[id(value)] = _name(path)
            held = contents_of(contents, value)
            parts = [part for handler, saved in held for part in handler.parts(saved)]
            if held and isinstance(held[0][0], Globals):
                parts = _changed_globals(snapshot, held[0][1])
            cls = changed_classes.get(id(value), type(value))
            flat[f"type({_name(path)})"] = KINDS[cls].name.decode()
            if isinstance(value, np.ndarray):
                parts = _with_elements(parts)
            queue.extend((path + suffix, part) for suffix, part in parts)
    return flat


def differences(ours: Mapping[str, Plain], theirs: Mapping[str, Plain], most: int = 5) -> list[str]:
    """The first differing paths with both values: `zombie_list[3].rect.x: 411 != 412`."""
    found: list[str] = []
    for path in [*ours, *(path for path in theirs if path not in ours)]:
        here, there = ours.get(path, _ABSENT), theirs.get(path, _ABSENT)
        if not _same(here, there) and not _drawn_later(path, here, there):
            found.append(f"{path}{_first_byte(here, there)}: {_show(here)} != {_show(there)}")
            if len(found) == most:
                break
    return found


def _changed_globals(snapshot: StateSnapshot, saved: tuple[Any, dict[str, Any]]) -> list[Part]:
    """Only what a digest tells."""
    return [(f".{name}", value) for name, value in reading_of(snapshot).changed_globals(saved).items()]


def _with_elements(parts: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """An array's elements by their indices, instead of its bytes, where they are few enough to be read."""
    held = dict(parts)
    dtype, shape, data = (held.get(part) for part in (".dtype", ".shape", ".data"))
    if not isinstance(data, bytes) or np.dtype(dtype).kind not in "biuf" or np.dtype(dtype).itemsize > 8:
        return parts
    array = np.frombuffer(data, np.dtype(dtype)).reshape(shape)
    if array.size > MAX_ELEMENTS:
        return parts
    named = [(f"[{','.join(map(str, index))}]", value.item()) for index, value in np.ndenumerate(array)]
    return [(suffix, part) for suffix, part in parts if suffix != ".data"] + named


_LONGEST: Final = 200  # letters of a path; what comes then is told by its number
_ABSENT: Final = "(absent)"
_MANGLED: Final = re.compile(r"\._\w+?__(\w)")


def _name(path: str) -> str:
    return _MANGLED.sub(r".__\1", path).lstrip(".")


def _plain(value: Any) -> Plain:
    if type(value) is int and value.bit_length() > 63:
        return str(value)
    return portable(value) if type(value) is str else value


def _leaf(value: Any, role: Role, name: bytes) -> Plain:
    if isinstance(value, np.generic):
        return f"{value!r}"
    if isinstance(value, enum.Enum):
        return str(value)
    return leaf_bytes(value, role, name).decode(errors="backslashreplace")


def _same(here: Plain, there: Plain) -> bool:
    # By text, which tells -0.0 from 0.0 and 1 from True, and finds NaN equal to itself.
    return type(here) is type(there) and repr(here) == repr(there)


def _drawn_later(path: str, here: Plain, there: Plain) -> bool:
    """An attribute that is None or absent here and a picture (left out) there: drawing, not state."""
    return {here, there} <= {None, _ABSENT} and not path.endswith("]")


def _first_byte(here: Plain, there: Plain) -> str:
    if isinstance(here, bytes) and isinstance(there, bytes):
        for index, (a, b) in enumerate(zip(here, there, strict=False)):
            if a != b:
                return f"[{index}:{index + 8}]"
    return ""


def _show(value: Plain) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
