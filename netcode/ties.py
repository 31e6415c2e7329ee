"""Of two equal halves of a split match one may go on: which one, and how a half comes to know.

Without a witness it is the half with the lowest number. With one - the broker that made the match - it is the
half that the witness names, and it names one only. A half that has no word of the witness in time ends: it
cannot tell a dead witness from one that has just named the other half. So there are never two winners.

One word is enough for a half: who has it tells the others there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

WITNESS_TIMEOUT: Final = 5.0  # seconds that a half waits for the witness's word


@dataclass(frozen=True)
class Tie:
    """Members' numbers: who is on this side, and who is on the other or nowhere."""

    here: frozenset[int]
    lost: frozenset[int]

    def covers(self, other: Tie) -> bool:
        """Does a word on this tie hold for `other`? Not once somebody new is lost: that is another split."""
        return self.here == other.here and self.lost >= other.lost


class Verdict(Enum):
    GO_ON = auto()
    WAIT = auto()  # for the witness
    END = auto()


class TieBreak:
    """One peer's view of the tie that stands, if one does."""

    def __init__(self, has_witness: bool) -> None:
        self.question: Tie | None = None  # to be put to the witness
        self.granted: Tie | None = None  # the newest that went to our side
        self.refusal = ""  # why the witness said no
        self._has_witness = has_witness
        self._asked_at = 0.0

    def judge(self, tie: Tie, told: Iterable[Tie], now: float) -> Verdict:
        """Both sides are equally large. `told`: ties that went to our side, as others there know."""
        if not self._has_witness:
            return Verdict.GO_ON if min(tie.here) < min(tie.lost) else Verdict.END
        self.granted = next((known for known in told if known.covers(tie)), self.granted)
        if self.granted is not None and self.granted.covers(tie):
            self.question = None
            return Verdict.GO_ON
        if self.question is None:
            self._asked_at = now
        self.question = tie
        overdue = now - self._asked_at > WITNESS_TIMEOUT
        return Verdict.END if self.refusal or overdue else Verdict.WAIT

    def hear(self, tie: Tie, granted: bool, why: str) -> None:
        """The witness's word on `tie`; an answer to an older question says nothing."""
        if tie != self.question:
            return
        if granted:
            self.granted = tie
        else:
            self.refusal = why

    @property
    def why_it_ended(self) -> str:
        """For a half that may not go on."""
        if not self._has_witness:
            return "the match was cut in two equal halves; the other one, with the lowest slot, may go on"
        reason = self.refusal or f"the broker, who alone can say so, was silent for {WITNESS_TIMEOUT:g} s"
        return f"the match was cut in two equal halves, and this one may not go on: {reason}"
