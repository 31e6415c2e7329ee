"""The only real clock of a peer: what time it is, and sleeping to the next frame."""

from __future__ import annotations

import time


class FrameClock:
    """Keeps absolute deadlines, so that small oversleeping does not add up."""

    def __init__(self) -> None:
        self._deadline = time.monotonic()

    @staticmethod
    def now() -> float:
        """Seconds, monotonic: the same clock that stamps arrivals."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Sleep until `seconds` after the last deadline.

        A peer that is late catches up by one frame at most; further back, it starts anew from now.
        """
        now = time.monotonic()
        self._deadline = max(self._deadline + seconds, now - seconds)
        if self._deadline > now:
            time.sleep(self._deadline - now)
