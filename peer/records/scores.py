"""Rewards and ends of episodes, by slot: from confirmed frames only, never from predictions."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from netcode.confirmed_frame import ConfirmedFrame

if TYPE_CHECKING:
    from peer.simulation.environment_simulation import EnvironmentSimulation, Outcome

EPISODES_KEPT: Final = 1000  # in a report; the oldest fall out, and are still counted


class Scores:
    """Given the confirmed frames as the match log is given them."""

    def __init__(self, decoder: EnvironmentSimulation, slots: int) -> None:
        self._decoder, self._slots = decoder, slots
        self._waiting: deque[ConfirmedFrame] = deque()  # may still turn out otherwise
        self._begin(0)

    def add(self, frames: Iterable[ConfirmedFrame], final: int | None = None) -> None:
        """The next ones. Those from frame `final` on wait; None: none do."""
        self._waiting += frames
        while self._waiting and (final is None or self._waiting[0].frame < final):
            self._count(self._waiting.popleft())

    def standing(self, names: Sequence[str]) -> str:
        """Who is ahead, in words; "" where nothing was scored, or not all was seen."""
        return standing(names, rounded(self.total)) if self.whole else ""

    @property
    def whole(self) -> bool:
        """From the first frame of the match on?"""
        return self._first == 0

    def report(self) -> dict[str, Any]:
        """For the report: see docs/report.md."""
        return {
            "from_frame": self._first,
            "frames": self._next - self._first,
            "total": rounded(self.total),
            "episodes_ended": self.ended,
            "episodes": list(self._episodes),
            "unfinished": None if self._frames == 0 else self._episode(None),
        }

    def _begin(self, frame: int) -> None:
        self._first = self._next = frame
        self.total = [0.0] * self._slots
        self.ended = 0
        self._number = self._frames = 0  # of the present episode, and what was played of it
        self._score = [0.0] * self._slots
        self._episodes: deque[dict[str, Any]] = deque(maxlen=EPISODES_KEPT)

    def _count(self, frame: ConfirmedFrame) -> None:
        if frame.outcome is None:  # at a late comer
            self._begin(frame.frame + 1)
            return
        self._next = frame.frame + 1
        told = self._decoder.decode_outcome(frame.outcome)
        if told.between:
            return
        self._number, self._frames = told.episode, self._frames + 1
        for slot, reward in enumerate(told.rewards):
            self._score[slot] += reward
            self.total[slot] += reward
        if told.episode_ended:
            self.ended += 1
            self._episodes.append(self._episode(told))
            self._frames, self._score = 0, [0.0] * self._slots

    def _episode(self, told: Outcome | None) -> dict[str, Any]:
        episode = {"episode": self._number, "frames": self._frames, "score": rounded(self._score)}
        if told is None:
            return episode
        flags = zip(told.terminations, told.truncations, strict=True)
        return episode | {"ended": [_how(*flag) for flag in flags]}


def rounded(scores: Iterable[float]) -> list[float | None]:
    """As JSON can say them: it has no numbers that are none."""
    return [round(score, 6) if math.isfinite(score) else None for score in scores]


def standing(names: Sequence[str], scores: Sequence[float | None]) -> str:
    """Who is ahead, in words: "ann wins, 12 to 7", of one player the number; "" where nothing was scored."""
    first = winners(names, scores)
    if not first:
        return ""
    told = [number(score) for score in sorted((score or 0.0 for score in scores), reverse=True)]
    if len(names) == 1:
        return told[0]
    if len(first) == len(names):
        return f"a draw, {told[0]} each"
    return f"{headline(names, scores)}, {' to '.join(told)}"


def headline(names: Sequence[str], scores: Sequence[float | None]) -> str:
    """Who won, without the scores; "" for one player, and where nothing was scored."""
    first = winners(names, scores)
    if not first or len(names) == 1:
        return ""
    if len(first) == len(names):
        return "a draw"
    return f"{first[0]} wins" if len(first) == 1 else f"{' and '.join(first)} win"


def winners(names: Sequence[str], scores: Sequence[float | None]) -> list[str]:
    """Those with the highest score; nobody where nothing was scored."""
    known = [score for score in scores if score is not None]
    if len(known) < len(names) or not any(known):
        return []
    return [name for name, score in zip(names, known, strict=True) if score == max(known)]


def _how(terminated: bool, truncated: bool) -> str:
    return "terminated" if terminated else "truncated" if truncated else "went on"


def number(score: float) -> str:
    """A score as a person reads it."""
    text = f"{score:,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
