"""The verdict on a soak: of each match, and of the whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class MatchOutcome:
    """What became of one match. `fault` is empty if it went as promised."""

    room: str
    env: str
    fault: str
    faults_survived: tuple[str, ...]
    frames_confirmed: int
    rollbacks: int
    inputs_lost: int
    diverged: bool
    leaks: tuple[str, ...]


@dataclass(frozen=True)
class SoakResult:
    """The verdict on a whole soak."""

    seed: int
    minutes: float
    wall_s: float
    outcomes: tuple[MatchOutcome, ...]
    faults_done: int
    broker_kills: int
    leaks: tuple[str, ...]
    left_running: tuple[int, ...]  # pids of processes that outlived the soak
    vitals: dict[str, dict[str, float]]

    @property
    def broken(self) -> list[MatchOutcome]:
        return [outcome for outcome in self.outcomes if outcome.fault]

    @property
    def good(self) -> bool:
        """Everything as promised, and something was really played?"""
        return not self.anything_wrong and self.sum_of("rollbacks") > 0

    @property
    def anything_wrong(self) -> bool:
        """Was a promise broken?"""
        return bool(self.broken or self.leaks or self.left_running or self.sum_of("inputs_lost"))

    def sum_of(self, figure: str) -> int:
        """Of a figure of the matches, over all."""
        return sum(getattr(outcome, figure) for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        return {
            "good": self.good,
            "seed": self.seed,
            "minutes": self.minutes,
            "wall_s": round(self.wall_s, 1),
            "matches": len(self.outcomes),
            "frames_confirmed": self.sum_of("frames_confirmed"),
            "rollbacks": self.sum_of("rollbacks"),
            "divergences": self.sum_of("diverged"),
            "inputs_lost": self.sum_of("inputs_lost"),
            "faults": self.faults_done,
            "faults_survived": sum(len(outcome.faults_survived) for outcome in self.outcomes),
            "broker_kills": self.broker_kills,
            "broken": [f"{outcome.room}: {outcome.fault}" for outcome in self.broken],
            "leaks": list(self.leaks),
            "left_running": list(self.left_running),
            "vitals": self.vitals,
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
        }
