"""Round trip, clock and silence of one remote. Reads no clock: every `now` is an argument, in seconds."""

from __future__ import annotations

from typing import Final

TICKS: Final = 10_000  # wire clock ticks a second: 100 us
_MODULUS: Final = 2**32
CLOCK_BATCH: Final = 128  # exchanges, about two seconds: clocks drift apart
_LONGEST: Final = 60 * TICKS  # round trip that is measured
_NO_EXCHANGE: Final = (float("inf"), 0.0)
MAX_TICK_GAP: Final = (
    0.25  # seconds; longer gaps between two looks are our own pauses, not the remote's silence
)


def to_ticks(seconds: float) -> int:
    """A wire time stamp: ticks modulo 2**32 (wraps after five days)."""
    return int(seconds * TICKS) % _MODULUS


def ticks_between(earlier: int, later: int) -> int:
    return (later - earlier) % _MODULUS


class RoundTrip:
    """Smoothed round-trip time and its mean deviation, in seconds (RFC 6298), and the remote's clock."""

    __slots__ = ("_best", "_best_before", "_taken", "seconds", "spread")

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.spread = 0.0
        self._best = self._best_before = _NO_EXCHANGE  # of the present batch, and of the one before
        self._taken = 0  # samples of the present batch

    def sample(self, echo: int, held: int, arrived: float, sent: int | None = None) -> None:
        """Our stamp came back: sent at `echo`, held `held` ticks over there, here at `arrived` seconds; it
        was sent back at `sent` by the remote's clock, if that is told."""
        back = int(arrived * TICKS) % _MODULUS  # to_ticks and ticks_between, without the calls: each packet
        ticks = (back - echo) % _MODULUS - held
        if not 0 <= ticks <= _LONGEST:
            return  # a stamp we never sent, or a wrapped clock: no measurement
        if sent is not None:
            self._set_clock(ticks, (sent - back) % _MODULUS)
        seconds = ticks / TICKS
        if self.seconds is None:
            self.seconds, self.spread = seconds, seconds / 2
            return
        self.spread += (abs(seconds - self.seconds) - self.spread) / 4
        self.seconds += (seconds - self.seconds) / 8

    def _set_clock(self, ticks: int, ahead: int) -> None:
        """One exchange: there and back in `ticks`; it left over there `ahead` ticks after it came, by the two
        clocks. The faster the exchange, the less can one way have taken longer than the other: the fastest of
        a batch counts (RFC 5905, 10)."""
        if ticks <= self._best[0]:
            self._best = (ticks, ahead + ticks / 2)
        self._taken += 1
        if self._taken == CLOCK_BATCH:
            self._best_before, self._best, self._taken = self._best, _NO_EXCHANGE, 0

    def age(self, stamp: int, now: float) -> float | None:
        """Seconds from when the remote wrote `stamp` until `now`, by its clock as far as that is known here.

        None until there was an exchange.
        """
        ticks, ahead = min(self._best, self._best_before)
        if ticks == _NO_EXCHANGE[0]:
            return None
        age = (to_ticks(now) + ahead - stamp) % _MODULUS
        return 0.0 if age > _MODULUS / 2 else age / TICKS  # what seems to be of the future is of now


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
        if self._heard:
            self._heard, self.seconds = False, 0.0
        else:
            self.seconds += min(max(now - self._looked, 0.0), self._max_gap)
        self._looked = now
        return self.seconds
