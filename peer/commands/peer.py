"""`netplay peer`: one player."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netcode.errors import ConfigError
from netcode.limits import MAX_PLAYERS, MAX_ROOM_CHARS
from peer.busy import busy
from peer.commands import arguments as a
from peer.commands import options as o

DISCOVERY_TIMEOUT = 3.0  # seconds to listen for a broker on the LAN


def peer(
    ctx: typer.Context,
    env: o.Env = None,
    env_arg: o.EnvArgs = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="A match file, for its settings and keys.")
    ] = None,
    broker: o.Broker = None,
    room: Annotated[
        str,
        typer.Option(
            "--room",
            metavar="CODE",
            parser=a.label(MAX_ROOM_CHARS),
            help="Meet here; without it, whoever wants the same game.",
        ),
    ] = "",
    name: o.Name = None,
    controller: Annotated[
        list[str] | None,
        typer.Option(
            "--controller",
            metavar="SPEC",
            help="keyboard, random[:SEED], script:FILE, policy:FILE or idle; again for each further player.",
        ),
    ] = None,
    bind: o.Bind = "*",
    into: Annotated[
        str,
        typer.Option(
            "--into",
            metavar="MATCH",
            parser=a.label(MAX_ROOM_CHARS),
            help="Come into a match that runs (its id or room): into your own slot, by name, or a free one.",
        ),
    ] = "",
    slot: Annotated[
        int | None,
        typer.Option(
            "--slot",
            metavar="K",
            parser=a.whole(0, MAX_PLAYERS - 1),
            help="With --into: come into this slot.",
        ),
    ] = None,
    takeover: o.Takeover = None,
    co_pilot: o.CoPilot = None,
    co_pilot_after: o.CoPilotAfter = None,
    stand_in: Annotated[
        bool, typer.Option("--stand-in", help="With --into: play only until a person wants the slot.")
    ] = False,
    players: o.Players = None,
    open_slots: o.OpenSlots = None,
    frames: o.Frames = None,
    episodes: o.Episodes = None,
    intermission: o.Intermission = None,
    frame_skip: o.FrameSkip = None,
    seed: o.Seed = None,
    fps: o.Fps = None,
    fast: o.Fast = None,
    input_delay: o.InputDelay = None,
    prediction_window: o.Window = None,
    prediction: o.Prediction = None,
    digest_interval: o.DigestInterval = None,
    disconnect_timeout: o.DisconnectTimeout = None,
    on_drop: o.OnDrop = None,
    witness: o.Witness = None,
    on_desync: o.OnDesync = None,
    weather: o.WeatherName = None,
    debug_remote_input_delay: o.DebugDelay = None,
    join_timeout: Annotated[
        float | None,
        typer.Option(
            "--join-timeout",
            metavar="SECONDS",
            parser=a.real(0, a.MAX_SECONDS),
            help="How long to wait for the other players.",
        ),
    ] = None,
    out: o.Out = None,
    window: o.Shown = None,
    window_place: o.WindowPlace = "0/1",
    own_input_delay: Annotated[
        str | None, typer.Option("--own-input-delay", hidden=True, help="Not the match's default, too.")
    ] = None,
    status_json: o.StatusJson = False,
    obey_stdin: o.ObeyStdin = False,
    in_turn: Annotated[bool, typer.Option("--in-turn", hidden=True, help="Join when told on stdin.")] = False,
) -> None:
    """Join a match as one player.

    Exit code 0 only if it was played to its end; the others are in docs/exit-codes.md.

    Example: netplay peer --env CartPole-v1 --broker 192.168.1.7 --name ann
    """
    with busy("starting"):
        from peer.console import player_console
        from peer.control import Control
        from peer.match_config import load_match_config, load_weather
        from peer.network.discovery import find_broker
        from peer.player import play
        from peer.playing import PlayerOptions
        from peer.screen import headless
        from peer.simulation.environment_facts import environment_facts

    place = a.place(window_place)
    _check_way_in(into, slot, room, len(controller or ()))
    a.goes_with("--stand-in", "--into", given=stand_in, other_given=bool(into))
    control = Control(obey_stdin, in_turn)
    name = name or o.own_name()
    console = player_console(name, as_json=status_json)
    if window and headless():
        raise ConfigError(o.NO_DISPLAY)
    display, note = not headless() and window is not False, ""
    if not controller and config is None:
        controller = ["keyboard" if display else "random"]
        if not display:
            why = "there is no display here" if headless() else "without a window there are no keys"
            note = f"{why}: playing at random; --controller names another player"
    overrides = o.overrides(ctx.params) | {"controllers": controller or None}
    if own_input_delay:
        overrides["input_delays"] = o.input_delays(own_input_delay)["input_delays"]
    if into and env is None and config is None:
        overrides["env"] = "unknown"  # the match says what is played
    facts = None if into else environment_facts
    with busy("loading the game"):
        match = load_match_config(config, overrides, display=display, facts=facts)
    weather_name = match.weather if weather or config else None
    broker = broker or find_broker(DISCOVERY_TIMEOUT, console.say)
    raise typer.Exit(
        play(
            PlayerOptions(
                settings=None if into else match.settings(None),
                into=into,
                agreed_env=match.match["env"] if into else None,
                slot=slot,
                stand_in=stand_in,
                shared=_shared(broker, bind, out, weather_name, debug_remote_input_delay, config),
                name=name,
                note=note,
                controllers=tuple(match.controllers[: len(controller) if controller else 1]),
                broker=broker,
                room=room,
                bind=bind,
                seed_given="seed" in match.match,
                out=out,
                weather=load_weather(weather_name) if weather_name else None,
                window=display,
                window_place=place,
                join_timeout=join_timeout,
                match=match,
            ),
            console,
            control,
        )
    )


def _check_way_in(into: str, slot: int | None, room: str, players: int) -> None:
    if into and players > 1:
        raise ConfigError("--into takes one --controller: for each further slot, start another peer")
    if slot is not None and not into:
        raise ConfigError("--slot goes with --into: a new match gives out its slots in order of coming")
    if into and room:
        raise ConfigError("--into and --room: come into a match that runs, or wait in a room for a new one")


def _shared(
    broker: str, bind: str, out: Path | None, weather: str | None, delay: int | None, config: str | None
) -> tuple[str, ...]:
    """Options of ours that hold for who takes over, too: it plays over the same network."""
    given = {
        "broker": broker,
        "bind": None if bind == "*" else bind,
        "out": out,
        "weather": weather,
        "debug-remote-input-delay": delay,
        "config": config,  # how policies see and act
    }
    return tuple(
        word for key, value in given.items() if value is not None for word in (f"--{key}", str(value))
    )
