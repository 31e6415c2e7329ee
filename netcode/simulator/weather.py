"""Weather: what a bad link does to packets. Used in virtual time, and by real peers on what they receive."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Weather:
    """One direction of a link. Times in milliseconds, shares from 0 to 1; all zero is a perfect link."""

    delay_ms: float = 0.0  # one way
    jitter_ms: float = 0.0  # uniform in +-jitter, order kept as a queue keeps it
    loss: float = 0.0  # each packet independently
    burst_loss: float = 0.0  # share of time the link is in a burst, in which every packet is lost
    burst_ms: float = 60.0  # mean length of a burst
    reorder: float = 0.0  # share of packets held back by reorder_ms and overtaken
    reorder_ms: float = 20.0
    duplicate: float = 0.0  # share of packets that arrive twice
    kbit: float = 0.0  # a second that pass; 0: as many as are sent

    def later(self, seconds: float) -> Weather:
        """The same weather, with a longer way."""
        return replace(self, delay_ms=self.delay_ms + seconds * 1000.0)


QUEUE: Final = 0.2  # seconds that a packet may wait for its turn on a narrow link, else it is lost


class BadLink:
    """Packets in, packets out later, or never, or twice. Same seed and same calls: same fate."""

    def __init__(self, weather: Weather, rng: Random, ordered: bool = True) -> None:
        """`ordered=False` lets jitter reorder packets, as independent draws per packet do."""
        self.weather = weather
        self.lost = 0
        self._rng = rng
        self._burst_rng = Random(rng.random())  # of its own, so that bursts depend on time only
        self._ordered = ordered
        self._in_burst = False
        self._burst_turns_at: float | None = None
        self._last_due = 0.0
        self._busy_until = 0.0
        self._numbers = count()  # breaks ties, and keeps the heap from comparing packets
        self._waiting: list[tuple[float, int, bytes]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, data: bytes, now: float) -> None:
        """A packet enters the link at `now` (seconds)."""
        weather, draw = self.weather, self._rng.random
        # Always the same number of draws a packet, so that one setting does not shift another's fate.
        lost, held_back, doubled, jitter = draw(), draw(), draw(), draw()
        if lost < weather.loss or self._is_burst(now):
            self.lost += 1
            return
        if weather.kbit:
            begins = max(self._busy_until, now)
            if begins - now > QUEUE:
                self.lost += 1
                return
            now = self._busy_until = begins + len(data) * 8 / (weather.kbit * 1000)
        due = now + max(0.0, weather.delay_ms + (2 * jitter - 1) * weather.jitter_ms) / 1000.0
        if held_back < weather.reorder:
            due += weather.reorder_ms / 1000.0
        elif self._ordered:
            due = self._last_due = max(due, self._last_due)
        for _ in range(2 if doubled < weather.duplicate else 1):
            heapq.heappush(self._waiting, (due, next(self._numbers), data))

    def take(self, now: float) -> list[tuple[bytes, float]]:
        """All packets that have arrived by `now`, each with the time it did."""
        arrived: list[tuple[bytes, float]] = []
        while self._waiting and self._waiting[0][0] <= now:
            due, _, data = heapq.heappop(self._waiting)
            arrived.append((data, due))
        return arrived

    @property
    def next_due(self) -> float:
        """When the next packet arrives, of those under way."""
        return self._waiting[0][0]

    def _is_burst(self, now: float) -> bool:
        weather = self.weather
        if not weather.burst_loss:
            return False
        bad = weather.burst_ms / 1000.0
        good = bad * (1.0 - weather.burst_loss) / weather.burst_loss
        if self._burst_turns_at is None:
            self._burst_turns_at = now + self._burst_rng.expovariate(1.0 / good)
        while self._burst_turns_at <= now:
            self._in_burst = not self._in_burst
            self._burst_turns_at += self._burst_rng.expovariate(1.0 / (bad if self._in_burst else good))
        return self._in_burst
