"""A soak as a person reads it: live, and in the end."""

from __future__ import annotations

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from peer.fleet.soak import Soak, SoakMatchRun, SoakResult

NEWS_SHOWN = 8


def live_soak(soak: Soak) -> Group:
    """A line a lane, and the latest news."""
    left = max(0.0, soak.minutes * 60 - soak.elapsed)
    broken = sum(bool(outcome.fault) for outcome in soak.outcomes)
    table = Table(
        title=f"soak: {left:.0f} s left, {len(soak.outcomes)} matches judged, {broken} broken, "
        f"{soak.faults_done} faults so far",
        title_justify="left",
        title_style="bold",
    )
    for column in ("lane", "match", "environment", "frames", "rollbacks", "faults"):
        table.add_column(column, no_wrap=True)
    for lane, match in enumerate(soak.lanes):
        table.add_row(str(lane + 1), *(_lane(match) if match else ("-",) * 5))
    return Group(
        table, *(Text(news, style="red" if "BROKEN" in news else "") for news in soak.news[-NEWS_SHOWN:])
    )


def _lane(match: SoakMatchRun) -> tuple[str, ...]:
    run = match.run
    frames = [peer.status.get("frame", 0) for peer in run.peers]
    rollbacks = sum(peer.status.get("rollbacks", 0) for peer in run.peers)
    settings = run.plan.settings
    return (
        run.plan.room,
        f"{settings.env} ({settings.players})",
        f"{min(frames):,} of {settings.frames:,}",
        f"{rollbacks:,}",
        ", ".join(match.faults) or "-",
    )


def soak_summary(result: SoakResult, folder: str) -> Group:
    """Every environment's matches, and the verdict."""
    table = Table(title="soak", title_justify="left", title_style="bold")
    for column in (
        "environment",
        "matches",
        "frames",
        "rollbacks",
        "faults survived",
        "inputs lost",
        "broken",
    ):
        table.add_column(column, justify="left" if column == "environment" else "right")
    for env in sorted({outcome.env for outcome in result.outcomes}):
        group = [outcome for outcome in result.outcomes if outcome.env == env]
        table.add_row(
            env,
            str(len(group)),
            f"{sum(o.frames_confirmed for o in group):,}",
            f"{sum(o.rollbacks for o in group):,}",
            str(sum(len(o.faults_survived) for o in group)),
            str(sum(o.inputs_lost for o in group)),
            str(sum(bool(o.fault) for o in group)),
        )
    lines = [
        f"{len(result.outcomes)} matches, {result.frames:,} frames, {result.rollbacks:,} rollbacks in "
        f"{result.wall_s:.0f} s; {result.faults_done} faults ({result.broker_kills} of the broker).",
        f"{result.divergences} divergences, {result.inputs_lost} inputs lost, {len(result.leaks)} leaks, "
        f"{len(result.left_running)} processes left running.",
        *(f"BROKEN {outcome.room}: {outcome.fault}" for outcome in result.broken),
        *(f"LEAK {leak}" for leak in result.leaks),
        f"Report: {folder}/soak.json",
    ]
    verdict = "Everything went as promised." if result.good else "NOT everything went as promised."
    panel = Panel("\n".join([verdict, *lines]), border_style="green" if result.good else "red", expand=False)
    return Group(table, panel)
