"""One match in this process: session, sockets, records, window and controller put together, and run."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq

from netcode.archive import Archive
from netcode.events import Event
from netcode.feed_reader import FeedReader
from netcode.feeding import Feeder
from netcode.fingerprint import Fingerprint
from netcode.limits import WATCHERS_OF_PLAYER
from netcode.link import Identity, RemotePeer
from netcode.roster import Roster
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.weather import Weather
from netcode.wire.running import Playing, Watch
from peer.console import Console
from peer.control import Control
from peer.controllers import Controller, make_controller
from peer.frame_clock import FrameClock
from peer.frame_loop import FrameLoop
from peer.match_config import load_weather
from peer.network.addresses import announced_endpoints, choose_endpoint, host_id
from peer.network.audience import Audience
from peer.network.doorkeeper import Doorkeeper
from peer.network.inbox import Inbox
from peer.network.presence import Presence
from peer.network.receiver import Receiver
from peer.network.transport import Transport
from peer.network.ways import Ways
from peer.records.match_files import log_path, report_path, unused_name
from peer.records.match_log import LogHeader, MatchLogWriter
from peer.records.report import EXIT_CODES, peer_report, watched
from peer.returning import ReturnWish, WayIn
from peer.screen import NoScreen, Screen, open_screen
from peer.screen.match_view import MatchView
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint
from peer.timing import TimedSimulation

Context = zmq.Context[zmq.Socket[bytes]]


@dataclass(frozen=True)
class PlayerOptions:
    """What one player's process is told. `settings` are a wish: who opens the room decides."""

    settings: MatchSettings | None  # None: those of the match that we come into
    name: str
    controller: str
    broker: str
    room: str = ""  # "": quick match
    bind: str = "*"
    seed_given: bool = False
    out: Path | None = None
    weather: Weather | None = None
    debug_remote_input_delay: int = 0  # frames
    window: bool = False
    window_place: tuple[int, int] = (0, 1)
    join_timeout: float | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)
    default_action: Any = None
    into: str = ""  # a running match to come into: its id or room
    slot: int | None = None  # to come into; None: the one that was ours, else any

    def weather_now(self, weather: Weather | None, fps: float) -> Weather | None:
        """The weather with the debug delay added."""
        if not self.debug_remote_input_delay:
            return weather
        return (weather or Weather()).later(self.debug_remote_input_delay / fps)


@dataclass(frozen=True)
class Place:
    """Where we play; `way_in` and `wish` if the match runs already."""

    roster: Roster
    way_in: WayIn | None = None
    wish: ReturnWish | None = None


def play_match(
    options: PlayerOptions,
    place: Place,
    simulation: EnvironmentSimulation,
    context: Context,
    receiver: Receiver,
    presence: Presence,
    console: Console,
    control: Control,
) -> int:
    roster = place.roster
    settings, slot = roster.settings, roster.my_slot
    name = roster.names[slot]  # the broker tells apart who came with the same one
    screen = open_screen(f"netplay - {name}", options.window_place) if options.window else NoScreen()
    controller = make_controller(
        options.controller,
        slot,
        settings.seed,
        simulation,
        pressed_keys=screen.pressed_keys if screen.visible else None,
        keys=options.keys,
        default_action=options.default_action,
    )
    view = MatchView(screen, simulation, name, getattr(controller, "legend", ""))
    timed = TimedSimulation(simulation)
    game = fingerprint(settings.env, settings.env_args, simulation)
    session = _session(place, simulation, timed, game)
    transport = Transport(
        context,
        {seat.link_out: choose_endpoint(seat.endpoints, seat.host == host_id()) for seat in roster.seats},
    )
    weather = options.weather_now(options.weather, settings.fps)
    inbox = Inbox(receiver.packets, [s.link_in for s in roster.seats], weather, settings.seed + slot)
    file_name = unused_name(options.out, name) if options.out and place.way_in else name
    recorder = _recorder(options.out and log_path(options.out, file_name), roster, simulation, game)
    feeder = Feeder(session.archive, Identity(settings.fields(), dict(game)), WATCHERS_OF_PLAYER)
    ways = Ways(transport)
    audience = Audience(feeder, ways)
    endpoints = announced_endpoints(options.bind, receiver.port)

    def word() -> Playing | Watch:
        if place.wish is not None and session.catching_up is not None:
            return place.wish.word(session.wants_sources, session.frame)
        return playing_now(roster, session, feeder, endpoints)

    doorkeeper = Doorkeeper(session, presence, word, audience, ways, inbox)
    if place.way_in is not None:
        doorkeeper.offer(place.way_in.sources, FrameClock.now())

    def watch(now: float, events: list[Event]) -> None:
        console.update(now, session, events)
        doorkeeper.look(now)
        while control.weather_orders:
            ordered = load_weather(control.weather_orders.popleft())
            inbox.set_weather(options.weather_now(ordered, settings.fps))
        if control.should_stop():
            session.stop(control.stop_reason or "stopped")
        elif view.closed:
            session.stop("the window was closed")

    sample = _sampler(controller, simulation, slot)
    loop = FrameLoop(session, timed, inbox, transport, audience, sample, view, recorder, watch)
    _settle_garbage_collector()
    try:
        loop.run()
    finally:
        recorder.close()
        if options.out is not None:
            report = peer_report(session, loop.meter, transport, name)
            report |= {"packets_overflowed": receiver.overflowed, "watched": watched(feeder)}
            report_path(options.out, file_name).write_text(json.dumps(report, indent=1))
        transport.close()
    console.update(float("inf"), session, session.events())
    return _show_end(session, screen)


