"""How much memory a snapshot takes."""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np

from peer.simulation.state.graph import StateSnapshot


def bytes_of(graph: StateSnapshot) -> int:
    """What one snapshot keeps in memory for itself."""
    held = [taken for _, _, taken, _ in graph.attributes]
    total = sum(map(sys.getsizeof, [*held, *(saved for _, saved in (*graph.lists, *graph.dicts))]))
    return total + sum(_size(saved) for _, _, saved in graph.all_others())


def _size(saved: Any) -> int:
    if isinstance(saved, np.ndarray):
        return saved.nbytes + sys.getsizeof(saved) * saved.flags.owndata
    held = saved if type(saved) in _HOLD else [getattr(saved, name) for name in _fields_of(saved)]
    within = sum(_size(item) for item in held if type(item) in (*_HOLD, np.ndarray, bytes))
    return int(getattr(saved, "nbytes", 0)) + sys.getsizeof(saved) + within


_HOLD: Final = (tuple, list)


def _fields_of(saved: Any) -> tuple[str, ...]:
    """Of an engine's memory."""
    return getattr(type(saved), "__slots__", ())
