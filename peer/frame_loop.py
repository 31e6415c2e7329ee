"""The main thread of a peer: one frame after the other, in the order that the promise rests on."""

from __future__ import annotations

import time
from collections.abc import Callable
from time import perf_counter_ns

from netcode.errors import GameError
from netcode.events import Event
from netcode.phases import Phase
from netcode.session import PlayerSession
from peer.frame_clock import FrameClock
from peer.network.audience import FEED_LINGER, Audience
from peer.network.inbox import Inbox
from peer.network.transport import Transport
from peer.records.log_writer import MatchLogWriter
from peer.records.scores import Scores
from peer.screen.match_view import MatchView
from peer.stop_signals import Stopped
from peer.timing import FrameMeter, TimedSimulation

FAREWELLS = 3  # times a goodbye is sent: a bad link may lose it
COSTS_TOLD_EVERY = 60  # frames
FAREWELL_GAP = 0.02  # seconds between two of them


class FrameLoop:
    """Runs one match in this process, from the handshake to the last goodbye."""

    def __init__(
        self,
        session: PlayerSession,
        simulation: TimedSimulation,
        inbox: Inbox,
        transport: Transport,
        audience: Audience,
        sample: Callable[[int], dict[int, bytes] | None],
        view: MatchView,
        recorder: MatchLogWriter,
        scores: Scores,
        watch: Callable[[float, list[Event]], None],
    ) -> None:
        """`sample(frame)` gives the local players' inputs (slot -> bytes) for that frame, or None to put it
        off; `watch(now, events)` is called once a frame, after everything else: status, stop requests."""
        self.session = session
        self.meter = FrameMeter()
        self._simulation = simulation
        self._inbox = inbox
        self._transport = transport
        self._audience = audience
        self._sample = sample
        self._view = view
        self._recorder = recorder
        self._scores = scores
        self._watch = watch
        self._clock = FrameClock()
        self._drawn_meanwhile = 0.0  # seconds of drawing, in the last tick, for which there was time

    def run(self) -> None:
        """Until the match has ended, however it ends.

        Raises: whatever a tick raises, after the others were told.
        """
        try:
            while self.session.phase is not Phase.ENDED:
                self.tick()
        except Stopped as stopped:
            self.session.stop(str(stopped))
            raise
        except BaseException as error:
            self.session.fail(f"failed: {str(error) or type(error).__name__}")
            raise
        finally:
            self._say_goodbye()

    def tick(self) -> None:
        """One frame of this peer. The order is the whole point: see laws 1 to 3 in netcode.rollback."""
        session, now = self.session, self._clock.now()
        self._view.begin_frame()
        started, simulated = perf_counter_ns(), self._simulation.nanoseconds
        arrivals = self._audience.receive(self._inbox.drain(now))  # who watches cannot reach the game
        session.receive(arrivals, now)  # network -> timelines
        session.reconcile()  # at most one rollback
        confirmed = session.newly_confirmed()
        self._recorder.write(confirmed, session.final)  # only what is true
        self._scores.add(confirmed, session.final)
        advanced = self._has_inputs() and session.advance(now)  # the new frame, or a stall
        if session.frame % COSTS_TOLD_EVERY == 0:
            session.saving.measured(self._simulation.look_at_costs())
        packets = session.outgoing(self._clock.now())
        simulated = self._simulation.nanoseconds - simulated
        self.meter.frame(session, now, advanced, perf_counter_ns() - started - simulated, simulated)
        self._transport.send(packets)
        self._audience.send(now)
        self._draw(advanced)
        self._watch(now, session.events())
        session.spent(self._clock.now() - now - self._drawn_meanwhile)
        self._clock.wait(session.pace(), self._view.between_frames)

    def _draw(self, advanced: bool) -> None:
        """Drawing takes time that nobody needs, as a rule: what it takes beyond that makes us slow."""
        began = self._clock.now()
        left = self._clock.left(self.session.pace())
        self._view.show(self.session, advanced, left)
        self._drawn_meanwhile = min(self._clock.now() - began, max(left, 0.0))

    def _has_inputs(self) -> bool:
        """Give the local players' inputs, if it is time to. False if one of them still thinks, or cannot look
        at the game as it is guessed."""
        session = self.session
        if session.wants_inputs:
            try:
                inputs = self._sample(session.input_frame)
            except GameError as error:
                if session.confirmed == session.frame:  # it is the true one
                    session.fail(f"frame {session.frame}: {error}")
                return False
            if inputs is None:
                return False
            session.add_local_inputs(inputs)
        return True

    def _say_goodbye(self) -> None:
        for _ in range(FAREWELLS):
            self._transport.send(self.session.farewells())
            time.sleep(FAREWELL_GAP)
        if self.session.ending is not None:
            ending = self.session.ending
            seconds = 0.0 if self.session.may_return else FEED_LINGER
            self._audience.linger(ending.reason, ending.text, self._inbox.drain, seconds)
