"""The input delay that suits the links, from measured round trips and their jitter. Pure arithmetic.

What arrives late costs the others a rollback of as many frames. Small ones nobody sees; a press that is
answered late is felt from about a tenth of a second on. And past the window the others stand still, which
is worse than both. Hence, of the frames that our inputs are on the way:

- two are left to rollbacks,
- the rest is hidden by the delay, up to a tenth of a second,
- and more only as far as the window needs it. In lockstep, where nothing is predicted, all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from netcode.clock import RoundTrip
from netcode.limits import MAX_INPUT_DELAY

LEFT_TO_ROLLBACK: Final = 2  # frames of a rollback that nobody sees
FELT_FROM: Final = 0.1  # seconds of input delay
SPARE: Final = 0.5  # frames: peers need not be nearer to each other in time, see netcode.pacing
JITTER_COVERED: Final = 2.0  # mean deviations of the round trip
WINDOW_SPARE: Final = 1  # frames of the window that are left unused: a lost packet needs some
RAISE_AFTER: Final = 0.5  # seconds that more must be wanted, without a break
LOWER_AFTER: Final = 5.0  # seconds that less must do
DEAD_ZONE: Final = 0.25  # frames by which the lag must be past a border, either way


class AutoDelay:
    """Asked once a tick. Changes by hysteresis: up soon and at once, down late and a frame at a time."""

    def __init__(self, fps: float, window: int) -> None:
        self._fps = fps
        self._window = window
        self._more_since: float | None = None
        self._less_since: float | None = None

    def look(self, delay: int, links: Sequence[RoundTrip], now: float) -> int:
        """The delay from now on (frames); `delay`: at present. `links`: all that our inputs go out by."""
        lags = [lag for link in links if (lag := self.lag(link)) is not None]
        if not lags:
            return delay
        more = self.wanted(max(lags) - DEAD_ZONE)
        less = self.wanted(max(lags) + DEAD_ZONE)
        self._more_since = _since(self._more_since, more > delay, now)
        self._less_since = _since(self._less_since, less < delay, now)
        if self._more_since is not None and now - self._more_since >= RAISE_AFTER:
            self._more_since = None
            return more
        if self._less_since is not None and now - self._less_since >= LOWER_AFTER:
            self._less_since = None
            return delay - 1
        return delay

    def lag(self, link: RoundTrip) -> float | None:
        """Frames that our inputs are on the way, jitter covered; None: not measured yet."""
        if link.seconds is None:
            return None
        return (link.seconds / 2 + JITTER_COVERED * link.spread) * self._fps + SPARE

    def wanted(self, lag: float) -> int:
        """The delay (frames) that suits inputs which are `lag` frames on the way."""
        hidden = min(lag - min(LEFT_TO_ROLLBACK, self._window), FELT_FROM * self._fps)
        needed = lag - max(self._window - WINDOW_SPARE, 0)
        return min(max(ceil(hidden), ceil(needed), 0), MAX_INPUT_DELAY)


def _since(before: float | None, holds: bool, now: float) -> float | None:
    """Since when something holds without a break."""
    if not holds:
        return None
    return now if before is None else before
