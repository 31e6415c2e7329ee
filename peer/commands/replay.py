"""`netplay replay`: a match again, from its log."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peer.commands import options as o

if TYPE_CHECKING:
    from peer.records.match_log import MatchLog
    from peer.records.verification import Divergence


def replay(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="A match log, peer-NAME.netplay.")],
    env: o.AgreedEnv = None,
    info: Annotated[
        bool, typer.Option("--info", help="Only say what the log holds; nothing in it is run.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every outcome and state against the log: the default.")
    ] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="Skip the observations; the plain run computes them all.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Play a match again from its log, in one process, and say whether it is the game that was recorded.

    Exit code 0 only if the log is whole and every frame the same; with --info, only if it is whole.

    Example: netplay replay runs/last/peer-ann.netplay
    """
    from rich.console import Console

    from netcode.errors import MatchRefusedError
    from netcode.wire.text import printable
    from peer.records.match_log import MatchLog
    from peer.records.reference_run import run_reference
    from peer.simulation.agreed import check_named_by_others

    read = MatchLog.read(log)
    if info:
        facts = _facts(read)
        lines = (f"{key}: {value}" for key, value in facts.items() if value is not None)
        print(json.dumps(facts) if as_json else "\n".join(map(printable, lines)))
        raise typer.Exit(1 if read.missing else 0)
    try:
        check_named_by_others(read.header.settings.env, env)
    except MatchRefusedError as error:
        raise MatchRefusedError(f"{error}; --info looks at the log and runs nothing") from None
    divergence = run_reference(read, Console(file=sys.stderr), observation_free=fast)
    if as_json:
        told = {"frames": len(read.frames), "divergence": divergence and str(divergence)}
        print(json.dumps(told | {"missing": read.missing}))
    else:
        print(printable(_verdict(read, divergence)))
    raise typer.Exit(0 if divergence is None and read.missing is None else 1)


def _verdict(log: MatchLog, divergence: Divergence | None) -> str:
    if divergence is not None:
        return f"not as recorded: {divergence}"
    if log.missing is not None:
        sound = "; so far it is the game that was played" if log.frames else ""
        return f"the log is not whole: {log.missing}{sound}"
    frames = f"{len(log.frames):,} frames, every one as recorded"
    if log.end is not None and log.ended_early:
        frames += f"; of {log.header.settings.frames:,}: it ended here ({log.end.reason}: {log.end.text})"
    if log.skipped:
        return f"{frames}; of {log.skipped:,} of them there are inputs and digests only: this peer came late"
    return frames


def _facts(log: MatchLog) -> dict[str, str | int | None]:
    """What a log says of itself."""
    header, end = log.header, log.end
    settings = header.settings
    arguments = json.dumps(settings.env_args) if settings.env_args else ""
    return {
        "match": header.match_id,
        "environment": f"{settings.env} {arguments}".strip(),
        "players": ", ".join(header.names),
        "written by": header.author,
        "seed": settings.seed,
        "fps": f"{settings.fps:g}",
        "frames": len(log.frames),
        "of": settings.frames or None,
        "ended": f"{end.reason}: {end.text}" if end else None,
        "missing": log.missing,
        "played with": ", ".join(_versions(header.fingerprint)) or None,
    }


def _versions(game: dict[str, str]) -> list[str]:
    packages = [f"{key.removeprefix('version.')} {game[key]}" for key in game if key.startswith("version.")]
    return [game[key] for key in ("python", "machine") if key in game] + packages
