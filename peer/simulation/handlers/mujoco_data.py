"""MuJoCo: all is copied (mj_copyData); its get-and-set-state functions leave out what lags a step behind."""

from __future__ import annotations

import ctypes
import operator
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from netcode.errors import UncapturableStateError
from peer.simulation.handlers.handler import Handler, Handlers, Part


class SavedData:
    """A copy of an MjData. Allocating one takes a millisecond, so old ones are used again."""

    __slots__ = ("_spare", "data")

    def __init__(self, data: Any, spare: list[Any]) -> None:
        self.data = data
        self._spare = spare

    @property
    def nbytes(self) -> int:
        """Without its arena, of which a step uses a part."""
        return int(getattr(self.data, "nbuffer", 0))

    def __del__(self) -> None:
        self._spare.append(self.data)


class MujocoData(Handler):
    """Where everything is, and all that MuJoCo has worked out of it."""

    tag = b"M"
    flat = True

    def __init__(self) -> None:
        self._spare: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()  # by model

    def capture(self, obj: Any) -> SavedData:
        model = obj.model
        spare = self._spare.setdefault(model, [])
        saved = SavedData(spare.pop() if spare else type(obj)(model), spare)
        _copier()(saved.data, model, obj)
        return saved

    def restore(self, obj: Any, saved: SavedData) -> None:
        _copier()(obj, obj.model, saved.data)

    def parts(self, saved: SavedData) -> list[Part]:
        named: list[Part] = [(".time", saved.data.time)]
        for name in _ARRAYS:
            named += _elements(f".{name}", getattr(saved.data, name))
        return named

    def values(self, saved: SavedData) -> list[Any]:
        return [saved.data.time, *(getattr(saved.data, name).tobytes() for name in _ARRAYS)]


@cache
def _copier() -> Callable[[Any, Any, Any], Any]:
    """mj_copyData(to, model, from). Packages before 4 have it in their library only.

    Raises: UncapturableStateError.
    """
    mujoco = sys.modules["mujoco"]
    if hasattr(mujoco, "mj_copyData"):
        return mujoco.mj_copyData  # type: ignore[no-any-return]
    try:
        (library,) = (
            found for found in Path(str(mujoco.__file__)).parent.iterdir() if _LIBRARY.fullmatch(found.name)
        )
        copy = ctypes.CDLL(str(library)).mj_copyData
    except (OSError, ValueError, AttributeError):
        raise UncapturableStateError("the state cannot be remembered: MuJoCo without mj_copyData") from None
    copy.argtypes, copy.restype = [ctypes.c_void_p] * 3, ctypes.c_void_p
    return lambda to, model, origin: copy(to._address, model._address, origin._address)


_LIBRARY: Final = re.compile(r"libmujoco\..*|mujoco\.dll")
_ARRAYS: Final = ("qpos", "qvel", "act", "ctrl", "qacc_warmstart", "xfrc_applied", "mocap_pos", "mocap_quat")


class Constants(NamedTuple):
    """Of one model at one time."""

    memory: tuple[bytes, ...]  # by stretch
    options: tuple[float, ...]  # those that are single numbers
    holes: tuple[list[tuple[int, int]], ...]  # by stretch: from where to where there is none of the arrays


def _without_holes(memory: Iterable[bytes], holes: Iterable[list[tuple[int, int]]]) -> Iterator[bytes]:
    """What is in a hole is nobody's, and differs between processes."""
    for stretch, gaps in zip(memory, holes, strict=True):
        filled = bytearray(stretch)
        for start, end in gaps:
            filled[start:end] = bytes(end - start)
        yield bytes(filled)


class MujocoModel(Handler):
    """The world's constants, which some games change: all but pictures and shapes, which are for drawing.

    Looked at each time, and kept anew only when they have changed.
    """

    tag = b"W"
    flat = True

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, _Places] = WeakKeyDictionary()

    def capture(self, obj: Any) -> Constants:
        known = self._known.get(obj)
        if known is None:
            known = self._known[obj] = _Places(obj)
        return known.capture()

    def restore(self, obj: Any, saved: Constants) -> None:
        self._known[obj].restore(saved)

    def parts(self, saved: Constants) -> list[Part]:
        constants = _without_holes(saved.memory, saved.holes)
        return [
            *((f".constants[{index}]", memory) for index, memory in enumerate(constants)),
            (".opt", saved.options),
        ]


_ASSETS: Final = ("tex_", "mesh_", "hfield_", "skin_", "flex_", "name", "text_", "paths", "bvh_", "oct_")


class _Places:
    """The memory of one model's arrays and options, in as few stretches as they lie in."""

    def __init__(self, model: Any) -> None:
        self._stretches: list[tuple[int, int]] = []
        holes = []
        for arrays in (_arrays_of(model), _arrays_of(model.opt)):  # which come first in memory differs
            held = sorted((array.ctypes.data, array.nbytes) for array in arrays)
            self._stretches += _merged(held)
            holes += [_holes(stretch, held) for stretch in _merged(held)]
        self._holes = tuple(holes)
        self._options = model.opt
        self._scalars = [
            name
            for name in dir(model.opt)
            if type(getattr(model.opt, name)) in (int, float) and name[0] != "_"
        ]
        self._scalars_of = operator.attrgetter(*self._scalars)
        self._newest = Constants((), (), ())

    def capture(self) -> Constants:
        options = self._options
        memory = tuple(ctypes.string_at(start, size) for start, size in self._stretches)
        taken = Constants(memory, self._scalars_of(options), self._holes)
        if taken != self._newest:
            self._newest = taken
        return self._newest

    def restore(self, saved: Constants) -> None:
        if self.capture() == saved:
            return
        for (start, size), memory in zip(self._stretches, saved.memory, strict=True):
            ctypes.memmove(start, memory, size)
        for name, value in zip(self._scalars, saved.options, strict=True):
            setattr(self._options, name, value)


def _arrays_of(holder: Any) -> list[np.ndarray[Any, Any]]:
    found = []
    for name in dir(holder):
        if not name.startswith(("_", *_ASSETS)):
            value = getattr(holder, name)
            if isinstance(value, np.ndarray) and value.size and value.flags.writeable:
                found.append(value)
    return found


def _merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(start, size) of stretches of memory, neighbours as one."""
    merged: list[tuple[int, int]] = []
    for start, size in sorted(stretches):
        if merged and start <= sum(merged[-1]) + _GAP:
            merged[-1] = (merged[-1][0], max(sum(merged[-1]), start + size) - merged[-1][0])
        else:
            merged.append((start, size))
    return merged


def _holes(stretch: tuple[int, int], held: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The gaps between the sorted `held` within a stretch, counted from its start."""
    found, end = [], stretch[0]
    for start, size in held:
        if stretch[0] <= start < sum(stretch):
            if start > end:
                found.append((end - stretch[0], start - stretch[0]))
            end = max(end, start + size)
    return found


_GAP: Final = 64  # bytes between two arrays of one allocation, for their alignment


def _elements(path: str, array: np.ndarray[Any, Any]) -> list[Part]:
    return [(f"{path}[{index}]", value) for index, value in enumerate(array.ravel().tolist())]


HANDLERS: Final[Mapping[str, Handlers]] = {
    "mujoco._structs.MjData": (MujocoData(),),
    "mujoco._structs.MjModel": (MujocoModel(),),
}
