"""Where the episodes of a match begin, as its confirmed frames tell: from there a game can be played anew."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from netcode import limits
from netcode.simulation import EpisodicSimulation, Simulation


class EpisodeStart(NamedTuple):
    """The state before `frame` is the beginning of episode `number`."""

    frame: int
    number: int


FIRST_EPISODE = EpisodeStart(0, 0)


class Episodes:
    """Told every confirmed frame, in order. A game without episodes has the first one only."""

    def __init__(self, simulation: Simulation) -> None:
        self._number_of = simulation.episode_of if isinstance(simulation, EpisodicSimulation) else None
        self._starts = deque([FIRST_EPISODE], maxlen=limits.EPISODES_KEPT)

    def confirm(self, frame: int, outcome: bytes) -> None:
        """The next frame."""
        if self._number_of is None:
            return
        number = self._number_of(outcome)
        if number != self._starts[-1].number:
            self._starts.append(EpisodeStart(frame, number))

    @property
    def present(self) -> EpisodeStart:
        """Of the newest confirmed frame."""
        return self._starts[-1]

    def newest_below(self, frame: int) -> EpisodeStart | None:
        """The start of the episode that `frame` - 1 belongs to; None if it is not known any more."""
        newest = self._starts[-1]
        if newest.frame < frame:
            return newest  # nearly always: asked every frame
        return next((start for start in reversed(self._starts) if start.frame < frame), None)

    def begin_at(self, start: EpisodeStart) -> None:
        """The next frame is the first one of that episode; of those before it nothing is known."""
        self._starts.clear()
        self._starts.append(start)
