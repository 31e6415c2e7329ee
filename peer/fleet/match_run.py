"""One match as processes: started, followed, judged. Never blocks, so one supervisor can run many."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from netcode.errors import NetplayError
from netcode.events import EndReason
from netcode.settings import MatchSettings
from peer.fleet.processes import Child, Nursery
from peer.input_delays import delay_of
from peer.match_config import MatchConfig
from peer.records.desyncs import first_named
from peer.records.match_files import PLAYER, SPECTATOR, log_path, report_path
from peer.records.match_log import MatchLog
from peer.records.report import report_of_killed
from peer.records.scores import standing
from peer.records.verification import Verdict, compare_logs

NOT_RUN: Final = "not run"  # what a reference is that was cut off, or had not all to play
FROZEN_SLACK: Final = 3.0  # seconds past the disconnect timeout until who stands still is ended


@dataclass(frozen=True)
class PeerPlan:
    """One peer to be started."""

    name: str
    controller: str  # "" for a spectator
    window: bool = False


@dataclass(frozen=True)
class MatchPlan:
    """Everything about one match on this machine."""

    settings: MatchSettings
    peers: tuple[PeerPlan, ...]
    room: str
    match: MatchConfig
    file: str | None = None  # of the match, for key maps
    spectators: tuple[PeerPlan, ...] = ()

    def arguments(self, peer: PeerPlan, broker: str, out: Path) -> list[str]:
        """The command line of one peer."""
        words = ["peer", "--room", self.room, *setting_arguments(self.settings)]
        return [*words, *self._common(peer, broker, out), "--in-turn"]

    def return_arguments(self, peer: PeerPlan, broker: str, out: Path) -> list[str]:
        """The same, for one that comes into the match that runs."""
        return ["peer", "--into", self.room, "--env", self.settings.env, *self._common(peer, broker, out)]

    def _common(self, peer: PeerPlan, broker: str, out: Path) -> list[str]:
        match = self.match
        words = ["--broker", broker, "--out", str(out), "--bind", "127.0.0.1"]
        words += ["--name", peer.name, "--controller", peer.controller]
        words += ["--debug-remote-input-delay", str(match.debug_remote_input_delay)]
        own = delay_of(match.input_delays, self.peers.index(peer))
        if own is not None:
            words += ["--own-input-delay", str(own)]
        if match.weather:
            words += ["--weather", match.weather]
        if match.takeover:
            words += ["--takeover", match.takeover]
        if match.co_pilot:
            words += ["--co-pilot", match.co_pilot, "--co-pilot-after", str(match.co_pilot_after)]
        if self.file:
            words += ["--config", self.file]
        words += ["--window" if peer.window else "--no-window"]
        words += ["--window-place", f"{self.peers.index(peer)}/{len(self.peers)}"]
        return [*words, "--status-json", "--obey-stdin"]

    def watch_arguments(self, spectator: PeerPlan, broker: str, out: Path) -> list[str]:
        """The command line of one spectator."""
        words = ["spectate", "--broker", broker, "--match", self.room, "--out", str(out)]
        words += ["--env", self.settings.env]
        words += ["--name", spectator.name, "--bind", "127.0.0.1", "--no-window"]
        if self.match.weather:
            words += ["--weather", self.match.weather]
        return [*words, "--status-json", "--obey-stdin"]


def setting_arguments(settings: MatchSettings) -> list[str]:
    """Settings as command line options of `netplay peer`."""
    words = []
    for name, value in settings.model_dump().items():
        option = "--prediction-window" if name == "window" else "--" + name.replace("_", "-")
        if name == "env_args":
            for key, argument in value.items():
                words += ["--env-arg", f"{key}={json.dumps(argument)}"]
        elif isinstance(value, bool):
            words += [option] if value else []
        else:
            words += [option, str(value)]
    return words


@dataclass
class PeerRun:
    """One peer process and the last it told."""

    plan: PeerPlan
    child: Child
    status: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    told_at: float = 0.0  # when it last told anything
    files: str = ""  # what its files are named for, if not for itself
    report: dict[str, Any] | None = None  # that it could not write to its file

    @property
    def file_name(self) -> str:
        return self.files or self.plan.name

    @property
    def has_joined(self) -> bool:
        """Is it in the room, or past it?"""
        in_room = any(text.startswith("room ") for text in self.said)
        return in_room or bool(self.status) or self.child.exit_code is not None


class MatchRun:
    """The processes of one match. Call `poll` often; `done` when the last one has ended."""

    def __init__(self, plan: MatchPlan, nursery: Nursery, broker: str, out: Path) -> None:
        self.plan = plan
        self.out = out
        self.gone: list[PeerRun] = []  # ended in mid-match, and came again
        self.unreadable: list[str] = []  # logs that say nothing
        self._nursery, self._broker = nursery, broker
        out.mkdir(parents=True, exist_ok=True)
        self.peers = [
            PeerRun(peer, nursery.start(f"{plan.room}-{peer.name}", plan.arguments(peer, broker, out)))
            for peer in plan.peers
        ]
        self.spectators = [
            PeerRun(one, nursery.start(f"{plan.room}-{one.name}", plan.watch_arguments(one, broker, out)))
            for one in plan.spectators
        ]
        self._turns = deque(self.peers)
        self._started = time.monotonic()
        self.start_s: float | None = None  # seconds until all played, once they do

    def come_again(self, peer: PeerRun) -> PeerRun:
        """Start one that has ended once more: into the match that runs, and into its own slot."""
        self._follow_returns()
        files = self._next_files(peer)
        self.gone.append(peer)
        words = self.plan.return_arguments(peer.plan, self._broker, self.out)
        again = PeerRun(peer.plan, self._nursery.start(f"{self.plan.room}-{files}", words), files=files)
        self.peers[self.peers.index(peer)] = again
        return again

    def _next_files(self, peer: PeerRun) -> str:
        return f"{peer.plan.name}-{2 + sum(one.plan is peer.plan for one in self.gone)}"

    def _follow_returns(self) -> None:
        """A peer whose game went wrong comes back in the same process, and writes under the next number."""
        names = {peer.plan.name for peer in self.peers}
        for peer in self.peers:
            while (files := self._next_files(peer)) not in names and log_path(self.out, files).exists():
                self.gone.append(replace(peer))
                peer.files = files

    def poll(self) -> None:
        """Take in what the peers have told since; the first peer joins first, and so is the first player."""
        for peer in (*self.peers, *self.spectators):
            for message in peer.child.messages():
                peer.told_at = time.monotonic()
                if "status" in message:
                    peer.status = message["status"]
                elif "say" in message:
                    peer.said.append(str(message["say"]))
                elif "report" in message:
                    peer.report = message["report"]
        phases = [peer.status.get("phase", "connecting") for peer in self.peers]
        if self.start_s is None and "connecting" not in phases:
            self.start_s = time.monotonic() - self._started
        joined = all(peer.has_joined for peer in self.peers[: len(self.peers) - len(self._turns)])
        if self._turns and joined:
            self._turns.popleft().child.order("join")
        if all(peer.child.exit_code is not None for peer in self.peers):
            for spectator in self.spectators:
                if not spectator.status and spectator.child.exit_code is None:
                    spectator.child.order("stop")  # nothing will begin any more

    def end_frozen(self) -> list[str]:
        """End peers that stand still in mid-match while others have ended already. Says which."""
        frozen = []
        patience = self.plan.settings.disconnect_timeout + FROZEN_SLACK
        if any(peer.child.exit_code is not None for peer in self.peers):
            for peer in self.peers:
                playing = peer.child.exit_code is None and peer.status.get("phase") == "playing"
                if playing and time.monotonic() - peer.told_at > patience:
                    peer.child.end()
                    frozen.append(f"{peer.plan.name} stood still for {patience:.0f} s and was ended")
        return frozen

    @property
    def done(self) -> bool:
        return all(peer.child.exit_code is not None for peer in (*self.peers, *self.spectators))

    @property
    def playing(self) -> bool:
        """Do all peers play by now, none having ended?"""
        return all(
            peer.child.exit_code is None
            and peer.status.get("phase") == "playing"
            and peer.status["frame"] > 0
            for peer in self.peers
        )

    def newly_failed(self) -> PeerRun | None:
        """A peer that could not even begin: its error is the match's."""
        for peer in self.peers:
            left_report = peer.report is not None or report_path(self.out, peer.file_name).exists()
            if peer.child.exit_code not in (None, 0) and not left_report:
                return peer
        return None

    def reports(self) -> list[dict[str, Any]]:
        """The report of each peer, in the order of the plan; of a killed one what is known from outside."""
        self._follow_returns()
        return [_report(self.out, peer, PLAYER) for peer in self.peers]

    def spectator_reports(self) -> list[dict[str, Any]]:
        """The report of each spectator, in the order of the plan."""
        return [_report(self.out, spectator, SPECTATOR) for spectator in self.spectators]

    def logs(self) -> list[MatchLog]:
        """The match logs of players there are; also a killed peer leaves one."""
        self._follow_returns()
        return self._logs(self.peers)

    def logs_of_gone(self) -> list[MatchLog]:
        """What those who came again had written before, as far as it is true."""
        return [log.before_it_went_wrong() for log in self._logs(self.gone)]

    def _logs(self, peers: Sequence[PeerRun]) -> list[MatchLog]:
        logs = []
        for path in [log_path(self.out, peer.file_name) for peer in peers]:
            if path.exists():
                try:
                    logs.append(MatchLog.read(path))
                except NetplayError as error:
                    self.unreadable.append(str(error))
        return logs


