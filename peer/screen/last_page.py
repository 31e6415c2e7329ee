"""What a window says of players: who won, and whose part of the picture is whose."""

from __future__ import annotations

from collections.abc import Sequence

from peer.records.scores import Scores, headline, number, rounded
from peer.screen.screen import End
from peer.simulation.environments import RACE


def last_page(verdict: str, good: bool, names: Sequence[str], scores: Scores) -> End:
    """`verdict`: how the match ended. names: by slot. Who came late does not know the score."""
    total = rounded(scores.total)
    if not any(total) or not scores.whole:
        return End(verdict, good)
    told = tuple(
        (slot, name, "-" if score is None else number(score))
        for slot, (name, score) in enumerate(zip(names, total, strict=True))
    )
    if len(told) == 1:
        return End(verdict, good, f"Score {told[0][2]}")
    if not good:
        return End(verdict, good, "", told)
    first = headline(names, total)
    return End(verdict, good, "A draw" if first == "a draw" else first, told)


def halves_of(env: str, names: Sequence[str]) -> tuple[str, ...]:
    """In a race everybody has a part of the picture, in the order of the slots."""
    return tuple(names) if env.startswith(RACE) and len(names) > 1 else ()