def _show_end(session: PlayerSession, screen: Screen) -> int:
    assert session.ending is not None
    code = EXIT_CODES[session.ending.reason]
    screen.show_end(session.ending.text, good=code == 0)
    screen.close()
    return code


def _session(
    place: Place, simulation: EnvironmentSimulation, timed: TimedSimulation, game: Fingerprint
) -> PlayerSession:
    roster, joining = place.roster, None
    if place.way_in is not None:
        joining = (place.way_in.guest, _feed(roster.settings, simulation, game))
    remotes = [RemotePeer(seat.name, (seat.slot,), seat.link_out, seat.link_in) for seat in roster.seats]
    return PlayerSession(
        roster.settings,
        (roster.my_slot,),
        remotes,
        simulation.input_sizes,
        simulation.default_inputs,
        game,
        timed,
        FrameClock.now(),
        joining,
    )


def _feed(settings: MatchSettings, simulation: EnvironmentSimulation, game: Fingerprint) -> FeedReader:
    """What tells us of the match so far; it is offered its sources."""
    sizes = simulation.input_sizes
    archive = Archive(sum(sizes), settings.digest_interval, settings.frames)
    identity = Identity(settings.fields(), dict(game))
    return FeedReader((), archive, sizes, identity, simulation.is_valid_input, FrameClock.now())


def playing_now(
    roster: Roster, session: PlayerSession, feeder: Feeder, endpoints: tuple[str, ...]
) -> Playing:
    """What the broker is told of a running match: all that one which has forgotten it needs to know."""
    return Playing(
        roster.match_id,
        roster.room,
        roster.settings,
        roster.names,
        roster.my_slot,
        tuple(sorted(session.substituted)),
        session.confirmed,
        len(feeder.watchers),
        endpoints,
        host_id(),
    )


def _recorder(
    path: Path | None, roster: Roster, simulation: EnvironmentSimulation, game: Fingerprint
) -> MatchLogWriter:
    header = LogHeader(
        roster.match_id,
        roster.my_slot,
        roster.names,
        roster.settings,
        tuple(simulation.input_sizes),
        dict(game),
    )
    return MatchLogWriter(path, header)


def _sampler(
    controller: Controller, simulation: EnvironmentSimulation, slot: int
) -> Callable[[int], dict[int, bytes]]:
    codec, default = simulation.codecs[slot], simulation.default_inputs[slot]

    def sample(frame: int) -> dict[int, bytes]:
        action = controller.sample(frame, simulation, slot)
        return {slot: default if action is None else codec.encode(action)}

    return sample


def _settle_garbage_collector() -> None:
    """What exists by now stays: looking through it again and again would only cost frames."""
    gc.collect()
    gc.freeze()
