"""A policy that takes 40 ms for each action: do the frames stay on time?"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench_process import RACE, play, reports
from rows import Row

FRAMES = 1200
SLOW = """
import time

def act(observation, info):
    until = time.perf_counter() + 0.040
    while time.perf_counter() < until:  # busy, not asleep: it wants a core of its own
        pass
    return int(observation[2] + 0.5 * observation[3] > 0)
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "forty_ms.py").write_text(SLOW)
        slow = ["--controllers", "policy:forty_ms:act,random", "--weather", "wifi"]
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, before]))
        try:
            play(Path(folder, "slow"), *RACE, "--frames", str(FRAMES), *slow).wait()
        finally:
            os.environ["PYTHONPATH"] = before or ""
        first, _ = reports(Path(folder, "slow"))
    (told,) = first["policies"]
    frame, answers = first["frame_ms"], told["answers"] * 60 / FRAMES
    return [
        Row(
            "frame length beside a policy of 40 ms, median",
            frame["p50"],
            "ms",
            "under 17.7",
            "16.67 asked for",
        ),
        Row("  p99", frame["p99"], "ms", "under 18.7"),
        Row("  answers it gives", answers, "/s", "at least 20", "25 at most"),
    ]


if __name__ == "__main__":
    for row in rows():
        print(row)
