"""CPU, memory, threads and file descriptors of processes, sampled from outside; and what counts as a leak."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

import psutil

WARM_UP: Final = 5.0  # seconds; imports and first allocations are no leak
FDS_ALLOWED: Final = 16  # reconnecting sockets come and go
RSS_ALLOWED: Final = 0.10  # share of growth after warm-up
THREADS_ALLOWED: Final = 0


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
        """What has grown since warm-up, in words; None if nothing has."""
        settled = [sample for sample in self.samples if sample.at >= WARM_UP]
        if len(settled) < 4:
            return None
        first, last = settled[0], settled[-1]
        if last.fds > first.fds + FDS_ALLOWED:
            return f"{self.name}: file descriptors grew from {first.fds} to {last.fds}"
        if last.threads > first.threads + THREADS_ALLOWED:
            return f"{self.name}: threads grew from {first.threads} to {last.threads}"
        if last.rss_mb > first.rss_mb * (1 + RSS_ALLOWED) + 4:
            return f"{self.name}: memory grew from {first.rss_mb:.0f} to {last.rss_mb:.0f} MB"
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
