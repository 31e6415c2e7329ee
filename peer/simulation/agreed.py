"""Whose word is enough to make an environment? Making one runs code, in this process.

What is registered as a Gymnasium environment, or is part of PettingZoo, may be named by anybody: a broker, a
match, a log. A module and a callable may be any code there is (`os:system`), so only the user names those.
"""

from __future__ import annotations

from typing import Final

from netcode.errors import MatchRefusedError
from netcode.settings import MatchSettings
from netcode.wire.text import printable
from peer.simulation.environments import PETTINGZOO, RACE

_MAKE_ANYTHING: Final = ("GymV21Environment-v0", "GymV26Environment-v0")  # by a name among their arguments


def is_known(env: str) -> bool:
    """Can this name lead to nothing but an environment that is installed as one?"""
    plain = env.removeprefix(RACE)
    if plain.startswith(PETTINGZOO):
        return ":" not in plain.removeprefix(PETTINGZOO)
    return ":" not in plain and plain not in _MAKE_ANYTHING


def check_named_by_others(env: str, agreed: str | None) -> None:
    """`env` comes from a broker, a match or a file; `agreed` is what the user has named, if anything.

    Raises: MatchRefusedError if code would run that the user has not agreed to.
    """
    if env != agreed and not is_known(env):
        raise MatchRefusedError(
            f"{printable(env)} is to be played, which may be any code of this machine; "
            "if you know it, agree by naming it with --env"
        )


def check_as_asked(asked: MatchSettings, told: MatchSettings) -> None:
    """The broker has found a match for `asked`, and says that `told` is played.

    Raises: MatchRefusedError if that is another environment.
    """
    if (told.env, told.env_args) != (asked.env, asked.env_args):
        raise MatchRefusedError(
            f"asked for {asked.env}, and the broker says {printable(told.env)} or other arguments; "
            "use a broker that you trust"
        )
