"""One player's process: from a wish to play to the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

import zmq

from netcode.errors import BrokerUnreachableError, MatchRefusedError
from netcode.roster import Roster
from netcode.settings import MatchSettings
from netcode.wire.lobby import Waiting
from peer.busy import busy
from peer.console import LOCKSTEP, Console
from peer.control import Control
from peer.controllers.specs import parse_spec
from peer.lobby_news import LobbyNews
from peer.network.addresses import announced_endpoints, host_id
from peer.network.descriptors import raise_limit
from peer.network.matchmaking import find_match, wish_to_join
from peer.network.presence import Presence
from peer.network.receiver import Receiver
from peer.own_prediction import find_prediction
from peer.playing import Context, MatchHere, Place, PlayerOptions
from peer.policies.shelf import PolicyShelf
from peer.preview import show_keys
from peer.records.match_files import prepare_folder
from peer.returning import ReturnWish, find_way_in
from peer.screen import Screen, open_screen
from peer.screen.start import StartScreen, short_name
from peer.simulation.agreed import check_as_asked, check_named_by_others
from peer.simulation.digest_cost import costly_digests
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint
from peer.simulation.make import make_simulation

RETURNS_ALLOWED: Final = 3  # into one match, by itself; a game that goes wrong again and again is no accident
COME_BACK_WITHIN: Final = 15.0  # seconds to find the match again, and the slot free
SWITCH_INTERVAL: Final = 0.0005  # seconds; so the receiver thread gets its turn while the game steps


def play(options: PlayerOptions, console: Console, control: Control) -> int:
    """Find a match and play it to its end. Returns the exit code.

    Raises: NetplayError for whatever keeps the match from beginning.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    prepare_folder(options.out)
    note = _once(console.say, options.note)
    raise_limit()
    context: Context = zmq.Context()
    with ExitStack() as stack:
        stack.callback(context.destroy, linger=0)
        shelf = PolicyShelf()
        stack.callback(shelf.close)
        with busy("loading the game"):
            simulation = None if options.settings is None else make_simulation(options.settings)
            _prepare_policies(options, shelf)
            if simulation is not None:
                find_prediction(simulation.settings.prediction, simulation.default_inputs)
        screen = _open_screen(options)
        stack.callback(screen.close)
        receiver = Receiver(context, options.bind)
        stack.callback(receiver.close)
        presence = Presence(context, options.broker)
        stack.callback(presence.close)
        if simulation is None:
            place = _find_way_in(options, presence, receiver, console, control)
        else:
            stack.callback(simulation.close)
            start = StartScreen(screen, simulation.settings.env)
            show_keys(screen, simulation, options, console.say)
            place = _find_match(options, simulation, context, receiver, console, control, start, note)
        if place is None:
            console.say(f"stopped: {control.stop_reason}")
            return control.stop_code
        note()
        settings = place.roster.settings
        if simulation is None or simulation.settings != settings:
            # Seed or settings are the room's: and a used environment may not reset to the same as a new one.
            with busy("loading the game"):
                simulation = make_simulation(settings)
            stack.callback(simulation.close)
        for left in range(RETURNS_ALLOWED, -1, -1):
            match = MatchHere(
                options,
                place,
                simulation,
                context,
                receiver,
                presence,
                screen,
                console,
                control,
                shelf,
                may_return=left > 0,
            )
            code = match.run()
            if not match.comes_back:
                return code
            console.say("coming back")
            returned = _come_back(options, place.roster, presence, receiver, console, control)
            if returned is None:
                code = control.stop_code if control.should_stop() else code
                match.tell_the_end(code)
                return code
            place, simulation = returned, make_simulation(settings)
            stack.callback(simulation.close)
        raise AssertionError("the last one may not return")


def _once(say: Callable[[str], None], text: str) -> Callable[[], None]:
    left = [text] if text else []

    def tell() -> None:
        while left:
            say(left.pop())

    return tell


def _prepare_policies(options: PlayerOptions, shelf: PolicyShelf) -> None:
    """Whoever cannot be loaded keeps nobody else waiting."""
    people = sum(parse_spec(spec)[0] == "keyboard" for spec in options.controllers)
    co_pilots = [options.match.co_pilot] * people if options.match.co_pilot else []
    shelf.prepare([*options.controllers, *co_pilots], options.match.policy)


def _open_screen(options: PlayerOptions) -> Screen:
    if not options.window:
        return Screen()
    game = short_name(options.settings.env) if options.settings else options.into
    return open_screen(f"{game} - {options.name} - netplay", options.window_place)


def _find_way_in(
    options: PlayerOptions, presence: Presence, receiver: Receiver, console: Console, control: Control
) -> Place | None:
    endpoints = announced_endpoints(options.bind, receiver.port)
    wish = ReturnWish(options.name, options.into, options.slot, endpoints, options.stand_in)
    way_in = find_way_in(presence, wish, options.join_timeout, console.say, control.should_stop)
    if way_in is None:
        return None
    check_named_by_others(way_in.roster.settings.env, options.agreed_env)
    return Place(way_in.roster, wish.member, way_in, wish)


def _come_back(
    options: PlayerOptions,
    roster: Roster,
    presence: Presence,
    receiver: Receiver,
    console: Console,
    control: Control,
) -> Place | None:
    """Into the slot that we have just left, as somebody who comes late; None if that cannot be."""
    again = replace(
        options,
        name=roster.names[roster.my_slot],
        into=roster.match_id,
        slot=roster.my_slot,
        agreed_env=roster.settings.env,
        join_timeout=COME_BACK_WITHIN,
    )
    try:
        return _find_way_in(again, presence, receiver, console, control)
    except (MatchRefusedError, BrokerUnreachableError) as error:
        console.say(str(error))
        return None


def as_it_can_be_played(
    settings: MatchSettings, simulation: EnvironmentSimulation, say: Callable[[str], None]
) -> MatchSettings:
    """In lockstep without snapshots, where nothing can be played again. Says so, and what is costly."""
    if simulation.lockstep_reason is not None and (settings.window or settings.on_desync == "return"):
        say(f"{LOCKSTEP}: {simulation.lockstep_reason}")
        settings = settings.model_copy(update={"window": 0, "on_desync": "stop"})
    costly = costly_digests(simulation.digest_s, settings.fps, settings.digest_interval)
    if costly and not settings.fast:
        say(costly)
    return settings


def _find_match(
    options: PlayerOptions,
    simulation: EnvironmentSimulation,
    context: Context,
    receiver: Receiver,
    console: Console,
    control: Control,
    start: StartScreen,
    note: Callable[[], None],
) -> Place | None:
    assert options.settings is not None
    settings = as_it_can_be_played(options.settings, simulation, console.say)
    news = LobbyNews(console.say, start)

    def on_waiting(waiting: Waiting | None) -> None:
        if waiting is not None:
            note()  # where no broker answers, that is the one thing to say
        news.waiting(waiting)

    def should_stop() -> bool:
        if not start.look():
            control.stop("the window was closed")
        return control.should_stop()

    join = wish_to_join(
        settings,
        fingerprint(settings.env, settings.env_args, simulation),
        name=options.name,
        room=options.room,
        seed_given=options.seed_given,
        endpoints=announced_endpoints(options.bind, receiver.port),
        host=host_id(),
        players=len(options.controllers),
    )
    control.wait_for_turn()
    roster = find_match(
        context,
        options.broker,
        join,
        timeout=options.join_timeout,
        on_waiting=on_waiting,
        should_stop=should_stop,
    )
    if roster is None:
        return None
    check_as_asked(settings, roster.settings)
    news.matched(roster, options.name)
    return Place(roster, join.member)
