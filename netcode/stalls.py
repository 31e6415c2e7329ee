"""How long the game stood still because the window was used up (law 3). Counted, and told when it lasts."""

from __future__ import annotations

from typing import Final

from netcode.events import Event, Stalled, StallEnded

TOLD_AFTER: Final = 0.2  # seconds; shorter stalls are counted, not announced


class StallWatch:
    """Fed once a tick; keeps the totals since the start of the match."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0  # of all ended stalls
        self.longest_s = 0.0
        self.since: float | None = None  # start of the present stall
        self.told = False  # it has lasted long enough to be announced

    def waiting(self, now: float, names: tuple[str, ...]) -> list[Event]:
        """No frame could be played at `now`, for want of inputs of `names`."""
        if self.since is None:
            self.since = now
            self.count += 1
        elif not self.told and now - self.since > TOLD_AFTER:
            self.told = True
            return [Stalled(names)]
        return []

    def going_on(self, now: float) -> list[Event]:
        """The game goes on, or needs no more frames."""
        if self.since is None:
            return []
        lasted, told = now - self.since, self.told
        self.seconds += lasted
        self.longest_s = max(self.longest_s, lasted)
        self.since, self.told = None, False
        return [StallEnded(lasted)] if told else []
