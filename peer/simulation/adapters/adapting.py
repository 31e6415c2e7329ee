"""The adapter that fits an environment, and what to say when the number of players does not."""

from __future__ import annotations

import importlib
from typing import Any

import gymnasium

from netcode.settings import MatchSettings
from peer.simulation.adapters.adapter import Adapter
from peer.simulation.adapters.aec import AecAdapter
from peer.simulation.adapters.gym import GymAdapter
from peer.simulation.adapters.parallel import BlindParallelAdapter, ParallelAdapter
from peer.simulation.adapters.shared_gym import SharedGymAdapter
from peer.simulation.environments import RACE, no_environment
from peer.simulation.player_counts import count_arguments


def adapt(env: Any, env_id: str, blind: bool) -> Adapter:
    """The adapter for whatever kind of environment this is.

    Raises: UnplayableError if it is none that we know.
    """
    if isinstance(env, tuple):
        return GymAdapter(env)
    if isinstance(env, gymnasium.Env):
        return SharedGymAdapter(env)
    kinds = {base.__name__ for base in type(env).__mro__}
    if hasattr(env, "possible_agents") and "AECEnv" in kinds:
        return AecAdapter(env)
    if hasattr(env, "possible_agents") and callable(getattr(env, "step", None)):
        return BlindParallelAdapter(env) if blind and not _shows_masks(env) else ParallelAdapter(env)
    raise no_environment(env, env_id)


def all_at_once(env: Any) -> Any:
    """An environment that takes turns only for PettingZoo's sake, made parallel; any other as it is."""
    kinds = {base.__name__ for base in type(env).__mro__}
    if "AECEnv" in kinds and (getattr(env, "metadata", None) or {}).get("is_parallelizable"):
        return importlib.import_module("pettingzoo.utils").aec_to_parallel(env)
    return env


def _shows_masks(env: Any) -> bool:
    """Do observations tell what is legal? Then they have to be computed on every frame."""
    try:
        return any("action_mask" in env.observation_space(agent).spaces for agent in env.possible_agents)
    except Exception:  # no observation spaces, or not of this kind
        return False


def wrong_players(settings: MatchSettings, count: int, env: Any) -> str:
    """One line for whoever asked for a number of players that `env` does not have; it has `count`."""
    if isinstance(env, (tuple, gymnasium.Env)):
        if count > 1:
            return f"{settings.env} is for {count} players, not {settings.players}; say --players {count}"
        return (
            f"{settings.env} is for 1 player, not {settings.players}; "
            f"{RACE}{settings.env} lets {settings.players} play side by side"
        )
    text = f"{settings.env} has {count} players, not {settings.players}; say --players {count}"
    counts = count_arguments(env)
    return f"{text}, or change --env-arg {' or '.join(counts)}" if counts else text
