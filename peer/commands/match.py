"""`netplay match`: a whole match on this machine."""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Annotated

import typer

from peer.commands import arguments as a
from peer.commands import options as o


def match(
    ctx: typer.Context,
    config: Annotated[
        str | None, typer.Argument(metavar="CONFIG", help="A match file, or its name in configs/matches.")
    ] = None,
    env: o.Env = None,
    env_arg: o.EnvArgs = None,
    players: o.Players = None,
    controllers: Annotated[
        str | None,
        typer.Option("--controllers", metavar="LIST", help="One for each player, as in keyboard,random:7"),
    ] = None,
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
    takeover: o.Takeover = None,
    co_pilot: o.CoPilot = None,
    co_pilot_after: o.CoPilotAfter = None,
    witness: o.Witness = None,
    on_desync: o.OnDesync = None,
    weather: o.WeatherName = None,
    debug_remote_input_delay: o.DebugDelay = None,
    spectators: Annotated[
        int,
        typer.Option(
            "--spectators", metavar="N", parser=a.whole(0, 64), help="So many watch, without windows."
        ),
    ] = 0,
    out: o.Out = None,
    headless: Annotated[bool, typer.Option("--headless", help="No windows, even with a display.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Play a match on this machine: a broker and a process for each player, then the verdict.

    Exit code 0 only if every peer finished and all confirmed the same game as a reference run; the others
    are in docs/exit-codes.md.

    Example: netplay match --env CartPole-v1 --frames 600 --weather wan_bad
    """
    from rich.console import Console

    from peer.fleet.play_match import plan_match, play_match
    from peer.match_config import load_match_config, load_weather
    from peer.own_prediction import find_prediction
    from peer.records.match_files import STDERR, claim_folder
    from peer.screen import check_display
    from peer.screen import headless as no_display
    from peer.simulation.environment_facts import environment_facts
    from peer.simulation.make import make_simulation
    from peer.stop_signals import Stopped, StopRequest

    stop = StopRequest()
    display = not headless and not no_display()
    overrides = o.overrides(ctx.params) | {"controllers": controllers.split(",") if controllers else None}
    config_read = load_match_config(config, overrides, display=display, facts=environment_facts)
    settings = config_read.settings(None)
    if config_read.weather:
        load_weather(config_read.weather)
    # What cannot be played is told here, before any process is started.
    simulation = make_simulation(settings, observation_free=False)
    find_prediction(settings.prediction, simulation.default_inputs)
    simulation.close()
    if display:
        check_display()
    folder = claim_folder(out or Path("runs") / time.strftime("match-%Y%m%d-%H%M%S"))
    console = Console(file=sys.stderr if as_json else sys.stdout)
    plan = plan_match(config_read, settings, config, display, spectators)
    try:
        result, good = play_match(plan, folder, console, stop)
    except Stopped:
        rmtree(folder / STDERR, ignore_errors=True)  # it had not begun: nobody will miss it
        if out is None:
            with suppress(OSError):  # others have been here before
                folder.rmdir()
                folder.parent.rmdir()
        raise
    if as_json:
        print(json.dumps(result.as_json(), indent=1))
    raise typer.Exit(stop.exit_code or (0 if good else 1))
