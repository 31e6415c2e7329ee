"""Actions written by people: in TOML, in JSON, in an environment's key table."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from netcode.errors import ConfigError
from peer.controllers.action_leaves import acting_codec, action_at_rest, leaves_of, with_leaves
from peer.controllers.controller import ActionCodec, ActionMask

KeyAction = int | float | list[int] | list[float]


class NamedAction(BaseModel):
    """What a key does, with the word shown to the player: `{ action = 0, name = "forward" }`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: KeyAction
    name: str = Field(min_length=1, max_length=24)


class KeyNumber(BaseModel):
    """For an action of several numbers: the key sets one of them, `{ axis = 0, value = -1.0 }`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    axis: int = Field(ge=0, lt=64)  # the how many-th number, all parts of the action counted through
    value: float
    name: str = Field(default="", max_length=24)


def as_number(value: KeyNumber, codec: ActionCodec, where: str) -> float:
    """The number, if an action may have it there.

    Raises: ConfigError naming the place and what is wrong with it.
    """
    rest = action_at_rest(codec)
    leaves = leaves_of(rest)
    if value.axis >= len(leaves):
        raise ConfigError(f"{where}: axis {value.axis}: an action of this slot has {len(leaves)} numbers")
    leaves[value.axis] = value.value
    try:
        codec.encode(with_leaves(rest, leaves))
    except (ValueError, OverflowError):
        raise ConfigError(f"{where}: axis {value.axis} cannot be {value.value:g}") from None
    return value.value


def as_action(value: Any, codec: ActionCodec, where: str) -> Any:
    """`value` as an action of the slot: lists become arrays, a number fills a space of one number.

    Raises: ConfigError naming the place, the value and what is wrong with it.
    """
    try:
        return codec.decode(codec.encode(value))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        fault = error
    if isinstance(value, (int, float)):
        try:
            return codec.decode(codec.encode([value]))
        except (ValueError, TypeError, KeyError, OverflowError):
            pass
    told = (
        str(fault) if type(fault) is ValueError and "\n" not in str(fault) else "not an action of this slot"
    )
    raise ConfigError(f"{where}: {_short(value)}: {told}")


def first_of_discrete(codec: ActionCodec) -> int | None:
    """The lowest action of a Discrete slot; None for every other kind of space."""
    acting = acting_codec(codec)
    zero = acting.decode(acting.zero())
    return zero if isinstance(zero, int) else None


def is_allowed(action: Any, codec: ActionCodec, mask: ActionMask | None) -> bool:
    """May the action be played now? Masks speak of Discrete actions only."""
    first = first_of_discrete(codec)
    return mask is None or first is None or bool(mask[action - first])


def allowed_actions(codec: ActionCodec, mask: ActionMask | None) -> list[int] | None:
    """The actions that a mask leaves; None where no mask limits them."""
    first = first_of_discrete(codec)
    if mask is None or first is None:
        return None
    return [first + int(index) for index in np.flatnonzero(mask)]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
