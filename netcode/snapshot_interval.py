"""Every how many frames a snapshot is taken, from what is measured.

Saving every k-th frame spares captures, and costs steps: a rollback begins at the newest snapshot at or
before the frame it is for, (k - 1) / 2 frames earlier on average. There is one restore either way. With D
captures due and R rollbacks in some frames, the work of k is, less what all have in common,

    D * capture / k  +  R * step * (k - 1) / 2

The k with the least work is taken, where it gains something worth speaking of: states between two snapshots
are not there to name what differs in a desync, which is then told to within k frames.

So that no streak of bad luck makes this dearer than saving every frame, a ledger is kept of what was
spared and spent. Once it is overdrawn, every frame is saved, to the end of the match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INTERVALS: Final = (1, 2, 4, 8)  # each divides the next: two peers hold states of the same frames
MOST: Final = INTERVALS[-1]
LOOK_EVERY: Final = 240  # frames between two decisions, each by what happened since the last
WORTH_IT: Final = 0.01  # share of a frame's time that must be gained; half as much to stay
CLEARLY: Final = 0.1  # share of the present work that must be gained to change from one to another
LONGEST_DETOUR: Final = 0.25  # share of a frame's time that the extra steps of one rollback may take
OVERDRAFT: Final = 0.05  # seconds: the most by which a whole match may be dearer, but for one rollback


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds that the game takes for each; smoothed."""

    capture: float
    restore: float
    step: float


class SnapshotInterval:
    """Told of every snapshot and rollback. Without costs every frame is saved."""

    def __init__(self, window: int, fps: float, fast: bool) -> None:
        """`fast`: frames take no longer than their work."""
        self.interval = 1
        self.spared = 0  # captures that saving every frame would have taken
        self.extra = 0  # frames replayed only because they were not
        self.costs: Costs | None = None
        self._window = window
        self._period = 0.0 if fast else 1.0 / fps
        self._balance = OVERDRAFT  # seconds
        self.due = 0  # captures that saving every frame takes, since the last decision
        self._frames = self._rollbacks = 0  # likewise

    def measured(self, costs: Costs) -> None:
        """What the game takes, as far as is known now."""
        self.costs = costs

    def frame(self) -> None:
        """A new frame is about to be played."""
        self._frames += 1
        if self._frames == LOOK_EVERY:
            if self.costs is not None and self._balance > 0:
                self.interval = self._best(self.costs)
            self._frames = self.due = self._rollbacks = 0

    def spare(self) -> None:
        """A snapshot that was due is not taken."""
        self.spared += 1
        self._balance += self.costs.capture if self.costs else 0.0

    def rollback(self, extra: int) -> None:
        """One that began `extra` frames early."""
        self._rollbacks += 1
        self.extra += extra
        if extra and self.costs:
            self._balance -= extra * self.costs.step
            if self._balance < 0:
                self.interval = 1

    def _best(self, costs: Costs) -> int:
        period = self._period or costs.step + costs.capture
        detour = LONGEST_DETOUR * self._period if self._period else float("inf")
        allowed = [k for k in INTERVALS if k <= max(self._window, 1) and (k - 1) * costs.step <= detour]
        work = {k: self._work(k, costs) for k in allowed}
        best = min(allowed, key=lambda k: work[k])
        present = self.interval if self.interval in allowed else 1
        wanted = WORTH_IT * period * LOOK_EVERY / (1 if present == 1 else 2)
        if work[1] - work[best] < wanted:
            return 1
        return best if work[present] - work[best] > CLEARLY * work[present] else present

    def _work(self, interval: int, costs: Costs) -> float:
        """Seconds, since the last decision, had it been so."""
        captures = self.due * costs.capture / interval
        return captures + self._rollbacks * costs.step * (interval - 1) / 2
