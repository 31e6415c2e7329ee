"""The queues of a session, each against its limit (law 10). Looked at after every tick."""

from __future__ import annotations

from netcode import limits
from netcode.confirming import FORGET_EVERY
from netcode.link import GUEST_MAY_LACK
from netcode.session import PlayerSession
from netcode.settings import MatchSettings


class QueueWatch:
    """Finds a session of this match whose queues outgrew their limits."""

    def __init__(self, settings: MatchSettings, stride: int) -> None:
        """`stride`: bytes of input a frame that one peer sends."""
        # Each side may be a window and a delay ahead of what it knows of the other.
        self._in_flight = 2 * (max(settings.window, 1) + settings.input_delay + 1)
        if settings.on_drop != "end":  # what survivors and guests may lack is kept
            self._in_flight = 3 * self._in_flight + GUEST_MAY_LACK
        self._in_flight += FORGET_EVERY
        self._own_bytes = self._in_flight * stride
        self._outcomes = settings.window + 1
        self._outcomes_joining = settings.window + settings.digest_interval  # a guest plays up to a digest

    def overgrown(self, session: PlayerSession) -> str | None:
        """The first queue past its limit, in words."""
        if len(session._own._data) > self._own_bytes:
            return f"{len(session._own._data)} bytes of own inputs"
        joining = session.catching_up is not None  # also if the match ended on its way in
        if len(session._rollback.outcomes) > (self._outcomes_joining if joining else self._outcomes):
            return f"{len(session._rollback.outcomes)} outcomes"
        if len(session._course.events) > limits.EVENTS_KEPT:
            return f"{len(session._course.events)} events"
        for timeline in (
            session.timelines if not joining else ()
        ):  # a guest has the whole match in its archive
            if len(timeline.inputs) > self._in_flight or len(timeline._used) > self._in_flight:
                return f"{len(timeline.inputs)} inputs of one slot"
        for link in session.links:
            if len(link.comparison._theirs) > limits.DIGESTS_IN_FLIGHT:
                return f"{len(link.comparison._theirs)} digests of {link.remote.name}"
        return None
