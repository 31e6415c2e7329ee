"""`netplay spectate`: watch a match that runs."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from netcode.errors import ConfigError
from netcode.limits import MAX_ROOM_CHARS
from peer.commands import arguments as a
from peer.commands import options as o
from peer.commands.peer import DISCOVERY_TIMEOUT


def spectate(
    broker: o.Broker = None,
    match: Annotated[
        str,
        typer.Option(
            "--match",
            metavar="ID",
            parser=a.label(MAX_ROOM_CHARS),
            help="A match id or room code; needed where several run.",
        ),
    ] = "",
    env: o.AgreedEnv = None,
    name: o.Name = None,
    bind: o.Bind = "*",
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            parser=a.real(0, a.MAX_SECONDS),
            help="How long to wait for a match to begin.",
        ),
    ] = None,
    weather: o.WeatherName = None,
    out: o.Out = None,
    window: o.Shown = None,
    window_place: o.WindowPlace = "0/1",
    status_json: o.StatusJson = False,
    obey_stdin: o.ObeyStdin = False,
) -> None:
    """Watch a match: the present episode from its beginning, as fast as can be, then live.

    Exit code 0 only if it was followed to its end and every digest was equal to the players'.

    Example: netplay spectate --broker 192.168.1.7
    """
    from peer.console import spectator_console
    from peer.control import Control
    from peer.match_config import load_weather
    from peer.network.discovery import find_broker
    from peer.screen import headless
    from peer.spectator import SpectatorOptions
    from peer.spectator import spectate as watch

    if window and headless():
        raise ConfigError(o.NO_DISPLAY)
    place = a.place(window_place)
    control = Control(obey_stdin)
    name = name or f"{o.own_name()}-{os.getpid()}"
    console = spectator_console(name, as_json=status_json)
    options = SpectatorOptions(
        name=name,
        broker=broker or find_broker(DISCOVERY_TIMEOUT, console.say),
        match=match,
        agreed_env=env,
        bind=bind,
        out=out,
        weather=load_weather(weather) if weather else None,
        window=not headless() and window is not False,
        window_place=place,
        timeout=timeout,
    )
    raise typer.Exit(watch(options, console, control))
