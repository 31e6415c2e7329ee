"""One match in this process: session, sockets, records, window and controller put together, and run."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import zmq

from netcode.archive import Archive
from netcode.events import Desync, EndReason, Event, InputDelayChanged
from netcode.feed_reader import FeedReader
from netcode.feeding import Feeder
from netcode.fingerprint import Fingerprint
from netcode.limits import WATCHERS_OF_PLAYER
from netcode.link import Identity, RemotePeer
from netcode.prediction import Predictor
from netcode.roster import Roster
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.weather import Weather
from netcode.wire.running import Playing, Watch
from netcode.wire.testimony import AskWitness
from peer.aftermath import goes_on, in_words
from peer.console import Console
from peer.control import Control
from peer.controllers.local_players import LocalPlayers
from peer.controllers.make import Thinking
from peer.controllers.my_keys import key_file
from peer.exit_codes import ExitCode, exit_code_of
from peer.frame_clock import FrameClock
from peer.frame_loop import FrameLoop
from peer.input_delays import DelayKnob
from peer.match_config import MatchConfig, load_weather
from peer.network.addresses import announced_endpoints, host_id
from peer.network.audience import Audience
from peer.network.doorkeeper import Doorkeeper
from peer.network.inbox import Inbox
from peer.network.presence import Presence
from peer.network.reaching import reach_all
from peer.network.receiver import Receiver
from peer.network.transport import Transport
from peer.network.ways import Ways
from peer.own_prediction import predictors_of
from peer.policies.shelf import PolicyShelf
from peer.records.desyncs import note_of
from peer.records.entropy_news import EntropyNews
from peer.records.match_files import PLAYER
from peer.records.match_log import LogHeader
from peer.records.own_records import OwnRecords
from peer.records.report import as_told, note_of_delay, peer_report, versions, watched
from peer.records.scores import Scores
from peer.returning import ReturnWish, WayIn
from peer.screen import MatchView, Screen
from peer.screen.last_page import halves_of, last_page
from peer.screen.start import StartScreen
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint
from peer.stand_ins import StandIns
from peer.stop_signals import Stopped
from peer.timing import TimedSimulation

SHARE_FOR_POLICIES: Final = 0.25  # of a frame may pass in waiting for answers that come any moment
Context = zmq.Context[zmq.Socket[bytes]]


@dataclass(frozen=True)
class PlayerOptions:
    """What one player's process is told. `settings` are a wish: who opens the room decides."""

    settings: MatchSettings | None  # None: those of the match that we come into
    name: str
    controllers: tuple[str, ...]  # one for each player at this peer
    broker: str
    note: str = ""  # what a person should know, once it is clear that there is a match to come
    room: str = ""  # "": quick match
    bind: str = "*"
    seed_given: bool = False
    out: Path | None = None
    weather: Weather | None = None
    window: bool = False
    window_place: tuple[int, int] = (0, 1)
    join_timeout: float | None = None
    # Keys, co-pilots and what else is for this peer alone.
    match: MatchConfig = field(default_factory=lambda: MatchConfig(match={}))
    into: str = ""  # a running match to come into: its id or room
    agreed_env: str | None = None  # environment that may be played there, whatever code it is
    slot: int | None = None  # to come into; None: the one that was ours, else any
    stand_in: bool = False  # play only until a person wants the slot
    shared: tuple[str, ...] = ()  # options of ours that hold for such a process too

    def weather_now(self, weather: Weather | None, fps: float) -> Weather | None:
        """The weather with the debug delay added."""
        if not self.match.debug_remote_input_delay:
            return weather
        return (weather or Weather()).later(self.match.debug_remote_input_delay / fps)


@dataclass(frozen=True)
class Place:
    """Where we play; `way_in` and `wish` if the match runs already."""

    roster: Roster
    member: bytes  # the broker knows us by it
    way_in: WayIn | None = None
    wish: ReturnWish | None = None


