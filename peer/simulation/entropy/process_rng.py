"""The process-wide RNGs as part of the state: `random`, `numpy.random`, and of games that use it torch's.

Cheap unless they are used. Asking them for their state costs 10 and 35 us, every frame, for generators that
most games never touch. So their memory is looked at first (0.2 us): only when it has changed are they asked
properly. Nothing is ever written to that memory, and nothing is assumed about its layout but that a draw
shows in it; that is tried out once at import, and without it they are simply asked each time.
"""

from __future__ import annotations

import _random
import ctypes
import random
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from peer.simulation.handlers import torch_tensors

_PYTHON: Final[random.Random] = random._inst
_NUMPY: Final[np.random.RandomState] = np.random.mtrand._rand
_HEADER: Final = object.__basicsize__
_TWISTER_BYTES: Final = 625 * 4


class WatchedRng:
    """One process-wide generator."""

    def __init__(self, look: Callable[[], Any], get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        self._look, self._get, self._put = look, get, put
        self._known: tuple[Any, Any] = (None, None)  # newest look, and the state it stood for

    def capture(self) -> tuple[Any, Any]:
        look = self._look()
        if look is None or look != self._known[0]:
            self._known = (look, self._get())
        return self._known

    def restore(self, saved: tuple[Any, Any]) -> None:
        look = self._look()
        if look is None or look != saved[0]:
            self._put(saved[1])
        if saved[0] is not None:
            self._known = saved  # as it will look now


def _memory(address: int, size: int) -> Any:
    return (ctypes.c_char * size).from_address(address)


def _python_rng() -> WatchedRng:
    twister = _memory(id(_PYTHON) + _HEADER, _random.Random.__basicsize__ - _HEADER)

    def look() -> Any:
        return twister.raw, _PYTHON.gauss_next  # type: ignore[attr-defined]

    def draws() -> None:
        _PYTHON.random()

    return WatchedRng(
        look if _shows(look, draws, _PYTHON.getstate, _PYTHON.setstate) else _blind,
        _PYTHON.getstate,
        _PYTHON.setstate,
    )


def _numpy_rng() -> WatchedRng:
    def get() -> Any:
        return _NUMPY.get_state(legacy=False)

    # Two places: the twister itself, and the RandomState object that may hold back a normal number.
    twister = _memory(_NUMPY._bit_generator.ctypes.state_address, _TWISTER_BYTES)
    holder = _memory(id(_NUMPY) + _HEADER, type(_NUMPY).__basicsize__ - _HEADER)

    def look() -> Any:
        return twister.raw, holder.raw

    def draws() -> None:
        _NUMPY.standard_normal()

    return WatchedRng(look if _shows(look, draws, get, _NUMPY.set_state) else _blind, get, _NUMPY.set_state)


def _blind() -> None:
    """Where looking does not work: always ask."""


def _shows(
    look: Callable[[], Any], draw: Callable[[], None], get: Callable[[], Any], put: Callable[[Any], None]
) -> bool:
    """Does each of a thousand draws show, and does putting the state back show the first look again?"""
    before, state = look(), get()
    looks = [before]
    for _ in range(1000):
        draw()
        looks.append(look())
    put(state)
    return len(set(looks)) == len(looks) and look() == before


def _torch_rng() -> WatchedRng:
    """Of games that use torch: it is there by then."""

    def get() -> Any:
        return torch_tensors.state_of(sys.modules["torch"].default_generator)

    def put(state: Any) -> None:
        torch_tensors.set_state(sys.modules["torch"].default_generator, state)

    return WatchedRng(get, get, put)


_WATCHED: Final = (_python_rng(), _numpy_rng(), _torch_rng())

ProcessRngState = tuple[
    tuple[Any, Any], ...
]  # (look, state) of random, numpy.random, and torch if it is used


def capture_process_rngs(torch: bool = False) -> ProcessRngState:
    python, numpy, of_torch = _WATCHED
    state = python.capture(), numpy.capture()
    return (*state, of_torch.capture()) if torch else state


def restore_process_rngs(saved: ProcessRngState) -> None:
    for watched, state in zip(_WATCHED, saved, strict=False):
        watched.restore(state)


def seed_process_rngs(seed: int, torch: bool = False) -> None:
    """All from one 64-bit seed, but not alike: they are the same twister, seeded the same way."""
    random.seed(seed)
    np.random.seed([seed & 0xFFFFFFFF, seed >> 32, 1])
    if torch:
        sys.modules["torch"].default_generator.manual_seed(seed & 0x7FFF_FFFF_FFFF_FFFF ^ 1)


def process_rng_parts(saved: ProcessRngState) -> list[tuple[str, Any]]:
    """For digests and diffs: names and plain values."""
    python, numpy = saved[0][1], saved[1][1]
    of_torch = [("torch.random", state) for _, state in saved[2:]]
    return [
        *of_torch,
        ("random", np.array(python[1], dtype="<u8").tobytes()),
        ("random.gauss_next", python[2]),
        ("numpy.random.key", numpy["state"]["key"].tobytes()),
        ("numpy.random.pos", int(numpy["state"]["pos"])),
        ("numpy.random.gauss", (int(numpy["has_gauss"]), float(numpy["gauss"]))),
    ]


class GameRngs:
    """The game's own place in the process-wide RNGs, whoever else draws from them between its frames.

    As long as nobody else does, the game's state is simply left in place, and entering costs a look.
    """

    def __init__(self) -> None:
        self.torch = False  # does the game use torch?
        self.state = capture_process_rngs()
        self._others: ProcessRngState | None = None

    def capture(self) -> ProcessRngState:
        """The generators as they are now, for use within."""
        return capture_process_rngs(self.torch)

    def watch_torch(self) -> None:
        """From now on torch's generator is among the game's."""
        if not self.torch:
            self.torch = True
            self.state = (*self.state, _WATCHED[2].capture())

    def __enter__(self) -> None:
        present = self.capture()
        if self._others is not None or not _equal(present, self.state):
            self._others = present
            restore_process_rngs(self.state)

    def __exit__(self, *_: object) -> None:
        self.state = self.capture()
        if self._others is not None:
            restore_process_rngs(self._others)

    def be_alone(self) -> None:
        """Nobody else draws any more, as in a match: the game's state stays in place from now on."""
        restore_process_rngs(self.state)
        self._others = None

    def restore(self, state: ProcessRngState) -> None:
        """Go back to a state the game was in; to be entered next time."""
        if self._others is None and not _equal(state, self.state):
            with self:  # leaves others' draws, if any, to others
                restore_process_rngs(state)
        self.state = state


def _equal(a: ProcessRngState, b: ProcessRngState) -> bool:
    return all(one is other or one[0] == other[0] is not None for one, other in zip(a, b, strict=True))
