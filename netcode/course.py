"""The course of a match as one peer sees it: its phase, what its owner is to be told, and how it ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from netcode import limits
from netcode.events import Desync, EndReason, Event, MatchEnded
from netcode.phases import CONNECTING, ENDED, JOINING, PHASES, PhaseEvent
from netcode.state_table import follow


class Course:
    """Shared by the parts of a session. A match ends once; only a desync behind that end is told anew."""

    def __init__(self, joins: bool, frames: int) -> None:
        """`joins`: a match that runs already."""
        self.frames = frames  # of the match, as far as is known by now; 0: it has no end
        self.phase = JOINING if joins else CONNECTING
        self.over = False  # what the phase says, for those who ask many times a frame
        self.ending: MatchEnded | None = None
        self.events: deque[Event] = deque(maxlen=limits.EVENTS_KEPT)

    def tell(self, *events: Event) -> None:
        self.events += events

    def tell_all(self, events: Iterable[Event]) -> None:
        self.events += events

    def enter(self, event: PhaseEvent) -> None:
        self.phase = follow(PHASES, self.phase, event)
        self.over = self.phase is ENDED

    def end(self, reason: EndReason, text: str) -> None:
        """The match is over for this peer, unless it was before."""
        if self.over:
            return
        self.enter(PhaseEvent.END)
        self.ending = MatchEnded(reason, text)
        self.tell(self.ending)

    @property
    def hears_of_desyncs(self) -> bool:
        """Also where the other, who saw it first, has just said goodbye for it."""
        left = self.ending is not None and self.ending.reason is EndReason.LEFT
        return not self.over or (left and self.ending in self.events)

    def end_in_desync(self, event: Desync) -> None:
        if self.ending is not None:
            self.events.remove(self.ending)
            self.enter(PhaseEvent.DESYNC_BEHIND_IT)
        self.tell(event)
        what = "desync" if event.suspects else f"desync with {event.name}"
        self.end(EndReason.DESYNC, f"{what}: {event.text}")
