"""`netplay match`: a broker and all peers on this machine, followed to a verdict."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from threading import Event
from typing import Final

from rich.console import Console
from rich.live import Live

from netcode.errors import NetplayError
from netcode.settings import MatchSettings
from peer.console import LOCKSTEP
from peer.fleet.match_run import NOT_RUN, MatchPlan, MatchResult, MatchRun, PeerPlan, judge
from peer.fleet.match_table import live_table, summary_table, verdict_panel
from peer.fleet.processes import Child, Nursery
from peer.match_config import MatchConfig
from peer.records.match_files import MATCH_REPORT, STDERR, write_or_say
from peer.records.match_log import MatchLog
from peer.records.reference_run import run_reference
from peer.simulation.digest_cost import COSTLY
from peer.stop_signals import Stopped, StopRequest
from peer.streams import put

POLL: Final = 0.1  # seconds between two looks at the processes, at most
TIME_TO_STOP: Final = 5.0  # seconds for the peers to end by themselves when all is stopped


def plan_match(
    config: MatchConfig,
    settings: MatchSettings,
    config_name: str | None,
    display: bool,
    spectators: int = 0,
) -> MatchPlan:
    """Who plays, and how."""
    peers = tuple(
        PeerPlan(f"player-{number + 1}", spec, window=display)
        for number, spec in enumerate(config.controllers)
    )
    watchers = tuple(PeerPlan(f"spectator-{number + 1}", "") for number in range(spectators))
    return MatchPlan(settings, peers, f"match-{secrets.token_hex(3)}", config, config_name, watchers)


def play_match(
    plan: MatchPlan, folder: Path, console: Console, stop: StopRequest
) -> tuple[MatchResult, bool]:
    """Play it, judge it, write DIR/report.json. Returns the result, and whether it is a success.

    Raises: NetplayError if the match could not begin; Stopped if it was stopped before.
    """
    started = time.monotonic()
    notes: list[str] = []
    with stop.held(), Nursery(folder / STDERR) as nursery:
        with stop.raising():
            broker, address = nursery.start_broker()
        run = MatchRun(plan, nursery, address, folder)
        _follow(run, broker, nursery.news, notes, console, stop)
    wall_s = time.monotonic() - started
    logs = run.logs()
    notes += run.unreadable
    if stop.number is not None and not logs:
        raise Stopped(stop.number)  # before there was anything to judge
    with stop.held():
        return _conclude(run, logs, wall_s, folder, notes, console, stop)


def _conclude(
    run: MatchRun,
    logs: list[MatchLog],
    wall_s: float,
    folder: Path,
    notes: list[str],
    console: Console,
    stop: StopRequest,
) -> tuple[MatchResult, bool]:
    reference = _reference(logs, console, stop)
    result = judge(run, reference, wall_s, logs)
    report = json.dumps(result.as_json(), indent=1) + "\n"
    write_or_say(folder / MATCH_REPORT, report, console.print, lambda text: put(text, console.file))
    good = result.same_game and not stop and result.finished and result.all_seen
    for note in notes:
        console.print(note, style="yellow")
    console.print(summary_table(run.plan, result))
    console.print(verdict_panel(result, good, str(folder), stop.reason))
    return result, good


def _follow(
    run: MatchRun, broker: Child, news: Event, notes: list[str], console: Console, stop: StopRequest
) -> None:
    """Watch until every peer has ended, or we are to stop and they had time to."""
    noticed: set[str] = set()
    stop_at = None
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while not run.done and (stop_at is None or time.monotonic() < stop_at):
            news.wait(POLL)
            news.clear()
            run.poll()
            if stop and stop_at is None:
                stop_at = time.monotonic() + TIME_TO_STOP
                for peer in (*run.peers, *run.spectators):
                    peer.child.order("stop")
            if not stop:
                _notice(run, broker, noticed, notes)
                notes += run.end_frozen()
            live.update(live_table(run, notes))
    run.poll()
    if not stop:
        _notice(run, broker, noticed, notes)  # the last may have ended between two looks


def _notice(run: MatchRun, broker: Child, noticed: set[str], notes: list[str]) -> None:
    """Tell of lockstep, of costly digests, and of each process that ended out of turn, once.

    Raises: NetplayError if a peer could not begin.
    """
    failed = run.newly_failed()
    if failed is not None and not failed.status and (failed.child.exit_code or 0) > 0:
        raise NetplayError(f"{failed.plan.name} could not start: {failed.child.last_words()}")
    if failed is not None and not any(peer.status for peer in run.peers):
        raise NetplayError(
            f"{failed.plan.name} was ended by signal {-(failed.child.exit_code or 0)} before the match began"
        )
    for kind in (LOCKSTEP, COSTLY):
        told = next((text for text in run.peers[0].said if text.startswith(kind)), None)
        if told is not None and kind not in noticed:
            noticed.add(kind)
            notes.append(told)
    ended = {peer.plan.name: peer.child for peer in run.peers} | {"the broker": broker}
    for name, child in ended.items():
        code = child.exit_code
        if code not in (None, 0) and name not in noticed:
            noticed.add(name)
            how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
            notes.append(f"{name} {how}" + ("; the match does not need it" if child is broker else ""))


def _reference(logs: list[MatchLog], console: Console, stop: StopRequest) -> str:
    """Play the longest log in this process, plainly: "equal", the divergence, or NOT_RUN and why."""
    if not logs:
        return f"{NOT_RUN}: there is no log"
    log = max(logs, key=lambda log: (log.missing is None, len(log.frames)))
    try:
        with stop.raising():
            divergence = run_reference(log, console)
    except Stopped:
        return NOT_RUN
    except NetplayError as error:
        return f"{NOT_RUN}: {error}"
    if divergence is not None:
        return str(divergence)
    if log.missing is not None:
        return f"{NOT_RUN} to the end: {log.header.author}'s log: {log.missing}"
    return "equal"
