"""Action masks: whether an action is legal now, and the legal one that stands in for one that is not.

All peers read the same mask from the same state, so they put the same action in its place. A mask has the
form that `Space.sample(mask)` of Gymnasium takes; for MultiDiscrete one flat array will do, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

_EITHER = 2  # in a mask of flags: both values are legal


def legal_action(space: spaces.Space[Any], action: Any, mask: Any, stand_in: Any) -> Any:
    """`action`, each illegal part replaced: by that part of `stand_in` if it is legal, else the lowest legal.

    Where a mask forbids everything, or is of a form we do not know, the action stays as it is.
    """
    if mask is None:
        return action
    if isinstance(space, spaces.Discrete):
        return _legal_index(action, mask, stand_in, int(space.start))
    if isinstance(space, spaces.MultiDiscrete):
        return _legal_indices(space, action, mask, stand_in)
    if isinstance(space, spaces.MultiBinary):
        flags = _as_array(mask)
        return (
            action
            if flags.shape != space.shape
            else np.where(flags == _EITHER, action, flags).astype(space.dtype)
        )
    if isinstance(space, spaces.Tuple) and _is_sequence(mask, len(space.spaces)):
        parts = zip(space.spaces, action, mask, stand_in, strict=True)
        return tuple(legal_action(*part) for part in parts)
    if isinstance(space, spaces.Dict) and isinstance(mask, dict):
        return {
            key: legal_action(part, action[key], mask.get(key), stand_in[key])
            for key, part in space.spaces.items()
        }
    return action


def is_legal(space: spaces.Space[Any], action: Any, mask: Any) -> bool:
    """Would it be played as it is?"""
    return _same(action, legal_action(space, action, mask, action))


def _legal_index(index: Any, mask: Any, stand_in: Any, start: int) -> int:
    legal = np.flatnonzero(_as_array(mask)) + start
    if not len(legal) or index in legal:
        return int(index)
    return int(stand_in if stand_in in legal else legal[0])


def _legal_indices(space: spaces.MultiDiscrete, action: Any, mask: Any, stand_in: Any) -> Any:
    lengths = space.nvec.ravel()
    if (
        isinstance(mask, np.ndarray)
        and mask.ndim == 1
        and mask.dtype != object
        and len(mask) == lengths.sum()
    ):
        mask = np.split(mask, np.cumsum(lengths)[:-1])
    masks = list(_flat_masks(mask))
    if [len(one) for one in masks] != lengths.tolist():
        return action
    indices = [
        _legal_index(int(index), one, int(other), int(start))
        for index, one, other, start in zip(action.flat, masks, stand_in.flat, space.start.flat, strict=True)
    ]
    return np.array(indices, action.dtype).reshape(action.shape)


def _flat_masks(mask: Any) -> Any:
    """The one-dimensional masks inside nested tuples."""
    if isinstance(mask, (tuple, list)):
        for one in mask:
            yield from _flat_masks(one)
    else:
        yield _as_array(mask)


def _as_array(mask: Any) -> np.ndarray[Any, Any]:
    return np.asarray(mask)


def _is_sequence(mask: Any, length: int) -> bool:
    return isinstance(mask, Sequence) and len(mask) == length


def _same(action: Any, other: Any) -> bool:
    if isinstance(action, dict):
        return all(_same(action[key], other[key]) for key in action)
    if isinstance(action, tuple):
        return all(map(_same, action, other))
    return bool(np.array_equal(action, other))
