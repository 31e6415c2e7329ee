"""Actions written by people (TOML, JSON, an environment's key table) as actions of a space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from netcode.errors import ConfigError
from peer.controllers.controller import ActionCodec


def as_action(value: Any, codec: ActionCodec, where: str) -> Any:
    """`value` as an action that `codec` can encode: lists become arrays, a number fills a small Box.

    Raises: ConfigError naming the place, the value and the space.
    """
    try:
        action = _shaped(value, codec.space)
        fits = codec.space.contains(action)
        if fits:
            codec.encode(action)
    # Environments bring their own spaces and codecs, and those raise what they like.
    except Exception:
        fits = False
    if not fits:
        raise ConfigError(f"{where}: {_short(value)} is no action of {codec.space}")
    return action


def _shaped(value: Any, space: gymnasium.Space[Any]) -> Any:
    match space:
        case gymnasium.spaces.Discrete():
            if isinstance(value, bool) or int(value) != value:
                raise ValueError(value)
            return int(value)
        case gymnasium.spaces.Dict() if isinstance(value, Mapping):
            return {key: _shaped(part, space[key]) for key, part in value.items()}
        case gymnasium.spaces.Tuple():
            return tuple(_shaped(part, inner) for part, inner in zip(value, space.spaces, strict=True))
        case _ if space.shape is not None:
            written = np.asarray(value)
            array = written.astype(space.dtype)
            if np.issubdtype(array.dtype, np.integer) and not np.array_equal(array, written):
                raise ValueError(value)
            return array.reshape(space.shape) if array.ndim == 0 and np.prod(space.shape) == 1 else array
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
