"""What must be known of an environment before a match is planned."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from netcode.errors import UnplayableError
from netcode.limits import MAX_FPS


@dataclass(frozen=True)
class EnvironmentFacts:
    """`players` is None where any number can play (a race)."""

    players: int | None
    fps: float | None  # frames a second, if the environment names a rate


def environment_facts(env_id: str, env_args: Mapping[str, Any]) -> EnvironmentFacts:
    """Make the environment once and ask it.

    Raises: UnplayableError if it cannot be made, or is for more players than a match takes.
    """
    from peer.simulation.contained import contained
    from peer.simulation.environments import RACE, find_maker, in_one_line, make_environment
    from peer.simulation.player_counts import players_of_made

    env = make_environment(find_maker(env_id, env_args), env_id)

    def ask() -> EnvironmentFacts:
        players = None if env_id.startswith(RACE) else players_of_made(env, env_id)
        facts = EnvironmentFacts(players, rate_of(env.unwrapped, env_id))
        with suppress(Exception), contained:
            env.close()
        return facts

    return in_one_line(ask, env_id)


def rate_of(env: Any, env_id: str) -> float | None:
    """Frames a second, by its own `metadata`; None if that names no rate.

    Raises: UnplayableError if it is none that a match can have.
    """
    metadata = getattr(env, "metadata", None) or {}
    told = metadata.get("render_fps") if isinstance(metadata, Mapping) else None
    if told is None:
        return None
    try:
        fps = float(told)
    except (TypeError, ValueError, OverflowError):
        fps = 0.0
    if not 0.0 < fps <= MAX_FPS:  # as NaN is not
        raise UnplayableError(
            f'{env_id} names a rate that no match can have: metadata["render_fps"] is {told!r:.60}; '
            f"expected a number above 0, at most {MAX_FPS:g}; mend it there"
        )
    return fps
