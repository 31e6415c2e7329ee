"""A soak: lanes of matches at the same time, faults from a schedule, and a verdict on every match."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from netcode.errors import NetplayError
from netcode.events import EndReason
from peer.fleet.fault_schedule import Fault, fault_schedule, match_seed
from peer.fleet.match_run import NOT_RUN, MatchPlan, MatchRun, PeerPlan, PeerRun, judge
from peer.fleet.processes import Child, Nursery
from peer.fleet.soak_config import SoakConfig
from peer.fleet.soak_result import MatchOutcome, SoakResult
from peer.fleet.vitals import Vitals, fds_of_peer
from peer.match_config import MatchConfig
from peer.records.match_files import log_path

POLL: Final = 0.05  # seconds between two looks at everything
SAMPLE_EVERY: Final = 1.0  # seconds between two vitals samples
START_PATIENCE: Final = 60.0  # seconds for a match to begin
NOTICE_SLACK: Final = 3.0  # seconds past the disconnect timeout for the survivors to end
BACK_AFTER: Final = 1.0  # seconds past the disconnect timeout until a killed peer comes again
TIME_TO_COME_BACK: Final = 10.0  # seconds that a match must still last then
OVERTIME: Final = 60.0  # seconds past its nominal length for a match to finish


@dataclass
class SoakMatchRun:
    """One match of a lane, with what was done to it."""

    run: MatchRun
    began: float
    faults: list[str] = field(default_factory=list)
    killed: PeerRun | None = None
    killed_at: float = 0.0
    survivors_ended_after: float | None = None
    away: tuple[float, PeerRun] | None = None  # when it comes again, and who
    vitals: list[Vitals] = field(default_factory=list)
    reference: Child | None = None

    @property
    def can_be_hurt(self) -> bool:
        return self.run.playing and self.killed is None

    @property
    def plays_on(self) -> bool:
        """Would the others play on without one of them, and for long enough that it can come again?"""
        settings = self.run.plan.settings
        last = max(peer.status.get("frame", 0) for peer in self.run.peers)
        left = (settings.frames - last) / settings.fps
        lasts = left > settings.disconnect_timeout + BACK_AFTER + TIME_TO_COME_BACK
        return settings.on_drop != "end" and settings.players > 2 and lasts

    def can_take(self, fault: Fault) -> bool:
        """May this fault happen to it now? Where drops are survived, a kill needs time for the way back."""
        ends = self.run.plan.settings.on_drop == "end"
        return self.can_be_hurt and (fault.kind != "kill_peer" or ends or self.plays_on)


class Soak:
    """Call `step` until it says False, then `outcomes` has it all. Leaves nothing running."""

    def __init__(self, config: SoakConfig, minutes: float, folder: Path, nursery: Nursery) -> None:
        self.config = config
        self.minutes = minutes
        self.folder = folder
        self.nursery = nursery
        self.outcomes: list[MatchOutcome] = []
        self.lanes: list[SoakMatchRun | None] = [None] * config.lanes
        self.news: list[str] = []  # the newest last
        self.faults_done = 0
        self.began = time.monotonic()
        self.broker_kills = 0
        self._numbers = [0] * config.lanes  # matches begun in each lane
        self._judging: list[SoakMatchRun] = []
        self._pending = fault_schedule(config, minutes)
        self._wakes: list[tuple[float, Child]] = []
        self._broker, self._address = nursery.start_broker()
        self._broker_back_at: float | None = None
        self._broker_vitals = Vitals("broker", psutil.Process(self._broker.pid))
        self._supervisor_vitals = Vitals("supervisor", psutil.Process(os.getpid()))
        self._sample_at = 0.0

    # ------------------------------------------------------------ what a table shows

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    @property
    def time_is_up(self) -> bool:
        return self.elapsed >= self.minutes * 60

    # ------------------------------------------------------------ one look

    def step(self) -> bool:
        """Look once at everything. Returns whether there is more to come."""
        self._wake_paused()
        self._bring_broker_back()
        for lane, match in enumerate(self.lanes):
            if match is None:
                if not self.time_is_up:
                    self.lanes[lane] = self._begin(lane)
            else:
                self._follow(lane, match)
        self._hurt_somebody()
        self._sample()
        for match in list(self._judging):
            self._judge(match)
        return not self.time_is_up or any(self.lanes) or bool(self._judging)

    def leaks(self) -> list[str]:
        """Of the processes that live as long as the soak."""
        return [leak for leak in (self._broker_vitals.leak(), self._supervisor_vitals.leak()) if leak]

    def vitals(self) -> dict[str, dict[str, float]]:
        return {v.name: v.summary() for v in (self._broker_vitals, self._supervisor_vitals)}

    # ------------------------------------------------------------ matches

    def _begin(self, lane: int) -> SoakMatchRun:
        number = self._numbers[lane]
        self._numbers[lane] += 1
        kind = self.config.matches[(lane + number) % len(self.config.matches)]
        settings = kind.settings(match_seed(self.config, lane, number), "soak")
        room = f"lane{lane + 1}-{number + 1}"
        peers = tuple(
            PeerPlan(f"{room}-p{slot + 1}", kind.controllers) for slot in range(settings.opening_players)
        )
        plan = MatchPlan(settings, peers, room, MatchConfig(match={}, weather=kind.weather))
        run = MatchRun(plan, self.nursery, self._address, self.folder / room)
        match = SoakMatchRun(run, time.monotonic())
        fds = fds_of_peer(settings.players)
        match.vitals = [Vitals(peer.plan.name, psutil.Process(peer.child.pid), fds) for peer in run.peers]
        return match

    def _follow(self, lane: int, match: SoakMatchRun) -> None:
        run, now = match.run, time.monotonic()
        run.poll()
        if match.away is not None and now >= match.away[0]:
            again = run.come_again(match.away[1])
            fds = fds_of_peer(run.plan.settings.players)
            match.vitals.append(Vitals(again.file_name, psutil.Process(again.child.pid), fds))
            match.away = None
            self.news.append(f"{run.plan.room}: {again.plan.name} comes again")
        if not run.done:
            self._end_if_overdue(match, now)
            return
        if match.killed is not None:
            match.survivors_ended_after = now - match.killed_at
        self.lanes[lane] = None
        self._judging.append(match)
        log = max(
            (log_path(run.out, peer.plan.name) for peer in run.peers),
            key=lambda path: path.stat().st_size if path.exists() else -1,
        )
        if log.exists():
            match.reference = self.nursery.start(
                f"{run.plan.room}-reference",
                ["replay", str(log), "--env", run.plan.settings.env, "--verify", "--fast", "--json"],
            )

    def _end_if_overdue(self, match: SoakMatchRun, now: float) -> None:
        settings = match.run.plan.settings
        allowed = START_PATIENCE + settings.frames / settings.fps * 1.5 + OVERTIME
        if now - match.began > allowed:
            match.faults.append("overdue")
            for peer in match.run.peers:
                peer.child.end()

    def _judge(self, match: SoakMatchRun) -> None:
        reference = match.reference
        if reference is not None and reference.exit_code is None:
            return
        self._judging.remove(match)
        run = match.run
        try:
            result = judge(run, _reference_says(reference), time.monotonic() - match.began, run.logs())
        except NetplayError as error:
            self._conclude(match, str(error), 0, 0, 0, True)
            return
        verdict = result.verdict
        fault = ""
        if result.difference is not None:
            fault = result.difference
        elif match.killed is not None:
            fault = self._drop_broken(match, result.reports)
        elif not result.finished:
            texts = [f"{r['name']} {r['ended']}: {r['ended_text']}" for r in result.reports]
            fault = f"did not finish: {'; '.join(texts)}"
        elif not result.same_game:
            fault = "too little was confirmed to tell whether all played one game"
        rollbacks = sum(report["rollbacks"] or 0 for report in result.reports)
        diverged = result.difference is not None
        self._conclude(match, fault, verdict.frames_confirmed, rollbacks, verdict.inputs_lost, diverged)

    def _drop_broken(self, match: SoakMatchRun, reports: tuple[dict[str, Any], ...]) -> str:
        """After a kill: did the survivors notice in time, and end with a message and a report?"""
        allowed = match.run.plan.settings.disconnect_timeout + NOTICE_SLACK
        assert match.killed is not None and match.survivors_ended_after is not None
        if match.survivors_ended_after > allowed:
            return f"survivors took {match.survivors_ended_after:.1f} s to notice a killed peer"
        expected = (EndReason.LOST.value, EndReason.LEFT.value)
        for report in reports:
            if report["name"] != match.killed.plan.name and report["ended"] not in expected:
                return f"after a kill {report['name']} ended {report['ended']}: {report['ended_text']}"
        return ""

    def _conclude(
        self, match: SoakMatchRun, fault: str, frames: int, rollbacks: int, lost: int, diverged: bool
    ) -> None:
        leaks = tuple(leak for leak in (vitals.leak() for vitals in match.vitals) if leak)
        plan = match.run.plan
        survived = () if fault else tuple(match.faults)
        self.outcomes.append(
            MatchOutcome(
                plan.room, plan.settings.env, fault, survived, frames, rollbacks, lost, diverged, leaks
            )
        )
        how = f"BROKEN: {fault}" if fault else "as promised"
        done = f" ({', '.join(match.faults)})" if match.faults else ""
        self.news.append(f"{plan.room}: {frames:,} frames, {how}{done}")
        peers = [*match.run.peers, *match.run.gone]
        for child in [peer.child for peer in peers] + [match.reference]:
            if child is not None:
                self.nursery.forget(child)

    # ------------------------------------------------------------ faults

    def _hurt_somebody(self) -> None:
        if not self._pending or self._pending[0].at > self.elapsed:
            return
        fault = self._pending[0]
        if fault.kind == "kill_broker":
            if self._broker_back_at is None:
                self._pending.pop(0)
                self._kill_broker()
            return
        match = self._victim(fault)
        if match is not None:
            self._pending.pop(0)
            self._hurt(match, fault)
        elif self.time_is_up:
            self._pending.clear()  # nobody left to hurt

    def _victim(self, fault: Fault) -> SoakMatchRun | None:
        """The match in the fault's lane, or in the next lane where one can be hurt."""
        for offset in range(len(self.lanes)):
            match = self.lanes[(fault.lane + offset) % len(self.lanes)]
            if match is not None and match.can_take(fault):
                return match
        return None

    def _hurt(self, match: SoakMatchRun, fault: Fault) -> None:
        peer = match.run.peers[fault.peer % len(match.run.peers)]
        self.faults_done += 1
        match.faults.append(str(fault))
        self.news.append(f"{match.run.plan.room}: {fault} ({peer.plan.name})")
        if fault.kind == "kill_peer":
            now, settings = time.monotonic(), match.run.plan.settings
            if match.plays_on:
                match.away = (now + settings.disconnect_timeout + BACK_AFTER, peer)
                match.faults[-1] = "peer killed, came again"
            else:
                match.killed, match.killed_at = peer, now
            peer.child.signal(signal.SIGKILL)
        elif fault.kind == "pause_peer":
            peer.child.signal(signal.SIGSTOP)
            self._wakes.append((time.monotonic() + fault.pause_s, peer.child))
        else:
            for victim in match.run.peers:
                victim.child.order(f"weather {fault.weather}")

    def _wake_paused(self) -> None:
        now = time.monotonic()
        for wake in [wake for wake in self._wakes if wake[0] <= now]:
            wake[1].signal(signal.SIGCONT)
            self._wakes.remove(wake)

    def _kill_broker(self) -> None:
        self.faults_done += 1
        self.broker_kills += 1
        self.news.append("broker killed")
        for match in self.lanes:
            if match is not None and match.can_be_hurt:
                match.faults.append("broker killed")
        self._broker.signal(signal.SIGKILL)
        self.nursery.forget(self._broker)
        self._broker_back_at = time.monotonic() + self.config.broker_back_after

    def _bring_broker_back(self) -> None:
        if self._broker_back_at is None or time.monotonic() < self._broker_back_at:
            return
        port = int(self._address.rsplit(":", 1)[1])
        self._broker, self._address = self.nursery.start_broker(f"broker-{self.broker_kills}", port)
        self._broker_vitals = Vitals("broker", psutil.Process(self._broker.pid))
        self._broker_back_at = None

    # ------------------------------------------------------------ vitals

    def _sample(self) -> None:
        if self.elapsed < self._sample_at:
            return
        self._sample_at = self.elapsed + SAMPLE_EVERY
        self._broker_vitals.look()
        self._supervisor_vitals.look()
        for match in self.lanes:
            if match is not None and match.can_be_hurt:
                for vitals in match.vitals:
                    vitals.look()


def _reference_says(reference: Child | None) -> str:
    if reference is None:
        return NOT_RUN
    for message in reference.messages():
        if message.get("divergence") is not None:
            return str(message["divergence"])
        missing = message.get("missing")
        return "equal" if missing is None else f"{NOT_RUN} to the end: {missing}"
    return f"did not run: {reference.last_words()}"


def conclude(soak: Soak, pids: set[int]) -> SoakResult:
    """After the nursery has closed. `pids`: of every process the soak ever started."""
    leaks = soak.leaks() + [leak for outcome in soak.outcomes for leak in outcome.leaks]
    return SoakResult(
        soak.config.seed,
        soak.minutes,
        soak.elapsed,
        tuple(soak.outcomes),
        soak.faults_done,
        soak.broker_kills,
        tuple(leaks),
        tuple(sorted(pid for pid in pids if _is_ours(pid))),
        soak.vitals(),
    )


def _is_ours(pid: int) -> bool:
    """Does this process still live, and is it one of ours (and not a new one with an old number)?"""
    try:
        return "peer.commands.main" in " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return False
