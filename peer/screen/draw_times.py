"""When to draw: often enough for the eye, and never at the cost of a frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Final

from peer.screen.screen import Screen

REFRESH: Final = 1 / 60  # seconds between two drawings while there is time for them
MOST_WAIT: Final = 1 / 15  # seconds; a player whose machine is too slow still sees the game go on
MOST_SHARE: Final = 0.2  # of the time that drawing may take then
_COSTS_KEPT: Final = 5  # the one in the middle counts: a hitch of the machine is no reason to draw less
_RESERVE: Final = 0.001  # seconds kept free before a frame


class _Cost:
    """What a drawing takes, as far as the newest ones tell."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._newest: deque[float] = deque(maxlen=_COSTS_KEPT)

    def add(self, seconds: float) -> None:
        self._newest.append(seconds)
        self.seconds = median(self._newest)


class DrawTimes:
    """All times in seconds of one monotonic clock, which is handed in."""

    def __init__(self) -> None:
        self.drawn = 0  # frames shown
        self.dropped = 0  # frames played and not shown: there was no time
        self.redrawn = 0  # drawings between frames
        self._frame_cost, self._redraw_cost = _Cost(), _Cost()
        self._at = self._frame_at = float("-inf")  # the newest drawing, and that of a new frame

    def report(self) -> dict[str, int]:
        return {"drawn": self.drawn, "dropped": self.dropped, "redrawn": self.redrawn}

    def may_draw(self, now: float, left: float) -> bool:
        """Is there time to show a frame that was played, `left` seconds before the next?"""
        cost = self._frame_cost.seconds
        longest = max(MOST_WAIT, cost / MOST_SHARE)
        if cost + _RESERVE <= left or now - self._frame_at >= longest:
            return True
        self.dropped += 1
        return False

    def drew(self, began: float, now: float) -> None:
        self.drawn += 1
        self._frame_cost.add(now - began)
        self._at = self._frame_at = began

    def until_redraw(self, now: float, left: float) -> float:
        """Seconds to sleep before drawing again, `left` seconds before the next frame; 0: draw now."""
        due = max(0.0, self._at + REFRESH - now)
        return due if due + self._redraw_cost.seconds + _RESERVE <= left else left

    def redrew(self, began: float, now: float) -> None:
        self.redrawn += 1
        self._redraw_cost.add(now - began)
        self._at = began


def redraw_between(screen: Screen, times: DrawTimes, left: float, clock: Callable[[], float]) -> float:
    """What a peer's clock asks while it waits, `left` seconds before the next frame: seconds to sleep."""
    if not screen.visible:
        return left
    began = clock()
    nap = times.until_redraw(began, left)
    if nap == 0.0:
        screen.poll()  # that it was closed is told again when the frame begins
        screen.redraw()
        times.redrew(began, clock())
    return nap
