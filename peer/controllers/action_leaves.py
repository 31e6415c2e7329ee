"""An action of several numbers as one list of them: boxes, flags, choices, and dicts and tuples of those."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from peer.controllers.controller import ActionCodec

_MOST_LEAVES: Final = 16  # more numbers than anybody has fingers for
_MOST_CHOICES: Final = 10
_BOUNDS_TRIED: Final = (1.0, 2.0, 0.4, 0.5, 0.1, 3.0, 5.0, 8.0, 10.0, 100.0)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One number: at rest, and what else it may be: of a whole number all it may be, else the outermost."""

    rest: float
    others: tuple[float, ...]


def acting_codec(codec: ActionCodec) -> ActionCodec:
    """Of the actions themselves: in turn-based games the zero of a slot is to wait."""
    acting: ActionCodec = getattr(codec, "action", codec)
    return acting


def action_at_rest(codec: ActionCodec) -> Any:
    """The action nearest to doing nothing."""
    acting = acting_codec(codec)
    return acting.decode(acting.zero())


def leaves_of(action: Any) -> list[float]:
    """Ints for whole numbers, floats for others."""
    if isinstance(action, dict):
        return [leaf for part in action.values() for leaf in leaves_of(part)]
    if isinstance(action, tuple):
        return [leaf for part in action for leaf in leaves_of(part)]
    if isinstance(action, np.ndarray):
        values: list[float] = action.ravel().tolist()
        return values
    return [int(action)]


def with_leaves(action: Any, leaves: Sequence[float]) -> Any:
    """An action of the same shape as `action`, with these numbers."""
    return _filled(action, iter(leaves))


def probe_leaves(codec: ActionCodec) -> list[Leaf]:
    """What each number of a slot's actions may be; [] if there are too many to play by hand.

    Asks the codec what it takes, so it knows no kinds of spaces.
    """
    acting, rest = acting_codec(codec), action_at_rest(codec)
    numbers = leaves_of(rest)
    if len(numbers) > _MOST_LEAVES:
        return []
    leaves = []
    for index, number in enumerate(numbers):
        others = _whole(acting, rest, index) if isinstance(number, int) else _outermost(acting, rest, index)
        if len(others) >= _MOST_CHOICES:
            return []
        leaves.append(Leaf(number, tuple(others)))
    return leaves


def _whole(codec: ActionCodec, rest: Any, index: int) -> list[float]:
    start = leaves_of(rest)[index]
    found: list[float] = []
    for step in (1, -1):
        value = start + step
        while len(found) < _MOST_CHOICES and _takes(codec, rest, index, value):
            found.append(value)
            value += step
    return sorted(found)


def _outermost(codec: ActionCodec, rest: Any, index: int) -> list[float]:
    """The bounds, if they are among the usual ones; else the largest usual number that is taken."""
    found = []
    for sign in (-1.0, 1.0):
        taken = [bound for bound in _BOUNDS_TRIED if _takes(codec, rest, index, sign * bound)]
        bounds = [bound for bound in taken if not _takes(codec, rest, index, sign * bound * 1.01)]
        if taken:
            found.append(sign * (bounds or taken)[0])
    return found


def _takes(codec: ActionCodec, rest: Any, index: int, value: float) -> bool:
    leaves = leaves_of(rest)
    leaves[index] = value
    try:
        codec.encode(with_leaves(rest, leaves))
    except (ValueError, OverflowError):
        return False
    return True


def _filled(action: Any, leaves: Iterator[float]) -> Any:
    if isinstance(action, dict):
        return {key: _filled(part, leaves) for key, part in action.items()}
    if isinstance(action, tuple):
        return tuple(_filled(part, leaves) for part in action)
    if isinstance(action, np.ndarray):
        values = [next(leaves) for _ in range(action.size)]
        return np.array(values).astype(action.dtype).reshape(action.shape)
    return int(next(leaves))
