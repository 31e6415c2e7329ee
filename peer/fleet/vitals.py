"""CPU, memory, threads and file descriptors of processes, sampled from outside; and what counts as a leak."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

import psutil

from netcode.lanes import MOST_LANES

WARM_UP: Final = 5.0  # seconds; imports and first allocations are no leak
FDS_ALLOWED: Final = 16  # reconnecting sockets come and go
FDS_A_LANE: Final = 3  # a connection, and what watches over it
RSS_ALLOWED: Final = 0.25  # share of growth; the pictures an environment makes come and go by a tenth


def fds_of_peer(players: int) -> int:
    """File descriptors that a peer may come to need when its links turn bad."""
    return FDS_ALLOWED + FDS_A_LANE * MOST_LANES * (players - 1)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a process."""

    at: float  # seconds since the first sample
    cpu_percent: float
    rss_mb: float
    threads: int
    fds: int


@dataclass
class Vitals:
    """The samples of one process."""

    name: str
    process: psutil.Process
    fds_allowed: int = FDS_ALLOWED
    samples: list[Sample] = field(default_factory=list)
    _began: float | None = None

    def look(self) -> None:
        """Take a sample; a process that is gone gives none."""
        if self._began is None:
            self._began = time.monotonic()
        try:
            with self.process.oneshot():
                sample = Sample(
                    at=time.monotonic() - self._began,
                    cpu_percent=self.process.cpu_percent(),
                    rss_mb=self.process.memory_info().rss / 2**20,
                    threads=self.process.num_threads(),
                    fds=self.process.num_fds() if psutil.POSIX else 0,
                )
        except psutil.Error:
            return
        self.samples.append(sample)

    def leak(self) -> str | None:
        """What has grown since warm-up, in words; None if nothing has.

        Compares the least of the last third with the most of the first: what goes up and down is no leak.
        """
        settled = [sample for sample in self.samples if sample.at >= WARM_UP]
        third = len(settled) // 3
        if third < 2:
            return None
        early, late = settled[:third], settled[-third:]
        fds, late_fds = max(s.fds for s in early), min(s.fds for s in late)
        threads, late_threads = max(s.threads for s in early), min(s.threads for s in late)
        rss, late_rss = max(s.rss_mb for s in early), min(s.rss_mb for s in late)
        if late_fds > fds + self.fds_allowed:
            return f"{self.name}: file descriptors grew from {fds} to {late_fds}"
        if late_threads > threads:
            return f"{self.name}: threads grew from {threads} to {late_threads}"
        if late_rss > rss * (1 + RSS_ALLOWED):
            return f"{self.name}: memory grew from {rss:.0f} to {late_rss:.0f} MB"
        return None

    def summary(self) -> dict[str, float]:
        """The highest of each, and the mean CPU share (100: one core)."""
        if not self.samples:
            return {}
        return {
            "cpu_percent_mean": round(sum(s.cpu_percent for s in self.samples) / len(self.samples), 1),
            "rss_mb_max": round(max(s.rss_mb for s in self.samples), 1),
            "threads_max": max(s.threads for s in self.samples),
            "fds_max": max(s.fds for s in self.samples),
        }
