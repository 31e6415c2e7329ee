"""Measuring a peer: histograms of bounded size, and where the time of a frame goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter_ns
from typing import Final

from netcode.session import PlayerSession
from netcode.simulation import EpisodicSimulation, FiniteSimulation, Simulation, Snapshot
from netcode.snapshot_interval import Costs

BINS: Final = 20_000
SMOOTHING: Final = 0.3  # weight of the newest mean


class Histogram:
    """Counts of values in bins of equal width: memory stays flat however long the match."""

    def __init__(self, width: float = 0.05) -> None:
        """Values from 0 to `width` * BINS; larger ones count in the last bin."""
        self._width = width
        self._counts = [0] * BINS
        self.total = 0
        self.max = 0.0

    def add(self, value: float) -> None:
        index = int(value / self._width)
        self._counts[min(max(index, 0), len(self._counts) - 1)] += 1
        self.total += 1
        self.max = max(self.max, value)

    def quantile(self, share: float) -> float:
        """The value below which `share` of all lie, to a bin's width; 0 if there are none."""
        wanted = share * self.total
        seen = 0
        for index, number in enumerate(self._counts):
            seen += number
            if number and seen >= wanted:
                return min((index + 1) * self._width, self.max)
        return 0.0

    def summary(self, *shares: int) -> dict[str, float]:
        """{"p50": ..., "max": ...} for the percentiles asked for."""
        quantiles = {f"p{share}": round(self.quantile(share / 100), 3) for share in shares}
        return quantiles | {"max": round(self.max, 3)}


class MeanCost:
    """What a call takes, over the newest calls. Costs next to nothing itself."""

    __slots__ = ("_mean", "calls", "nanoseconds")

    def __init__(self) -> None:
        self.calls = 0  # since the last look
        self.nanoseconds = 0
        self._mean = 0.0

    def look(self) -> float:
        """Seconds, smoothed over the last looks."""
        if self.calls:
            newest = self.nanoseconds / self.calls / 1e9
            self._mean += (newest - self._mean) * (SMOOTHING if self._mean else 1.0)
            self.calls = self.nanoseconds = 0
        return self._mean


class TimedSimulation:
    """A simulation that adds up the time spent in it, so that netcode's own can be told apart."""

    def __init__(self, inner: Simulation) -> None:
        self._inner: Final = inner
        self.nanoseconds = 0
        self._capture, self._restore, self._step = MeanCost(), MeanCost(), MeanCost()
        self.is_valid_input = inner.is_valid_input

    def step(self, inputs: Sequence[bytes]) -> bytes:
        """Raises: GameError if the game fails."""
        started = perf_counter_ns()
        outcome = self._inner.step(inputs)
        self._took(perf_counter_ns() - started, self._step)
        return outcome

    def look_at_costs(self) -> Costs:
        """What the game takes at present; ask now and then."""
        return Costs(self._capture.look(), self._restore.look(), self._step.look())

    def capture(self) -> Snapshot:
        started = perf_counter_ns()
        snapshot = self._inner.capture()
        self._took(perf_counter_ns() - started, self._capture)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        started = perf_counter_ns()
        self._inner.restore(snapshot)
        self._took(perf_counter_ns() - started, self._restore)

    def digest(self, snapshot: Snapshot | None = None) -> bytes:
        started = perf_counter_ns()
        digest = self._inner.digest(snapshot)
        self.nanoseconds += perf_counter_ns() - started
        return digest

    def _took(self, nanoseconds: int, cost: MeanCost) -> None:
        self.nanoseconds += nanoseconds
        cost.nanoseconds += nanoseconds
        cost.calls += 1

    def flatten(self, snapshot: Snapshot | None = None) -> Mapping[str, object]:
        return self._inner.flatten(snapshot)

    def is_last(self, outcome: bytes) -> bool:
        return isinstance(self._inner, FiniteSimulation) and self._inner.is_last(outcome)

    def episode_of(self, outcome: bytes) -> int:
        return self._inner.episode_of(outcome) if isinstance(self._inner, EpisodicSimulation) else 0

    def begin_episode(self, number: int) -> None:
        """Raises: GameError if the game fails."""
        assert isinstance(self._inner, EpisodicSimulation)  # else it has but the one that it is in
        self._inner.begin_episode(number)


class FrameMeter:
    """What one peer's frames were like, from frame 0 on."""

    def __init__(self) -> None:
        self.frame_ms = Histogram()  # from the start of a played frame to the start of the next
        self.deviation_ms = Histogram()  # of that from the frame rate's period, either way
        self.input_age_ms = Histogram()  # age of each remote's newest input when a frame is played
        self.netcode_us = Histogram(width=1.0)
        self.netcode_ns = 0  # sums over all ticks
        self.simulation_ns = 0
        self._last_frame_at: float | None = None

    def frame(
        self, session: PlayerSession, now: float, advanced: bool, netcode_ns: int, simulation_ns: int
    ) -> None:
        """One tick that began at `now`, and the time it took outside and inside of the simulation."""
        if not session.frame:
            return  # the handshake
        self.netcode_ns += netcode_ns
        self.simulation_ns += simulation_ns
        if not advanced:
            return
        self.netcode_us.add(netcode_ns / 1000)
        if self._last_frame_at is not None:
            took_ms = (now - self._last_frame_at) * 1000
            self.frame_ms.add(took_ms)
            self.deviation_ms.add(abs(took_ms - 1000 / session.settings.fps))
        self._last_frame_at = now
        for link in session.links:
            age = None if link.ended else link.input_age(now)
            if age is not None:
                self.input_age_ms.add(age * 1000)
