"""One spectator's process: from a wish to watch to the report."""

from __future__ import annotations

import gc
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import zmq

from netcode.errors import MatchRefusedError, MatchTimeoutError
from netcode.events import EndReason
from netcode.limits import MEMBER_BYTES
from netcode.simulator.weather import Weather
from netcode.sources import Source
from netcode.spectator import SpectatorSession
from netcode.wire.lobby import LobbyMessage, Refused
from netcode.wire.running import Guests, Matches, Watch, Watching
from peer.console import Console
from peer.control import Control
from peer.exit_codes import ExitCode, exit_code_of
from peer.frame_clock import FrameClock
from peer.match_lines import matches_in_words
from peer.network.addresses import announced_endpoints, host_id
from peer.network.audience import Audience
from peer.network.contact import ASK_INTERVAL, ask_until
from peer.network.descriptors import raise_limit
from peer.network.inbox import Inbox
from peer.network.presence import Presence
from peer.network.receiver import Receiver
from peer.network.transport import Transport
from peer.network.ways import Ways
from peer.records.match_files import SPECTATOR, prepare_folder
from peer.records.match_log import LogHeader
from peer.records.own_records import OwnRecords
from peer.records.report import as_told, rss_mb, versions, watched
from peer.records.scores import Scores
from peer.screen import Screen, open_screen
from peer.screen.last_page import halves_of, last_page
from peer.screen.spectator_view import SpectatorView
from peer.screen.start import short_name
from peer.simulation.agreed import check_named_by_others
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint
from peer.simulation.make import make_simulation
from peer.stop_signals import Stopped
from peer.timing import TimedSimulation

SLICE_SECONDS: Final = 0.02  # that one slice of catching up should take
MOST_A_SLICE: Final = 4096  # frames
_FAREWELLS: Final = 3
_FAREWELL_GAP: Final = 0.02

Context = zmq.Context[zmq.Socket[bytes]]


@dataclass(frozen=True)
class SpectatorOptions:
    """What one spectator's process is told."""

    name: str
    broker: str
    match: str = ""  # id or room; "": the only one
    agreed_env: str | None = None  # environment that may be watched, whatever code it is
    bind: str = "*"
    out: Path | None = None
    weather: Weather | None = None
    window: bool = False
    window_place: tuple[int, int] = (0, 1)
    timeout: float | None = None  # seconds to wait for the match; None: for ever


class Wish:
    """What the broker is told: who we are, and whether somebody feeds us."""

    def __init__(self, options: SpectatorOptions, port: int) -> None:
        self.member = os.urandom(MEMBER_BYTES)
        self._options = options
        self._endpoints = announced_endpoints(options.bind, port)
        self.session: SpectatorSession | None = None
        self.match = options.match

    def word(self) -> Watch:
        session = self.session
        needs = session is None or session.wants_sources
        frames = 0 if session is None else session.frame
        return Watch(
            self.member, self._options.name, self.match, None, needs, frames, self._endpoints, host_id()
        )


def spectate(options: SpectatorOptions, console: Console, control: Control) -> int:
    """Find a match and watch it to its end. Returns the exit code.

    Raises: NetplayError for whatever keeps us from watching.
    """
    prepare_folder(options.out)
    raise_limit()
    context: Context = zmq.Context()
    receiver = Receiver(context, options.bind)
    wish = Wish(options, receiver.port)
    presence = Presence(context, options.broker)
    try:
        told = _find_match(options, wish, presence, console, control)
        if told is None:
            console.say(f"stopped: {control.stop_reason}")
            return control.stop_code
        wish.match = told.match_id
        check_named_by_others(told.settings.env, options.agreed_env)
        simulation = make_simulation(told.settings)
        try:
            return _Spectating(
                options, told, simulation, context, receiver, wish, presence, console, control
            ).run()
        finally:
            simulation.close()
    finally:
        presence.close(wish.member)
        receiver.close()
        context.destroy(linger=0)


def _find_match(
    options: SpectatorOptions, wish: Wish, presence: Presence, console: Console, control: Control
) -> Watching | None:
    """Ask until the match runs. None if we should stop."""
    told = False

    def understand(answer: LobbyMessage) -> Watching | None:
        nonlocal told
        match answer:
            case Watching():
                return answer
            case Refused(reason):
                raise MatchRefusedError(reason)
            case Matches(matches) if len(matches) > 1 and not options.match:
                there = matches_in_words(matches)
                raise MatchRefusedError(f"several matches run here; choose one with --match: {there}")
            case Matches(matches) if not told:
                told = True
                wanted = f"match {options.match}" if options.match else "a match"
                there = f"; there is {matches_in_words(matches)}" if matches else ""
                console.say(f"waiting for {wanted} to begin{there}")
        return None

    return ask_until(
        presence,
        wish.word,
        understand,
        timeout=options.timeout,
        too_late=lambda: MatchTimeoutError(
            f"no such match began within {options.timeout:g} s; wait longer with --timeout"
        ),
        should_stop=control.should_stop,
    )


def _title(told: Watching, options: SpectatorOptions) -> str:
    return f"{short_name(told.settings.env)} - {options.name} watches - netplay"


