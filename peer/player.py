"""One player's process: from the settings to the report."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import zmq

from netcode.events import Event
from netcode.feeding import Feeder
from netcode.fingerprint import Fingerprint
from netcode.limits import WATCHERS_OF_PLAYER
from netcode.link import Identity, RemotePeer
from netcode.roster import Roster
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.weather import Weather
from netcode.wire.lobby import Waiting
from netcode.wire.running import Guests, Playing
from peer.console import LOCKSTEP, Console
from peer.control import Control
from peer.controllers import Controller, make_controller
from peer.frame_clock import FrameClock
from peer.frame_loop import FrameLoop
from peer.match_config import load_weather
from peer.network.addresses import announced_endpoints, choose_endpoint, host_id
from peer.network.audience import Audience
from peer.network.inbox import Inbox
from peer.network.matchmaking import find_match, wish_to_join
from peer.network.presence import Presence
from peer.network.receiver import Receiver
from peer.network.transport import Transport
from peer.network.ways import Ways
from peer.records.match_files import log_path, report_path
from peer.records.match_log import LogHeader, MatchLogWriter
from peer.records.report import EXIT_CODES, peer_report, watched
from peer.screen import NoScreen, open_screen
from peer.screen.match_view import MatchView
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint
from peer.simulation.make import make_simulation
from peer.timing import TimedSimulation

SWITCH_INTERVAL: Final = 0.0005  # seconds; so the receiver thread gets its turn while the game steps
Context = zmq.Context[zmq.Socket[bytes]]


@dataclass(frozen=True)
class PlayerOptions:
    """What one player's process is told. `settings` are a wish: who opens the room decides."""

    settings: MatchSettings
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

    def weather_now(self, weather: Weather | None, fps: float) -> Weather | None:
        """The weather with the debug delay added."""
        if not self.debug_remote_input_delay:
            return weather
        return (weather or Weather()).later(self.debug_remote_input_delay / fps)


def play(options: PlayerOptions, console: Console, control: Control) -> int:
    """Find a match and play it to its end. Returns the exit code.

    Raises: NetplayError for whatever keeps the match from beginning.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    simulation = make_simulation(options.settings)
    if simulation.lockstep_reason is not None and options.settings.window:
        console.say(f"{LOCKSTEP}: {simulation.lockstep_reason}")
        options = replace(options, settings=options.settings.model_copy(update={"window": 0}))
    context: Context = zmq.Context()
    receiver = Receiver(context, options.bind)
    try:
        roster = _find_match(options, simulation, context, receiver, console, control)
        if roster is None:
            console.say(control.stop_reason or "stopped")
            return 0
        if roster.settings != options.settings:
            # Seed or settings are the room's: and a used environment may not reset to the same as a new one.
            simulation.close()
            simulation = make_simulation(roster.settings)
        return _play_match(options, roster, simulation, context, receiver, console, control)
    finally:
        receiver.close()
        context.destroy(linger=0)
        simulation.close()


def _find_match(
    options: PlayerOptions,
    simulation: EnvironmentSimulation,
    context: Context,
    receiver: Receiver,
    console: Console,
    control: Control,
) -> Roster | None:
    def on_waiting(waiting: Waiting | None) -> None:
        if waiting is None:
            console.say("the broker is silent; asking on")
        else:
            here = ", ".join(waiting.names)
            console.say(f"room {waiting.room}: {waiting.have} of {waiting.need} players ({here})")

    join = wish_to_join(
        options.settings,
        fingerprint(options.settings.env, options.settings.env_args, simulation),
        name=options.name,
        room=options.room,
        seed_given=options.seed_given,
        endpoints=announced_endpoints(options.bind, receiver.port),
        host=host_id(),
    )
    control.wait_for_turn()
    return find_match(
        context,
        options.broker,
        join,
        timeout=options.join_timeout,
        on_waiting=on_waiting,
        should_stop=control.should_stop,
    )


def _play_match(
    options: PlayerOptions,
    roster: Roster,
    simulation: EnvironmentSimulation,
    context: Context,
    receiver: Receiver,
    console: Console,
    control: Control,
) -> int:
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
    session = _session(roster, simulation, timed, game)
    transport = Transport(
        context,
        {seat.link_out: choose_endpoint(seat.endpoints, seat.host == host_id()) for seat in roster.seats},
    )
    weather = options.weather_now(options.weather, settings.fps)
    inbox = Inbox(receiver.packets, [s.link_in for s in roster.seats], weather, settings.seed + slot)
    recorder = _recorder(options, roster, simulation, game)
    feeder = Feeder(session.archive, Identity(settings.fields(), dict(game)), WATCHERS_OF_PLAYER)
    audience = Audience(feeder, Ways(transport))
    presence = Presence(context, options.broker)
    endpoints = announced_endpoints(options.bind, receiver.port)

    def word() -> Playing:
        return playing_now(roster, session, feeder, endpoints)

    def watch(now: float, events: list[Event]) -> None:
        console.update(now, session, events)
        answer = presence.poll(now, word)
        if isinstance(answer, Guests):
            audience.invite(answer.guests, now)
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
        report = peer_report(session, loop.meter, transport, name)
        report["packets_overflowed"] = receiver.overflowed
        report["watched"] = watched(feeder)
        if options.out is not None:
            report_path(options.out, name).write_text(json.dumps(report, indent=1))
        transport.close()
        presence.close()
    assert session.ending is not None
    console.update(float("inf"), session, session.events())
    code = EXIT_CODES[session.ending.reason]
    screen.show_end(session.ending.text, good=code == 0)
    screen.close()
    return code


def _session(
    roster: Roster, simulation: EnvironmentSimulation, timed: TimedSimulation, game: Fingerprint
) -> PlayerSession:
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
    )


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
    options: PlayerOptions, roster: Roster, simulation: EnvironmentSimulation, game: Fingerprint
) -> MatchLogWriter:
    header = LogHeader(
        roster.match_id,
        roster.my_slot,
        roster.names,
        roster.settings,
        tuple(simulation.input_sizes),
        dict(game),
    )
    name = roster.names[roster.my_slot]
    return MatchLogWriter(options.out and log_path(options.out, name), header)


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
