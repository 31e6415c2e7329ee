"""Real processes: how even the frames are, and whether memory stays flat."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from rows import Row

PACED_FRAMES = 900
FAST_FRAMES = 30_000
WARM_FRAMES = 10_000  # before memory counts
RACE = ["--env", "race:CartPole-v1", "--players", "2", "--fps", "60"]


def play(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "peer.commands.main",
        "match",
        *arguments,
        "--headless",
        "--out",
        str(folder),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def reports(folder: Path) -> list[dict[str, Any]]:
    peers: list[dict[str, Any]] = json.loads((folder / "report.json").read_text())["peers"]
    return peers


def paced(folder: Path) -> list[Row]:
    play(folder, *RACE, "--frames", str(PACED_FRAMES)).wait()
    peers = reports(folder)
    deviation = max(peer["frame_deviation_ms"]["p99"] for peer in peers)
    netcode = max(peer["netcode_us"]["p50"] for peer in peers)
    seconds = PACED_FRAMES / 60
    sent, packets = (max(peer[key] for peer in peers) / seconds for key in ("bytes_out", "packets_out"))
    return [
        Row("frame length, p99 deviation from 16.67 ms (2 peers)", deviation, "ms", "under 2"),
        Row("netcode and controllers in a live peer, median", netcode, "us", ""),
        Row("sent to the other one, loopback, buttons", sent / 1024, "KiB/s", ""),
        Row("  packets", packets, "/s", ""),
    ]


def start_up(folder: Path) -> list[Row]:
    """`start_s` begins when the processes are started; what the command takes itself comes before."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import peer.commands.match, peer.fleet.play_match"], check=True)
    own = time.monotonic() - began
    play(folder, "knights_archers_zombies", "--frames", "60").wait()
    started: float = json.loads((folder / "report.json").read_text())["start_s"]
    return [
        Row("netplay match, from start to frame 0 (2 peers, game, broker)", own + started, "s", "under 2.5")
    ]


def memory(folder: Path) -> list[Row]:
    """Sampled from outside; warm once a third of the match is over."""
    began = time.monotonic()
    process = play(folder, *RACE, "--frames", str(FAST_FRAMES), "--fast")
    samples: dict[int, list[tuple[float, int]]] = {}
    while process.poll() is None:
        for child in psutil.Process(process.pid).children():
            try:
                if "peer" in child.cmdline():
                    samples.setdefault(child.pid, []).append((time.monotonic(), child.memory_info().rss))
            except psutil.Error:
                pass
        time.sleep(0.1)
    wall = time.monotonic() - began
    growths = []
    for taken in samples.values():
        first, last = taken[0][0], taken[-1][0]
        warm = [rss for at, rss in taken if at - first > (last - first) * WARM_FRAMES / FAST_FRAMES]
        growths.append((warm[-1] / warm[0] - 1) * 100)
    frames = FAST_FRAMES / wall
    return [
        Row(
            f"memory growth over {FAST_FRAMES - WARM_FRAMES:,} frames, after warm-up",
            max(growths),
            "%",
            "under 1",
        ),
        Row("frames a second with --fast (2 peers, start-up and reference included)", frames, "/s", ""),
    ]


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder)
        return start_up(paths / "start") + paced(paths / "paced") + memory(paths / "memory")


if __name__ == "__main__":
    for row in rows():
        print(row)