class MatchHere:
    """One match in this process. All calls come from the main thread."""

    def __init__(
        self,
        options: PlayerOptions,
        place: Place,
        simulation: EnvironmentSimulation,
        context: Context,
        receiver: Receiver,
        presence: Presence,
        screen: Screen,
        console: Console,
        control: Control,
        shelf: PolicyShelf,
        may_return: bool,
    ) -> None:
        """`may_return`: if our own game should go wrong."""
        roster = place.roster
        settings, slot, own = roster.settings, roster.my_slot, options.match
        self.name = roster.names[slot]  # the broker tells apart who came with the same one
        self._options, self._place, self._receiver = options, place, receiver
        self._may_return = may_return
        self._failed = self._made_way = False  # what we end with, other than by the match's ending
        self._console, self._control, self._presence = console, control, presence
        self._entropy = EntropyNews(simulation, console.say)
        self._screen = screen
        self._players = players = LocalPlayers(
            dict(zip(roster.my_slots, options.controllers, strict=False)),
            settings.seed,
            simulation,
            pressed_keys=screen.pressed_keys if screen.visible else None,
            strengths=screen.strengths,
            keys=own.keys,
            default_action=own.default_action,
            key_file=key_file(settings.env) if screen.visible else None,
            say=console.say,
            thinking=Thinking(
                own.policy,
                shelf,
                longest_wait_ms=1000 * SHARE_FOR_POLICIES / settings.fps / len(options.controllers),
                fast=settings.fast,
                input_delay=lambda: self.session.input_frame - self.session.frame,
            ),
            co_pilot=own.co_pilot or "",
            co_pilot_after=round(own.co_pilot_after * settings.fps),
        )
        screen.offer_keys(players.board)
        self._view = MatchView(
            screen,
            simulation,
            self.name,
            co_piloted=lambda: players.co_piloted,
            halves=halves_of(settings.env, roster.names),
        )
        timed = TimedSimulation(simulation)
        game = fingerprint(settings.env, settings.env_args, simulation)
        predictors = predictors_of(options.settings, settings, simulation, console.say)
        self.session = session = _session(place, simulation, timed, game, predictors)
        session.common_pace.expect(simulation.step_s)
        self._delay = DelayKnob(session, self._screen, own.input_delays)
        self._transport = Transport(context, receiver.guard.add_lane)
        reached = reach_all(roster, presence, place.member)
        self._reached_at = dict(zip([seat.name for seat in roster.seats], reached, strict=True))
        receiver.links = self._transport.links
        for seat, endpoint in zip(roster.seats, reached, strict=True):
            self._transport.open(seat.link_out, seat.link_in, endpoint)
        weather = options.weather_now(options.weather, settings.fps)
        links = [seat.link_in for seat in roster.seats]
        self._inbox = Inbox(receiver.packets, links, weather, settings.seed + slot, self._transport.unwrap)
        self._records = OwnRecords(options.out, PLAYER, self.name, console)
        self._recorder = self._records.recorder(_header(roster, simulation, game))
        self._scores = Scores(simulation, settings.players)
        self._versions = versions(game)
        identity = Identity(settings.fields(), dict(game))
        self._feeder = Feeder(session.archive, identity, WATCHERS_OF_PLAYER)
        ways = Ways(self._transport)
        audience = Audience(self._feeder, ways)
        self._endpoints = announced_endpoints(options.bind, receiver.port)
        self._doorkeeper = Doorkeeper(session, presence, self._word, audience, ways, self._inbox)
        if place.way_in is not None:
            self._doorkeeper.offer(place.way_in.sources, FrameClock.now())
        self._stand_ins = StandIns(
            own.takeover or "",
            roster.match_id,
            roster.names,
            ("--env", settings.env, *options.shared),
            console.say,
        )
        self._loop = FrameLoop(
            session,
            timed,
            self._inbox,
            self._transport,
            audience,
            players.sample,
            self._view,
            self._recorder,
            self._scores,
            self._watch,
        )

    def run(self) -> int:
        """Play to the end. Returns the exit code."""
        _settle_garbage_collector()
        with ExitStack() as stack:  # each of these whatever has failed, the report last
            stack.callback(self._write_report)
            stack.callback(self._stand_ins.close)
            stack.callback(self._transport.close)
            stack.callback(lambda: self._scores.add((), self.session.final))
            stack.callback(lambda: self._recorder.close(self.session.final, self.session.ending))
            try:
                self._count_down()
                self._loop.run()
            except Stopped:
                raise  # told by the session's end
            except BaseException:
                self._failed = True
                raise
        session = self.session
        self._console.update(float("inf"), session, session.events())
        assert session.ending is not None
        code = self._exit_code
        if self.comes_back:
            return code
        self.tell_the_end(code)
        return code

    def tell_the_end(self, code: int) -> None:
        """The last words, and the last page."""
        session, screen = self.session, self._screen
        assert session.ending is not None
        if session.ending.reason in (EndReason.DROPPED, EndReason.SPLIT) or session.may_return:
            self._tell_how_to_come_back()
        if score := self._scores.standing(self._place.roster.names):
            self._console.say(f"score: {score}")
        self._records.say_where()
        end = last_page(session.ending.text, code == 0, self._place.roster.names, self._scores)
        figures = self._view.figures_of_the_end(session)
        screen.show_end(replace(end, figures=figures), should_close=self._control.should_stop)
        screen.close()

    @property
    def comes_back(self) -> bool:
        """Has our own game gone wrong, and may we come into the match again?"""
        return self._may_return and self.session.may_return and not self._control.should_stop()

    def _tell_how_to_come_back(self) -> None:
        """The others may play on without us."""

        def should_stop() -> bool:
            return self._control.should_stop() or not self._screen.poll()

        roster, options = self._place.roster, self._options
        known = goes_on(self._presence, roster.match_id, self.session.input_frame, should_stop)
        self._console.say(in_words(known, roster, options.controllers[0], options.shared))

    @property
    def _exit_code(self) -> ExitCode:
        if self._failed:
            return ExitCode.FAILED
        return ExitCode.OK if self._made_way else exit_code_of(self.session.ending, self._control.stop_code)

    def _count_down(self) -> None:
        """Where a person plays from the first frame on."""
        roster, view = self._place.roster, self._view
        if not self._screen.visible or self._place.way_in is not None or not self._players.by_hand:
            return
        start = StartScreen(self._screen, roster.settings.env)
        start.status = f"{' - '.join(roster.names)}"
        start.count_down(view.first_picture(), self._control.should_stop)

    def _watch(self, now: float, events: list[Event]) -> None:
        """Once a frame, after everything else."""
        session, options = self.session, self._options
        self._console.update(now, session, events)
        self._note(events)
        self._entropy.look()
        self._delay.look()
        self._doorkeeper.look(now)
        self._stand_ins.look(session, now)
        while self._control.weather_orders:
            ordered = load_weather(self._control.weather_orders.popleft())
            self._inbox.set_weather(options.weather_now(ordered, session.settings.fps))
        if self._view.closed:
            self._control.stop("the window was closed")
        if options.stand_in and self._doorkeeper.wants_our_slot is not None:
            session.stop(f"{self._doorkeeper.wants_our_slot} plays from here on")
            self._made_way = True
        elif self._control.should_stop():
            session.stop(self._control.stop_reason or "")

    def _note(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Desync):
                self._recorder.note(note_of(event))
            elif isinstance(event, InputDelayChanged):
                self._recorder.note(note_of_delay(event))
        for note in self._players.handovers():
            self._recorder.note(note)

    def _word(self) -> Playing | Watch | AskWitness:
        """What the broker is told of us: all that one which has forgotten the match needs to know."""
        session, roster, wish = self.session, self._place.roster, self._place.wish
        # Who only stands in does not go on without the others: people who sleep find their match again.
        if session.question is not None and not self._options.stand_in:
            here, lost = sorted(session.question.here), sorted(session.question.lost)
            return AskWitness(self._place.member, roster.match_id, tuple(here), tuple(lost))
        if wish is not None and session.catching_up is not None:
            return wish.word(session.wants_sources, session.frame, session.waits_for_seat)
        return Playing(
            roster.match_id,
            roster.room,
            roster.settings,
            roster.names,
            session.slots[0],
            tuple(sorted(session.substituted)),
            session.confirmed,
            len(self._feeder.watchers),
            self._endpoints,
            host_id(),
            self._options.stand_in,
            session.slots[1:],
        )

    def _write_report(self) -> None:
        report = peer_report(self.session, self._loop.meter, self._transport, self.name, self._exit_code)
        report["match_id"], report["names"] = self._place.roster.match_id, list(self._place.roster.names)
        names = self._place.roster.names
        report["confirmed_by"] = [names[slot] for slot in self.session.confirmed_by]
        report["substitutes"] = [
            {"slot": slot, "name": names[slot], "from_frame": first}
            for slot, first in sorted(self.session.substituted.items())
        ]
        report["scores"] = self._scores.report()
        report["weather"] = as_told(self._inbox.weather)
        report["reached_at"] = self._reached_at
        report["versions"] = self._versions
        report["entropy"] = self._entropy.told()
        report["packets_overflowed"] = self._receiver.overflowed
        report["connections_shut"] = self._receiver.guard.shut
        report["lanes_failed"] = self._transport.lanes_failed
        report["watched"] = watched(self._feeder)
        report["policies"] = self._players.policies()
        report["drawing"] = self._view.times.report()
        report |= {"stand_in": self._options.stand_in, "stand_ins_started": self._stand_ins.started}
        self._records.write_report(report)


