"""How many play an environment."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import gymnasium

from netcode.errors import UnplayableError
from netcode.limits import MAX_PLAYERS
from netcode.settings import Scalar
from peer.simulation.adapters.shared_gym import players_of
from peer.simulation.environments import RACE, find_maker, in_one_line, make_environment


def count_players(env_id: str, env_args: Mapping[str, Scalar]) -> int:
    """How many slots an environment has by itself (a race: 2).

    Raises: UnplayableError if it cannot be made, or they are more than a match takes.
    """
    if env_id.startswith(RACE):
        return 2
    env = make_environment(find_maker(env_id, env_args), env_id)
    return in_one_line(lambda: players_of_made(env, env_id), env_id)


def players_of_made(env: Any, env_id: str) -> int:
    """The slots of an environment object.

    Raises: UnplayableError if they are more than a match takes.
    """
    made = isinstance(env, gymnasium.Env)
    players = players_of(env) if made else len(getattr(env, "possible_agents", (env,)))
    if not players:
        raise UnplayableError(f"{env_id} has no players: its possible_agents is empty; list all agents there")
    if players > MAX_PLAYERS:
        fewer = "".join(f"; change --env-arg {argument}" for argument in count_arguments(env)[:1])
        raise UnplayableError(
            f"{env_id} is for {players} players; a match takes {MAX_PLAYERS} at most{fewer}"
        )
    return players


def count_arguments(env: Any) -> list[str]:
    """Constructor arguments that look like a number of players."""
    parameters = inspect.signature(type(env.unwrapped)).parameters.values()
    pattern = re.compile(
        r"(n|num|number_of)_(players|agents|pistons|archers|knights|walkers|pursuers)|players|agents"
    )
    return [f"{one.name}=N" for one in parameters if pattern.fullmatch(one.name)]
