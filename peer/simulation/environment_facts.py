"""What must be known of an environment before a match is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EnvironmentFacts:
    """`players` is None where any number can play (a race)."""

    players: int | None
    fps: float | None  # frames a second, if the environment names a rate


def environment_facts(env_id: str, env_args: Mapping[str, Any]) -> EnvironmentFacts:
    """Make the environment once and ask it.

    Raises: UnplayableError if it cannot be made, or is for more players than a match takes.
    """
    from peer.simulation.environments import RACE, find_maker, make_environment
    from peer.simulation.player_counts import players_of_made

    env = make_environment(find_maker(env_id, env_args), env_id)
    metadata = getattr(env.unwrapped, "metadata", None) or {}
    players = None if env_id.startswith(RACE) else players_of_made(env, env_id)
    env.close()
    fps = metadata.get("render_fps")
    return EnvironmentFacts(players, float(fps) if fps else None)
