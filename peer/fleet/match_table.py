"""A match as a person reads it: the live table, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from peer.fleet.match_run import NOT_RUN, MatchPlan, MatchResult, MatchRun, PeerRun
from peer.fleet.tables import plain_table, short_name
from peer.records.entropy_news import entropy_lines

DIGEST_SHOWN = 8  # characters: enough to see that they are equal


def live_table(run: MatchRun, notes: list[str]) -> Group:
    """One line a peer, now; below it what was noticed."""
    columns = ("peer", "doing", "frame", "confirmed", "rollbacks", "stalled", "ping", "input age")
    table = plain_table(_title(run.plan), ("peer", "doing"), columns)
    for peer in run.peers:
        status = peer.status
        table.add_row(
            Text(peer.plan.name, style="bold"),
            _doing(peer),
            f"{status.get('frame', 0):,}",
            f"{status.get('confirmed', 0):,}",
            f"{status.get('rollbacks', 0):,}",
            f"{status.get('stalled_s', 0.0):.1f} s",
            _ms(status.get("ping_ms")),
            _ms(status.get("input_age_ms")),
        )
    for spectator in run.spectators:
        status = spectator.status
        frame = f"{status.get('frame', 0):,}"
        table.add_row(Text(spectator.plan.name), _doing(spectator), frame, frame, *"----")
    return Group(table, *(Text(note, style="yellow") for note in notes[-3:]))


def summary_table(plan: MatchPlan, result: MatchResult) -> Table:
    """One line a peer, when all is over."""
    columns = ("peer", "ended", "frames", "rollbacks", "deepest", "stalled", "age p95", "digest")
    table = plain_table(_title(plan), ("peer", "ended", "digest"), columns)
    for report in result.reports:
        table.add_row(
            Text(report["name"], style="bold"),
            _ended(report),
            _count(report["frames_confirmed"]),
            _count(report["rollbacks"]),
            _count(report["max_rollback_depth"]),
            f"{report['stalled_s']:.1f} s" if "stalled_s" in report else "-",
            _ms((report["input_age_ms"] or {}).get("p95")),
            (report["final_digest"] or "-")[:DIGEST_SHOWN],
        )
    for report in result.spectators:
        digest = (report["final_digest"] or "-")[:DIGEST_SHOWN]
        table.add_row(report["name"], _ended(report), _count(report["frames"]), *"----", digest)
    return table


def verdict_panel(result: MatchResult, good: bool, folder: str, stopped: str = "") -> Panel:
    """The answer to the one question: was it the same game? `stopped`: why it was, before the end."""
    verdict = result.verdict
    rollbacks = sum(report["rollbacks"] or 0 for report in result.reports)
    lines = [f"Stopped before the end: {stopped}."] if stopped else []
    if result.same_game:
        who = "Every peer" if result.finished else "As far as they came, all peers"
        lines.append(f"{who} played the same game, and it is the one the reference run plays.")
    elif verdict.divergence:
        lines.append(f"NOT the same game: {result.difference}.")
    elif result.reference == NOT_RUN:
        lines.append("The reference run was cut off: whether it is the true game is not known.")
    elif result.not_run:
        lines.append(f"Whether it is the true game is not proved: the reference was {result.reference}.")
    elif result.reference != "equal":
        lines.append(f"NOT the true game: {result.reference}.")
    else:
        lines.append("Too few frames were confirmed to tell.")
    if result.standing:
        lines.append(f"Score: {result.standing}.")
    lines += result.confirmed_by_some
    lines += entropy_lines(result.reports)
    lines += policy_lines(result.reports)
    lines += [
        f"Ended early: {report['name']}: {report['ended']} ({report['ended_text']})"
        for report in (*result.reports, *result.spectators)
        if report["ended"] != "finished"
    ]
    if result.spectators and result.all_seen:
        who = "One spectator" if len(result.spectators) == 1 else f"{len(result.spectators)} spectators"
        lines.append(f"{who} saw it to the end, every digest equal.")
    lines.append(
        f"{verdict.frames_confirmed:,} frames confirmed by every peer, {verdict.digests:,} digests compared, "
        f"{rollbacks:,} rollbacks, {verdict.inputs_lost} inputs lost, {result.wall_s:.1f} s."
    )
    lines.append(f"Report and match logs: {folder}")
    return Panel("\n".join(lines), border_style="green" if good else "red", expand=False)


def policy_lines(reports: Sequence[dict[str, Any]]) -> list[str]:
    """One line for each policy that was asked anything."""
    return [
        _policy_line(report["name"], told)
        for report in reports
        for told in report.get("policies") or ()
        if told["answers"]
    ]


def _policy_line(name: str, told: dict[str, Any]) -> str:
    times, frames = told["answer_ms"], told["co_pilot_frames"]
    part = "policy" if frames is None else f"co-pilot (for {frames:,} frames)"
    quickness = f"{times['p50']:.1f} ms each (p99 {times['p99']:.1f} ms)"
    line = f"{name}'s {part}: {told['answers']:,} answers, {quickness}"
    if told["held_frames"] or told["late"]:
        line += f", {told['late']:,} of them late, {told['held_frames']:,} frames without"
    return f"{line}."


def _title(plan: MatchPlan) -> str:
    settings = plan.settings
    rate = "as fast as they can" if settings.fast else f"{settings.fps:g} fps"
    link = f"weather {plan.match.weather}" if plan.match.weather else "no weather"
    return f"{short_name(settings.env)}, {rate}, {link}"


def _doing(peer: PeerRun) -> Text:
    code = peer.child.exit_code
    if code is not None:
        return Text("done" if code == 0 else f"ended ({code})", style="green" if code == 0 else "red")
    waiting = peer.status.get("waiting_for")
    if waiting:
        return Text(f"waits for {', '.join(waiting)}", style="yellow")
    return Text(peer.status.get("phase", "starting"))


def _ended(report: dict[str, Any]) -> Text:
    return Text(report["ended"], style="green" if report["ended"] == "finished" else "red")


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
