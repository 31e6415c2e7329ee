"""`netplay replay`: a match again, from its log."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from peer.commands import options as o


def replay(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="A match log, peer-NAME.netplay.")],
    env: o.AgreedEnv = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every outcome and state against the log.")
    ] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="Skip the observations; the plain run computes them all.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Play a match again from its log, in one process, and say whether it is the game that was recorded.

    Exit code 0 only if every frame is the same.

    Example: netplay replay runs/last/peer-ann.netplay --verify
    """
    from rich.console import Console

    from netcode.errors import ConfigError
    from peer.records.match_log import MatchLog
    from peer.records.reference_run import run_reference
    from peer.simulation.agreed import check_named_by_others

    if not verify:
        raise ConfigError("replay: say what for; today: --verify")
    read = MatchLog.read(log)
    check_named_by_others(read.header.settings.env, env)
    divergence = run_reference(read, Console(file=sys.stderr), observation_free=fast)
    if as_json:
        print(json.dumps({"frames": len(read.frames), "divergence": divergence and str(divergence)}))
    elif divergence is None:
        print(f"{len(read.frames):,} frames, every one as recorded")
    else:
        print(f"not as recorded: {divergence}")
    raise typer.Exit(0 if divergence is None else 1)
