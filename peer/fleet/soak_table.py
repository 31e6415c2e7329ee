"""A soak as a person reads it: live, and in the end."""

from __future__ import annotations

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from peer.fleet.soak import Soak, SoakMatchRun
from peer.fleet.soak_result import SoakResult
from peer.fleet.tables import plain_table, short_name

NEWS_SHOWN = 8


def live_soak(soak: Soak) -> Group:
    """A line a lane, and the latest news."""
    left = max(0.0, soak.minutes * 60 - soak.elapsed)
    broken = sum(bool(outcome.fault) for outcome in soak.outcomes)
    title = (
        f"soak: {left:.0f} s left, {len(soak.outcomes)} matches judged, {broken} broken, "
        f"{soak.faults_done} faults so far"
    )
    texts = ("lane", "match", "environment", "faults")
    table = plain_table(title, texts, ("match", "environment", "frames", "rollbacks", "faults"))
    for lane, match in enumerate(soak.lanes):
        table.add_row(*(_lane(match) if match else (f"lane{lane + 1}", "-", "-", "-", "-")))
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
        f"{short_name(settings.env)} ({settings.players})",
        f"{min(frames):,}/{settings.frames:,}",
        f"{rollbacks:,}",
        ", ".join(match.faults) or "-",
    )


def soak_summary(result: SoakResult, folder: str) -> Group:
    """Every environment's matches, and the verdict."""
    columns = ("environment", "matches", "frames", "rollbacks", "faults", "lost", "broken")
    table = plain_table("soak", ("environment",), columns)
    for env in sorted({outcome.env for outcome in result.outcomes}):
        group = [outcome for outcome in result.outcomes if outcome.env == env]
        table.add_row(
            short_name(env),
            str(len(group)),
            f"{sum(o.frames_confirmed for o in group):,}",
            f"{sum(o.rollbacks for o in group):,}",
            str(sum(len(o.faults_survived) for o in group)),
            str(sum(o.inputs_lost for o in group)),
            str(sum(bool(o.fault) for o in group)),
        )
    total = result.sum_of
    lines = [
        f"{len(result.outcomes)} matches, {total('frames_confirmed'):,} frames, "
        f"{total('rollbacks'):,} rollbacks in {result.wall_s:.0f} s; "
        f"{result.faults_done} faults ({result.broker_kills} of the broker).",
        f"{total('diverged')} divergences, {total('inputs_lost')} inputs lost, {len(result.leaks)} leaks, "
        f"{len(result.left_running)} processes left running.",
        *(f"BROKEN {outcome.room}: {outcome.fault}" for outcome in result.broken),
        *(f"LEAK {leak}" for leak in result.leaks),
        f"Report: {folder}/soak.json",
    ]
    verdict, colour = "NOT everything went as promised.", "red"
    if result.good:
        verdict, colour = "Everything went as promised.", "green"
    elif not total("rollbacks") and not result.anything_wrong:
        verdict, colour = "Nothing went wrong, but too little was played to tell.", "yellow"
    panel = Panel("\n".join([verdict, *lines]), border_style=colour, expand=False)
    return Group(table, panel)