class _Spectating:
    """One match being watched."""

    def __init__(
        self,
        options: SpectatorOptions,
        told: Watching,
        simulation: EnvironmentSimulation,
        context: Context,
        receiver: Receiver,
        wish: Wish,
        presence: Presence,
        console: Console,
        control: Control,
    ) -> None:
        settings = told.settings
        game = fingerprint(settings.env, settings.env_args, simulation)
        self._options, self._told, self._console, self._control = options, told, console, control
        self._failed = False
        self._versions = versions(game)
        self._receiver, self._wish, self._presence = receiver, wish, presence
        self._clock = FrameClock()
        self._simulation = TimedSimulation(simulation)
        self._transport = Transport(context, receiver.guard.add_lane)
        receiver.links = self._transport.links
        self._ways = Ways(self._transport)
        self._inbox = Inbox(
            receiver.packets, (), options.weather, settings.seed + 100, self._transport.unwrap
        )
        self._session = SpectatorSession(
            settings, (), simulation.input_sizes, game, self._simulation, self._clock.now()
        )
        wish.session = self._session
        self._audience = Audience(self._session.feeder, self._ways)
        self._offer(told)
        screen = open_screen(_title(told, options), options.window_place) if options.window else Screen()
        self._view = SpectatorView(screen, simulation, options.name, halves_of(settings.env, told.names))
        header = LogHeader(
            told.match_id, None, told.names, settings, tuple(simulation.input_sizes), dict(game)
        )
        self._records = OwnRecords(options.out, SPECTATOR, options.name, console)
        self._recorder = self._records.recorder(header)
        self._scores = Scores(simulation, settings.players)
        self._slice = 16  # frames at once while catching up; found by measuring

    def run(self) -> ExitCode:
        """Until the match is over here. Returns the exit code."""
        session, control = self._session, self._control
        gc.collect()
        gc.freeze()
        with ExitStack() as stack:  # each of these whatever has failed, the report last
            stack.callback(lambda: self._records.write_report(self._report()))
            stack.callback(self._transport.close)
            stack.callback(lambda: self._recorder.close(None, session.ending))
            stack.callback(self._say_goodbye)
            try:
                self._watch()
            except Stopped as stopped:
                session.stop(str(stopped))
                raise
            except BaseException as error:
                self._failed = True
                session.fail(f"failed: {str(error) or type(error).__name__}")
                raise
        ending = session.ending
        assert ending is not None
        self._console.update(float("inf"), session, session.events())
        if score := self._scores.standing(self._told.names):
            self._console.say(f"score: {score}")
        self._records.say_where()
        end = last_page(ending.text, self._exit_code == 0, self._told.names, self._scores)
        self._view.screen.show_end(end, should_close=control.should_stop)
        self._view.screen.close()
        return self._exit_code

    def _watch(self) -> None:
        session, control = self._session, self._control
        while session.ending is None:
            self._tick()
            if control.should_stop():
                session.stop(control.stop_reason or "")
            elif self._view.closed:
                control.stop("the window was closed")
            self._clock.wait(session.pace(), self._view.between_frames)

    def _tick(self) -> None:
        session, now = self._session, self._clock.now()
        self._view.begin_frame()
        session.receive(self._inbox.drain(now), now)
        began = perf_counter()
        frames = session.play(self._slice)
        took = perf_counter() - began
        if len(frames) == self._slice:
            self._slice = (
                min(2 * self._slice, MOST_A_SLICE) if took < SLICE_SECONDS else max(self._slice // 2, 1)
            )
        self._recorder.write(frames)
        self._scores.add(frames)
        self._send(now)
        self._ask_broker(now)
        self._view.show(session, bool(frames), self._clock.left(session.pace()))
        self._console.update(now, session, session.events())

    def _send(self, now: float) -> None:
        self._ways.send(self._session.outgoing(now))
        self._audience.send(now)

    def _ask_broker(self, now: float) -> None:
        interval = ASK_INTERVAL if self._session.wants_sources else 1.0
        answer = self._presence.poll(now, self._wish.word, interval)
        if isinstance(answer, Watching) and answer.match_id == self._told.match_id:
            self._offer(answer)
        elif isinstance(answer, Guests):
            self._audience.invite(answer.guests, now)

    def _offer(self, told: Watching) -> None:
        if not self._session.wants_sources:
            return
        for host in told.sources:
            self._ways.open(host.link_out, host.link_in, host.endpoints, host.host)
            self._inbox.add_link(host.link_in)
        sources = [Source(host.name, host.link_out, host.link_in) for host in told.sources]
        self._session.offer(sources, self._clock.now())

    def _say_goodbye(self) -> None:
        session = self._session
        for _ in range(_FAREWELLS):
            self._ways.send(session.reader.farewells())
            time.sleep(_FAREWELL_GAP)
        if session.ending is not None:
            self._audience.linger(session.ending.reason, session.ending.text, self._inbox.drain)

    @property
    def _exit_code(self) -> ExitCode:
        """0 only if the match was followed to its end, every digest equal."""
        return (
            ExitCode.FAILED if self._failed else exit_code_of(self._session.ending, self._control.stop_code)
        )

    def _report(self) -> dict[str, Any]:
        session, ending, stats = self._session, self._session.ending, self._session.reader.stats
        return {
            "name": self._options.name,
            "pid": os.getpid(),
            "match_id": self._told.match_id,
            "exit_code": self._exit_code,
            "ended": ending.reason.value if ending else "running",
            "ended_text": ending.text if ending else "",
            "frames": session.frame,
            "final_digest": session.digest.hex(),
            "digests_compared": session.compared,
            "digests_equal": session.compared > 0
            and (ending is None or ending.reason is not EndReason.DESYNC),
            "packets_in": stats.packets_in,
            "packets_out": stats.packets_out,
            "bytes_in": stats.bytes_in,
            "bytes_out": stats.bytes_out,
            "packets_rejected": stats.rejected + session.strangers,
            "rejections": stats.rejections,
            "simulation_us_per_frame": round(self._simulation.nanoseconds / 1000 / max(session.frame, 1), 1),
            "rss_mb": rss_mb(),
            "names": list(self._told.names),
            "scores": self._scores.report(),
            "weather": as_told(self._inbox.weather),
            "versions": self._versions,
            "watched": watched(session.feeder),
        }