def _report(out: Path, peer: PeerRun, kind: str) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(report_path(out, peer.file_name, kind).read_text())
    except (OSError, ValueError):
        report = report_of_killed(peer.plan.name, peer.child.last_words(), peer.status)
        if kind == SPECTATOR:
            seen = {"frames": None, "final_digest": None, "digests_equal": False}
            report = seen | {key: report[key] for key in ("name", "ended", "ended_text")}
        report = peer.report or report
    return report | {"pid": peer.child.pid, "exit_code": peer.child.exit_code}


@dataclass(frozen=True)
class MatchResult:
    """What became of a match."""

    settings: MatchSettings
    match_id: str
    reports: tuple[dict[str, Any], ...]
    verdict: Verdict
    reference: str  # "equal", the divergence in words, or begins with NOT_RUN and says why
    wall_s: float
    start_s: float | None = None  # of that, until all played
    spectators: tuple[dict[str, Any], ...] = ()
    weather: str | None = None  # its name

    @property
    def scores(self) -> list[dict[str, Any]] | None:
        """Of each player, from the peer that counted most frames; None if none could tell."""
        scored = [report for report in self.reports if report.get("scores")]
        told = [report for report in scored if report["scores"]["from_frame"] == 0]
        if not told:
            return None
        best = max(told, key=lambda report: report["scores"]["frames"])
        players = enumerate(zip(best["names"], best["scores"]["total"], strict=True))
        return [{"slot": slot, "name": name, "score": score} for slot, (name, score) in players]

    @property
    def standing(self) -> str:
        """Who is ahead, in words; "" if nothing was scored."""
        scores = self.scores or []
        return standing([one["name"] for one in scores], [one["score"] for one in scores])

    @property
    def confirmed_by_some(self) -> list[str]:
        """Where a match was played to its end without everybody: who confirmed it, and who was not there."""
        texts = {
            report["ended_text"] for report in self.reports if report["ended"] == EndReason.FINISHED.value
        }
        return sorted(f"{text}." for text in texts if " confirmed by all " not in f"{text} ")

    @property
    def all_seen(self) -> bool:
        """Did every spectator follow the match to its end, all digests equal?"""
        return all(report["exit_code"] == 0 and report["digests_equal"] for report in self.spectators)

    @property
    def finished(self) -> bool:
        """Did every peer play to the agreed end?"""
        return all(report["ended"] == EndReason.FINISHED.value for report in self.reports)

    @property
    def same_game(self) -> bool:
        """Did all confirmed the same game, and the true one?"""
        return self.verdict.digests_equal and not self.verdict.inputs_lost and self.reference == "equal"

    @property
    def difference(self) -> str | None:
        """Where two peers first differ, or else one from the reference run; None: nowhere that is known."""
        if self.verdict.divergence is not None:
            return first_named(self.reports) or str(self.verdict.divergence)
        return None if self.reference == "equal" or self.not_run else self.reference

    @property
    def not_run(self) -> bool:
        """Is nothing known of the true game, or not of all of it?"""
        return self.reference.startswith(NOT_RUN)

    def as_json(self) -> dict[str, Any]:
        """report.json; its keys are a contract."""
        return {
            "match_id": self.match_id,
            "env": self.settings.env,
            "seed": self.settings.seed,
            "players": self.settings.players,
            "frames_confirmed": self.verdict.frames_confirmed,
            "digests_equal": self.same_game,
            "first_divergence": self.difference,
            "wall_s": round(self.wall_s, 2),
            "start_s": None if self.start_s is None else round(self.start_s, 2),
            "digests_compared": self.verdict.digests,
            "inputs_lost": self.verdict.inputs_lost,
            "reference": self.reference,
            "settings": self.settings.model_dump(),
            "scores": self.scores,
            "weather": self.weather,
            "peers": list(self.reports),
            "spectators": list(self.spectators),
        }


def judge(run: MatchRun, reference: str, wall_s: float, logs: Sequence[MatchLog]) -> MatchResult:
    """Put a finished run's logs and reports together.

    Raises: NetplayError if no peer left a log or a report: then there is nothing to judge.
    """
    reports = tuple(run.reports())
    if logs:
        match_id, settings = logs[0].header.match_id, logs[0].header.settings
    elif told := next((report for report in reports if report["ended"] != "killed"), None):
        match_id, settings = told.get("match_id", ""), run.plan.settings  # no log could be written
    else:
        raise NetplayError(f"no match began: {run.peers[0].child.last_words()}")
    verdict, seen = compare_logs(logs), tuple(run.spectator_reports())
    with_gone = compare_logs([*logs, *run.logs_of_gone()])
    divergence = verdict.divergence or with_gone.divergence
    verdict = replace(verdict, divergence=divergence, inputs_lost=with_gone.inputs_lost)
    return MatchResult(
        settings, match_id, reports, verdict, reference, wall_s, run.start_s, seen, run.plan.match.weather
    )
