"""pandas' frames, series and indexes, known by name; pandas itself is never imported here.

Since version 3 a copy of a frame shares its memory until one of the two is written to. So a snapshot is such
a copy, and a frame that has not been written to since still consists of the very same blocks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from operator import is_
from typing import Any, Final
from weakref import ref

import numpy as np

from peer.simulation.handlers.handler import Handler, Part, Unchanging
from peer.simulation.source_lines import type_name

_PLAIN: Final = (str, int, float, bool, bytes, type(None), date, timedelta)
# Of a frame's attributes: its data, and what pandas keeps beside them for its own use.
_ITS_OWN: Final = frozenset({"_mgr", "_flags", "_item_cache", "_cacher", "_is_copy"})


class SavedFrame:
    """A copy of a frame or series, and what it holds that may change by itself."""

    __slots__ = ("data", "held")

    def __init__(self, data: Any) -> None:
        self.data = data
        self.held = tuple(_objects_in(data))

    @property
    def nbytes(self) -> int:
        return int(np.sum(self.data.memory_usage(index=False)))

    def columns(self) -> list[tuple[str, Any]]:
        """By how a path goes on; the labels of the rows first."""
        data = self.data
        if data.ndim == 1:
            return [(".index", data.index), ("", data)]
        columns = [(f"[{name!r}]", data.iloc[:, at]) for at, name in enumerate(data.columns.tolist())]
        return [(".index", data.index), *columns]


@dataclass(frozen=True, slots=True)
class _Newest:
    """What a frame was last taken as, or put back to, and of which blocks it consisted then."""

    owner: ref[Any]
    saved: SavedFrame
    blocks: list[Any]

    def still(self, obj: Any) -> bool:
        if self.owner() is not obj:
            return False
        blocks = _blocks_of(obj)
        return len(blocks) == len(self.blocks) and all(map(is_, blocks, self.blocks))


def _blocks_of(obj: Any) -> list[Any]:
    manager = obj._mgr
    return [manager, *(block.values for block in manager.blocks), *manager.axes]


class Frame(Handler):
    """A DataFrame or Series."""

    tag = b"pF"
    has_attributes = True

    def __init__(self) -> None:
        self.attributes = _Beside()
        self._newest: dict[int, _Newest] = {}

    def take(self, obj: Any) -> SavedFrame:
        newest = self._newest.get(id(obj))
        if newest is not None and _copies_on_write() and newest.still(obj):
            return newest.saved
        saved = SavedFrame(_copy(obj))
        self._remember(obj, saved)
        return saved

    def put(self, obj: Any, saved: SavedFrame) -> None:
        newest = self._newest.get(id(obj))
        if newest is not None and newest.saved is saved and _copies_on_write() and newest.still(obj):
            return
        object.__setattr__(obj, "_mgr", _copy(saved.data)._mgr)
        obj.__dict__.get("_item_cache", {}).clear()
        self._remember(obj, saved)

    def _remember(self, obj: Any, saved: SavedFrame) -> None:
        key = id(obj)
        owner = ref(obj, lambda _: self._newest.pop(key, None))
        self._newest[key] = _Newest(owner, saved, _blocks_of(obj))

    def children(self, saved: SavedFrame) -> Iterable[Any]:
        return saved.held

    def parts(self, saved: SavedFrame) -> list[Part]:
        parts: list[Part] = []
        for name, column in saved.columns():
            parts += [(f"{name}[{place}]", value) for place, value in enumerate(column.tolist())]
        return parts

    def values(self, saved: SavedFrame) -> list[Any]:
        told: list[Any] = []
        for name, column in saved.columns():
            told += [name, str(column.dtype), _bytes_of(column)]
        return [*told, *saved.held]


class _Beside(Handler):
    """Attributes of a frame that are not its data: its name, and what a user has set."""

    tag = b"a"

    def take(self, obj: Any) -> dict[str, Any]:
        return {name: value for name, value in obj.__dict__.items() if name not in _ITS_OWN}

    def put(self, obj: Any, saved: dict[str, Any]) -> None:
        live = obj.__dict__
        for name in live.keys() - saved.keys() - _ITS_OWN:
            del live[name]
        live.update(saved)

    def children(self, saved: dict[str, Any]) -> Iterable[Any]:
        return saved.values()

    def parts(self, saved: dict[str, Any]) -> list[Part]:
        return [(f".{name}", value) for name, value in saved.items()]


class Index(Unchanging):
    """An index of any kind: it never changes, but for what pandas has worked out of it."""

    tag = b"pI"

    def parts(self, saved: Any) -> list[Part]:
        labels = [(f"[{place}]", label) for place, label in enumerate(saved.tolist())]
        return [(".names", repr(list(saved.names))), *labels]

    def values(self, saved: Any) -> list[Any]:
        return [repr(list(saved.names)), str(saved.dtype), _bytes_of(saved)]


@cache
def _copies_on_write() -> bool:
    pandas = sys.modules["pandas"]
    return int(pandas.__version__.partition(".")[0]) >= 3 or pandas.options.mode.copy_on_write is True


def _copy(obj: Any) -> Any:
    return obj.copy(deep=not _copies_on_write())


def _objects_in(data: Any) -> Iterator[Any]:
    for block in data._mgr.blocks:
        if block.values.dtype == object:
            yield from (value for value in np.ravel(block.values).tolist() if not _is_plain(value))


def _is_plain(value: Any) -> bool:
    """May it be told by its words? What it says of itself must be all there is to it."""
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return isinstance(value, _PLAIN) or type_name(type(value)) in SCALARS


def _bytes_of(column: Any) -> bytes:
    """Its elements; `None` in the place of objects that are told by themselves."""
    elements = column.to_numpy()
    if elements.dtype.kind != "O":
        return bytes(elements.tobytes())
    plain = [value if _is_plain(value) else None for value in elements]
    return repr(plain).encode()


# Constants: points and lengths of time, and what stands for a missing value.
SCALARS: Final = frozenset(
    {f"pandas.{name}" for name in ("Timestamp", "Timedelta", "Period", "Interval")}
    | {"pandas.api.typing.NaTType", "pandas.api.typing.NAType"}
    # before 3
    | {"pandas._libs.tslibs.timestamps.Timestamp", "pandas._libs.tslibs.timedeltas.Timedelta"}
    | {"pandas._libs.tslibs.period.Period", "pandas._libs.interval.Interval"}
    | {"pandas._libs.tslibs.nattype.NaTType", "pandas._libs.missing.NAType"}
)
_FRAME, _INDEX = Frame(), Index()
HANDLERS: Final[dict[str, Handler]] = {
    "pandas.DataFrame": _FRAME,
    "pandas.Series": _FRAME,
    "pandas.Index": _INDEX,
    # before 3
    "pandas.core.frame.DataFrame": _FRAME,
    "pandas.core.series.Series": _FRAME,
    "pandas.core.indexes.base.Index": _INDEX,
}
