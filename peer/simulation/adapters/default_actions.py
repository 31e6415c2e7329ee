"""The input that does nothing, found by meaning before falling back to zeros."""

from __future__ import annotations

import importlib
import types
import warnings
from collections.abc import Sequence
from typing import Any

from gymnasium import spaces

from peer.simulation.adapters.spaces import ActionCodec


def default_input(
    base: Any, space: spaces.Space[Any], codec: ActionCodec, slot: int, agents: Sequence[Any]
) -> bytes:
    """The no-op the environment names (NOOP, a manual policy's default), else 0, or zeros within bounds."""
    for action in (_noop_by_name(base, space), _manual_default(base, slot, agents)):
        if action is not None:
            try:
                return codec.encode(action)
            except (ValueError, TypeError):
                continue
    return codec.zero()


def _noop_by_name(base: Any, space: spaces.Space[Any]) -> int | None:
    meanings = getattr(base, "get_action_meanings", None)
    if not callable(meanings) or not isinstance(space, spaces.Discrete):
        return None
    names = list(meanings())
    return names.index("NOOP") + int(space.start) if "NOOP" in names else None


def _manual_default(base: Any, slot: int, agents: Sequence[Any]) -> Any:
    """PettingZoo games for people have a ManualPolicy. It gets a stand-in: no window, no reset."""
    if not (getattr(base, "metadata", None) or {}).get("has_manual_policy"):
        return None
    package = type(base).__module__.rpartition(".")[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module(f"{package}.manual_policy")
            stand_in = types.SimpleNamespace(agents=list(agents), possible_agents=list(agents))
            return module.ManualPolicy(stand_in, slot).default_action
    except Exception:  # somebody else's code, asked for a convenience
        return None
