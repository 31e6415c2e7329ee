"""`netplay check`: certify an environment, and say what it costs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from peer.commands import arguments as a

if TYPE_CHECKING:
    from rich.console import Console

    from netcode.settings import MatchSettings
    from peer.simulation.check.certificate import Report

USUAL_MINUTES: Final = 10.0  # for `--thorough`


def check(
    env_id: Annotated[
        str, typer.Argument(metavar="ENV_ID", help="CartPole-v1, pettingzoo:..., module:callable")
    ],
    frames: Annotated[
        int, typer.Option(parser=a.whole(10, 10**9), metavar="N", help="Frames to play. More find more.")
    ] = 300,
    env_arg: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="May be repeated.")] = None,
    players: Annotated[
        int | None, typer.Option(parser=a.setting("players"), metavar="N", help="Default: as many as it has.")
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Play on for three whole episodes, as far as --minutes allow.")
    ] = False,
    minutes: Annotated[
        float | None,
        typer.Option(
            parser=a.real(0, 24 * 60, above=True),
            metavar="N",
            help="With --thorough: the most it may take; 10 if not given.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Certify an environment for rollback: determinism, exact snapshots, cost, and the culprit if it fails.

    Example: netplay check pettingzoo:butterfly/knights_archers_zombies_v11 --env-arg max_cycles=100
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from peer.simulation.check.certify import certify
    from peer.simulation.check.plain_run import Thorough

    a.goes_with("--minutes", "--thorough", given=minutes is not None, other_given=thorough)
    settings = _settings(env_id, env_arg or [], players)
    console = Console(stderr=as_json)
    left = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    is_shown = console.is_terminal
    with Progress(
        *left, TextColumn("left"), console=console, transient=True, disable=not is_shown
    ) as progress:
        task = progress.add_task("", total=1.0)

        def notify(stage: str, share: float) -> None:
            if progress.tasks[0].description != stage:
                progress.reset(task, description=stage)
            progress.update(task, completed=share)

        report = certify(settings, frames, notify, Thorough(minutes or USUAL_MINUTES) if thorough else None)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        _print(console, report)
    if not report.ok:
        raise typer.Exit(1)


def _settings(env_id: str, env_arg: list[str], players: int | None) -> MatchSettings:
    from netcode.settings import MatchSettings
    from peer.simulation.environments import parse_env_args
    from peer.simulation.player_counts import count_players

    env_args = parse_env_args(env_arg)
    count = count_players(env_id, env_args) if players is None else players
    return MatchSettings.parse({"env": env_id, "env_args": env_args, "players": count}, "check")


def _print(console: Console, report: Report) -> None:
    from rich.table import Table
    from rich.text import Text

    marks = {True: Text("yes", "green"), False: Text("NO", "bold red"), None: Text("-", "dim")}
    checks = Table(
        "claim", "holds", "detail", title=f"{report.env}: {report.frames} frames, {report.episodes} ends"
    )
    for one in report.checks:
        blame = f"\n{one.culprit}" if one.culprit is not None else ""
        checks.add_row(one.claim, marks[one.passed], Text(one.detail + blame))
    console.print(checks)
    if report.entropy:
        luck = Table("luck or time", "at", "line", "what is done", title="asked by the environment")
        for use in report.entropy:
            place = f"{use['file']}:{use['line']}"
            luck.add_row(*(Text(text) for text in (use["source"], place, use["code"], use["treatment"])))
        console.print(luck)
    for name, why in report.left_out.items():
        console.print(Text(f"left out of snapshots: {name}, which {why}", "dim"), soft_wrap=True)
    snapshot = f"{report.objects} objects and {report.snapshot_bytes:,} bytes in a snapshot"
    costs = Table("cost", "microseconds", title=f"{report.players} players, {snapshot}")
    for name, value in report.costs_us.items():
        costs.add_row(name, f"{value:,.0f}")
    console.print(costs)
    console.print(Text(report.verdict, "bold green" if report.ok else "bold red"), soft_wrap=True)
