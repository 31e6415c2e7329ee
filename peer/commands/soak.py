"""`netplay soak`: many matches at once, with faults, and a verdict."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from peer.commands import arguments as a


def soak(
    config: Annotated[
        str, typer.Argument(metavar="CONFIG", help="A scenario file, or its name in configs/soak.")
    ],
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            metavar="M",
            parser=a.real(0, 10**6, above=True),
            help="How long, if not as the scenario says.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="S", parser=a.setting("seed"), help="Same seed, same schedule."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where reports and logs go.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Play many matches at once, kill and pause processes, change the weather, and judge every match.

    Exit code 0 only if nothing diverged, no input was lost, every fault was survived or ended its match
    as promised, nothing leaked and nothing is left running. Ctrl-C ends it early: 130.

    Example: netplay soak short --minutes 5
    """
    from rich.console import Console
    from rich.live import Live

    from peer.fleet.processes import Nursery
    from peer.fleet.soak import POLL, Soak, conclude
    from peer.fleet.soak_config import load_soak_config
    from peer.fleet.soak_table import live_soak, soak_summary
    from peer.records.match_files import SOAK_REPORT, STDERR, claim_folder, write_or_say
    from peer.stop_signals import StopRequest
    from peer.streams import put

    stop = StopRequest()
    scenario = load_soak_config(config)
    if seed is not None:
        scenario = scenario.model_copy(update={"seed": seed})
    folder = claim_folder(out or Path("runs") / time.strftime("soak-%Y%m%d-%H%M%S"))
    console = Console(file=sys.stderr if as_json else sys.stdout)
    with stop.held(), Nursery(folder / STDERR) as nursery:
        with stop.raising():
            run = Soak(scenario, minutes or scenario.minutes, folder, nursery)
        with Live(console=console, refresh_per_second=2, transient=True) as live:
            while not stop and run.step():
                live.update(live_soak(run))
                time.sleep(POLL)
    with stop.held():
        result = conclude(run, nursery.pids)
        report = json.dumps(result.as_json(), indent=1) + "\n"
        write_or_say(folder / SOAK_REPORT, report, console.print, lambda text: put(text, console.file))
        console.print(soak_summary(result, str(folder)))
        if as_json:
            print(report, end="")
    if stop:
        console.print("Interrupted: the matches under way were ended and not judged.", style="yellow")
    raise typer.Exit(stop.exit_code or (0 if result.good else 1))