def _session(
    place: Place,
    simulation: EnvironmentSimulation,
    timed: TimedSimulation,
    game: Fingerprint,
    predictors: Sequence[Predictor],
) -> PlayerSession:
    roster, joining = place.roster, None
    if place.way_in is not None:
        joining = (place.way_in.guest, _feed(roster.settings, simulation, game))
    remotes = [RemotePeer(seat.name, seat.slots, seat.link_out, seat.link_in) for seat in roster.seats]
    return PlayerSession(
        roster.settings,
        roster.my_slots,
        remotes,
        simulation.input_sizes,
        simulation.default_inputs,
        game,
        timed,
        FrameClock.now(),
        joining,
        predictors,
    )


def _feed(settings: MatchSettings, simulation: EnvironmentSimulation, game: Fingerprint) -> FeedReader:
    """What tells us of the match so far; it is offered its sources."""
    sizes = simulation.input_sizes
    archive = Archive(sum(sizes), settings.digest_interval, settings.frames)
    identity = Identity(settings.fields(), dict(game))
    return FeedReader((), archive, sizes, identity, simulation.is_valid_input, FrameClock.now())


def _header(roster: Roster, simulation: EnvironmentSimulation, game: Fingerprint) -> LogHeader:
    sizes = tuple(simulation.input_sizes)
    return LogHeader(roster.match_id, roster.my_slot, roster.names, roster.settings, sizes, dict(game))


def _settle_garbage_collector() -> None:
    """What exists by now stays: looking through it again and again would only cost frames."""
    gc.collect()
    gc.freeze()
