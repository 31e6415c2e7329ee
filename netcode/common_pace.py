"""The pace that all play at: the fastest that the slowest player's machine can keep.

Each peer measures what a frame takes of its machine, rollbacks included, and says in its packets how long
its frames have to be, where that is longer than the match's own. Each plays at the slowest pace that it
hears of or needs itself; so all play alike, without having to agree. Small leads are mended on top of it,
see `netcode.pacing`.

Work is measured, not the time from one frame to the next: who waits for others is not slow. And the pace
is said, not inferred: from frames that come slowly nobody can tell who holds whom up, and two peers that
each follow the other would stay slow for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from netcode.clock import TICKS
from netcode.events import Event, FullPace, Slowed

MAX_SLOWDOWN: Final = 8  # times a frame's length, whatever a remote claims: who needs more is waited for
SILENT_SHARE: Final = 0.1  # of the disconnect timeout that a frame may take: nobody may seem lost by it
WEIGHT: Final = 0.2  # of a new frame: slow within a few, believed to be fast again within half a second
HITCH: Final = 3  # frames' lengths that one frame may count for: a single hitch slows nobody for long
SPARE: Final = 1.05  # a machine needs some air: what is late is made up for in it
TOLD_BELOW: Final = 0.95  # of the full rate; a person notices no less
TOLD_AFTER: Final = 1.0  # seconds
TOLD_AGAIN: Final = 0.15  # change of the pace, as a share
QUIET: Final = 5.0  # seconds between two such news

Told = tuple[str | None, int]  # a player's name (None: ours), and ticks that its frames need


class CommonPace:
    """Of one session. Asked once a tick."""

    def __init__(self, fps: float, disconnect_timeout: float, fast: bool) -> None:
        """`fast`: there is no pace to be kept."""
        self.period = 1.0 / fps
        self.longest = max(self.period, min(MAX_SLOWDOWN * self.period, SILENT_SHARE * disconnect_timeout))
        self.slowdown = 1.0  # times `period` that a frame takes at the pace in force
        self.slowest: str | None = None  # whose pace that is; None: ours, or the match's own
        self.told = 0  # ticks that our frames need, for our packets; 0: the match's own will do
        self.work = 0.0  # seconds of our machine that a frame takes by now
        self.watch = SlowWatch(fps)
        self._fast = fast
        self._unfinished = 0.0  # seconds that the frame to be played has taken so far

    def expect(self, seconds: float) -> None:
        """What a frame will take of our machine, as far as was seen before the match."""
        self.work = seconds
        self._tell()

    def worked(self, seconds: float, played: bool) -> None:
        """So much of our machine was taken by rolling back, or by playing a frame, or both."""
        self._unfinished += seconds
        if not played or self._fast:
            return
        more = self._unfinished - self.work
        self.work += WEIGHT * min(more, HITCH * self.period)
        self._unfinished = 0.0
        self._tell()

    def _tell(self) -> None:
        need = min(self.work * SPARE, self.longest)
        self.told = int(need * TICKS) if need > self.period and not self._fast else 0

    def look(self, told: Iterable[Told], now: float) -> list[Event]:
        """The pace in force follows from what all have told."""
        if self._fast:
            return []
        slowest, most = None, self.told
        for name, ticks in told:
            if ticks > most:
                slowest, most = name, ticks
        self.slowest = slowest
        self.slowdown = min(max(most / TICKS, self.period), self.longest) / self.period if most else 1.0
        if not most and not self.watch.busy:
            return []
        return self.watch.look(self.watch.fps / self.slowdown, slowest, now)


class SlowWatch:
    """How long, and how much, the match was played below its frame rate, and because of whom."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self.lowest = fps  # frames a second
        self.lowest_by: str | None = None  # None: us, if anybody
        self.seconds = 0.0  # below TOLD_BELOW
        self.busy = False  # is there anything to look at?
        self.told: Slowed | None = None  # what a person was told last, while it holds
        self._looked: float | None = None
        self._since: float | None = None  # it is otherwise than was told
        self._told_at = float("-inf")

    def look(self, fps: float, name: str | None, now: float) -> list[Event]:
        """At the pace in force, which is that of `name`."""
        below = fps < TOLD_BELOW * self.fps
        if below and self._looked is not None:
            self.seconds += now - self._looked
        if fps < self.lowest:
            self.lowest, self.lowest_by = fps, name
        self._looked = now
        self.busy = below or self.told is not None
        if not self.busy:
            self._looked = self._since = None
            return []
        if self._is_as_told(fps, name, below):
            self._since = None
            return []
        if self._since is None:
            self._since = now
        if now - self._since < TOLD_AFTER or (below and now - self._told_at < QUIET):
            return []
        self._since, self._told_at = None, now
        self.told = Slowed(name, fps, self.fps) if below else None
        return [self.told or FullPace(self.seconds)]

    def _is_as_told(self, fps: float, name: str | None, below: bool) -> bool:
        told = self.told
        if told is None or not below:
            return (told is not None) == below
        return told.name == name and abs(fps - told.fps) <= TOLD_AGAIN * told.fps
