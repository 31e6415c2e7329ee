"""Two real peers over `wan_bad`, one of which manages only a part of 60 fps for a while: who pays for it?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final

from rows import Row

from peer.records.match_files import log_path, report_path
from peer.records.match_log import MatchLog
from peer.records.verification import compare_logs

FRAMES: Final = 1500
SLOW: Final = (300, 900)  # frames in which one machine is slow
SPEEDS: Final = (0.4, 0.7, 0.9)
NETPLAY: Final = (sys.executable, "-m", "peer.commands.main")
NAMES: Final = ("fast", "slow")


@dataclass
class Told:
    """What a peer told of itself, and when (seconds)."""

    at: float
    frame: int
    stalled_s: float


def rows() -> list[Row]:
    return [row for speed in SPEEDS for row in measure(speed)]


def measure(speed: float, slow: tuple[int, int] = SLOW) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        told = _play(Path(folder), f"{speed} {slow[0]} {slow[1]}")
        reports: list[dict[str, Any]] = [json.loads(report_path(Path(folder), n).read_text()) for n in NAMES]
        verdict = compare_logs([MatchLog.read(log_path(Path(folder), name)) for name in NAMES])
    assert verdict.digests_equal and verdict.frames_confirmed == FRAMES, verdict
    rows: list[Row] = []
    for report, lines in zip(reports, told, strict=True):
        name, lasted = report["name"], lines[-1].at - lines[0].at
        stalled, depths = 100 * report["stalled_s"] / lasted, Counter(report["rollback_depths"])
        what = f"a machine at {speed:g} of 60 fps, {name} peer:"
        rows += [
            Row(f"{what} time stalled", stalled, "%", "under 2"),
            Row(f"{what} rollbacks", report["rollbacks"], "", ""),
            Row(f"{what} depth of a rollback, p95", _p95(depths), "frames", ""),
        ]
    most, least = (pick(row.value for row in rows if "p95" in row.name) for pick in (max, min))
    what = f"a machine at {speed:g} of 60 fps:"
    return [
        *rows,
        Row(f"{what} difference of these p95", most - least, "frames", "at most 2"),
        Row(f"{what} lowest pace", reports[0]["pace"]["lowest_fps"], "fps", ""),
        Row(f"{what} until the full rate again", _recovery(told[0], slow[1]), "s", "under 3"),
    ]


def _p95(depths: Counter[str]) -> float:
    counted = sorted(int(depth) for depth in depths.elements())
    return counted[int(0.95 * (len(counted) - 1))] if counted else 0


def _recovery(lines: list[Told], end: int) -> float:
    """Seconds from frame `end` until the frames come at 97 % of the full rate, and go on to."""
    after = [line for line in lines if line.frame >= end]
    slow = [b for a, b in pairwise(after) if b.frame - a.frame < 0.97 * 60 * (b.at - a.at)]
    return (slow[-1].at if slow else after[0].at) - after[0].at if after else float("nan")


def _play(folder: Path, slow: str) -> list[list[Told]]:
    here = str(Path(__file__).parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])}
    broker = subprocess.Popen(
        [*NETPLAY, "broker", "--bind", "127.0.0.1:0", "--no-announce"], stdout=subprocess.PIPE, text=True
    )
    told: list[list[Told]] = [[], []]
    try:
        assert broker.stdout is not None
        for line in broker.stdout:
            if "listening on " in line:
                address = line.split("listening on ", 1)[1].split()[0]
                break
        peers, readers = [], []
        for name, lines in zip(NAMES, told, strict=True):
            words = ["--broker", address, "--room", "r", "--bind", "127.0.0.1", "--controller", "random"]
            words += ["--env", "slow_machine:Slow", "--players", "2", "--frames", str(FRAMES), "--fps", "60"]
            words += ["--weather", "wan_bad", "--name", name, "--out", str(folder), "--no-window"]
            peer = subprocess.Popen(
                [*NETPLAY, "peer", *words, "--status-json"],
                env=environment | ({"SLOW": slow} if name == "slow" else {}),
                stdout=subprocess.PIPE,
                text=True,
            )
            peers.append(peer)
            readers.append(Thread(target=_read, args=(peer.stdout, lines)))
            readers[-1].start()
        assert [peer.wait(120) for peer in peers] == [0, 0]
        for reader in readers:
            reader.join()
    finally:
        broker.terminate()
        broker.wait()
        assert broker.stdout is not None
        broker.stdout.close()
    return told


def _read(lines: IO[str], told: list[Told]) -> None:
    for line in lines:
        now, message = time.monotonic(), json.loads(line)
        status = message.get("status")
        if status is None:
            print(message["say"], file=sys.stderr)
        elif status["phase"] == "playing":
            told.append(Told(now, status["frame"], status["stalled_s"]))


if __name__ == "__main__":
    for row in rows():
        print(row)
