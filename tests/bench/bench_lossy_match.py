"""Whole matches of knights_archers_zombies between two network namespaces, on each bad link (root)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench_transport import LINKS
from rich.console import Console
from rows import Row

sys.path.insert(0, str(Path(__file__).parents[1] / "processes"))
from lossy_link import ADDRESSES, LossyLink, NoLinkError

from netcode.simulator.weather import Weather
from peer.records.match_files import log_path, report_path
from peer.records.match_log import MatchLog
from peer.records.reference_run import run_reference
from peer.records.verification import compare_logs

FRAMES: Final = 1800  # half a minute
NETPLAY: Final = (sys.executable, "-m", "peer.commands.main")
GAME: Final = ("--env", "pettingzoo:butterfly/knights_archers_zombies_v11", "--env-arg", "max_cycles=600")
KNIGHT_AND_ARCHER: Final = ("--env-arg", "num_archers=1", "--env-arg", "num_knights=1")
HIDDEN_MS: Final = 30.0  # a way that is shorter fits into the delay
NAMES: Final = ("ann", "bob")


def rows() -> list[Row]:
    measured: list[Row] = []
    for name, (weather, _) in LINKS.items():
        try:
            with tempfile.TemporaryDirectory() as folder:
                measured += _match(name, weather, Path(folder))
        except NoLinkError as error:
            return [Row(f"matches over bad links: skipped, {error}", 0.0, "", "")]
    return measured


def _match(name: str, weather: Weather, folder: Path) -> list[Row]:
    with LossyLink(weather) as link:
        broker = subprocess.Popen(
            link.command(0, *NETPLAY, "broker", "--bind", ADDRESSES[0], "--no-announce"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert broker.stdout is not None
            while "listening on" not in broker.stdout.readline():
                assert broker.poll() is None, "the broker did not start"
            peers = [
                subprocess.Popen(link.command(end, *_peer(end, folder, weather)), stdout=subprocess.DEVNULL)
                for end in (0, 1)
            ]
            codes = [peer.wait() for peer in peers]
        finally:
            broker.terminate()
            broker.wait()
            broker.stdout.close()
    assert codes == [0, 0], codes
    logs = [MatchLog.read(log_path(folder, peer)) for peer in NAMES]
    verdict = compare_logs(logs)
    assert verdict.digests_equal and not verdict.inputs_lost, verdict
    assert verdict.frames_confirmed == FRAMES
    assert run_reference(logs[0], Console(stderr=True)) is None
    reports: list[dict[str, Any]] = [json.loads(report_path(folder, peer).read_text()) for peer in NAMES]
    rollbacks = sum(report["rollbacks"] for report in reports)
    assert rollbacks > 100, "nothing was predicted wrongly: this proves nothing"
    stall = max(report["longest_stall_s"] for report in reports) * 1000
    stalled = sum(report["stalled_s"] for report in reports) / 2 / (FRAMES / 60)
    what = f"longest stall, {name} (all digests equal, and the reference; {rollbacks:,} rollbacks)"
    return [
        Row(what, stall, "ms", "the link's worst burst"),
        Row(f"time stalled, {name}", 100 * stalled, "%", ""),
    ]


def _peer(end: int, folder: Path, weather: Weather) -> list[str]:
    words = [*NETPLAY, "peer", "--broker", ADDRESSES[0], "--room", "r", "--controller", "random"]
    words += [
        *GAME,
        *KNIGHT_AND_ARCHER,
        "--players",
        "2",
        "--fps",
        "60",
        "--frames",
        str(FRAMES),
        "--no-window",
        "--status-json",
    ]
    words += ["--input-delay", "2" if weather.delay_ms > HIDDEN_MS else "0"]  # else nothing would roll back
    return [*words, "--name", NAMES[end], "--bind", ADDRESSES[end], "--out", str(folder)]


if __name__ == "__main__":
    for row in rows():
        print(row)
