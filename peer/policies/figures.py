"""What a policy did in a match, and how quick it was: for the report."""

from __future__ import annotations

from typing import Any

from peer.timing import Histogram


class PolicyFigures:
    """Counted by whoever plays the policy's answers."""

    def __init__(self) -> None:
        self.answer_ms = Histogram()  # thinking, without the wait to be asked
        self.late = 0  # answers that came after the frame they were meant for
        self.held_frames = 0  # in which the answer was missing, and the last one or nothing was played

    def report(self, skipped: int) -> dict[str, Any]:
        """`skipped`: questions that a newer one replaced before they were thought about."""
        return {
            "answers": self.answer_ms.total,
            "answer_ms": self.answer_ms.summary(50, 99),
            "late": self.late,
            "held_frames": self.held_frames,
            "skipped": skipped,
        }
