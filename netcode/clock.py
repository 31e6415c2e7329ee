"""Round-trip time and silence of one remote. Reads no clock: every `now` is an argument, in seconds."""

from __future__ import annotations

from typing import Final

TICKS: Final = 10_000  # wire clock ticks a second: 100 us
_MODULUS: Final = 2**32
MAX_TICK_GAP: Final = (
    0.25  # seconds; longer gaps between two looks are our own pauses, not the remote's silence
)


def to_ticks(seconds: float) -> int:
    """A wire time stamp: ticks modulo 2**32 (wraps after five days)."""
    return int(seconds * TICKS) % _MODULUS


def ticks_between(earlier: int, later: int) -> int:
    return (later - earlier) % _MODULUS


class RoundTrip:
    """Smoothed round-trip time and its mean deviation, in seconds (RFC 6298)."""

    __slots__ = ("seconds", "spread")

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.spread = 0.0

    def sample(self, echo: int, held: int, arrived: float) -> None:
        """Our stamp came back: sent at `echo`, held `held` ticks over there, back at `arrived` seconds."""
        ticks = ticks_between(echo, to_ticks(arrived)) - held
        if not 0 <= ticks <= 60 * TICKS:
            return  # a stamp we never sent, or a wrapped clock: no measurement
        seconds = ticks / TICKS
        if self.seconds is None:
            self.seconds, self.spread = seconds, seconds / 2
            return
        self.spread += (abs(seconds - self.seconds) - self.spread) / 4
        self.seconds += (seconds - self.seconds) / 8


class Silence:
    """How long a remote has been silent while we were listening.

    A process that was itself stopped must not blame the others: a gap in our own looks counts as
    `max_gap` at most.
    """

    __slots__ = ("_heard", "_looked", "_max_gap", "seconds")

    def __init__(self, now: float, max_gap: float = MAX_TICK_GAP) -> None:
        """`max_gap` (seconds): longer than the owner's frames, or silence is counted short."""
        self.seconds = 0.0
        self._heard = False
        self._looked = now
        self._max_gap = max_gap

    def heard(self) -> None:
        self._heard = True

    def look(self, now: float) -> float:
        """Call at least every `max_gap`. Returns the seconds of silence: 0 if heard since the last look."""
        gap = min(max(now - self._looked, 0.0), self._max_gap)
        self.seconds = 0.0 if self._heard else self.seconds + gap
        self._heard = False
        self._looked = now
        return self.seconds
