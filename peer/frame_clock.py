"""The only real clock of a peer: what time it is, and sleeping to the next frame."""

from __future__ import annotations

import time
from collections.abc import Callable

Between = Callable[[float], float]  # seconds left until the next frame -> seconds to sleep


class FrameClock:
    """Keeps absolute deadlines, so that small oversleeping does not add up."""

    def __init__(self) -> None:
        self._deadline = time.monotonic()

    @staticmethod
    def now() -> float:
        """Seconds, monotonic: the same clock that stamps arrivals."""
        return time.monotonic()

    def left(self, seconds: float) -> float:
        """Seconds until the next frame is due, if it is to begin `seconds` after this one. Negative: late."""
        return self._deadline + seconds - self.now()

    def wait(self, seconds: float, between: Between | None = None) -> None:
        """Sleep until `seconds` after the last deadline.

        A peer that is late catches up by one frame at most; further back, it starts anew from now. Whoever
        has something to do meanwhile is asked `between` naps, and told how much time is left.
        """
        self._deadline = max(self._deadline + seconds, self.now() - seconds)
        while (left := self._deadline - self.now()) > 0:
            time.sleep(left if between is None else max(0.0, min(left, between(left))))
