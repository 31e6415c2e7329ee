"""A list of environments, each checked in a process of its own, as a page."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import environments_page
import pytest
from environments_page import Entry, Result, check_entry, load_table, page

from peer.simulation.check.certificate import Check, Report
from peer.simulation.check.culprit import Culprit
from peer.simulation.entropy.match_entropy import SEEDED, EntropyUse


def report(**changes: Any) -> dict[str, Any]:
    made = Report("Game-v0", 2, 300, mode="rollback", replayed_frames=7, verdict="rollback at 60 fps")
    made.costs_us = {"step, as in a match": 1234.5, "capture": 20.0, "render": 9.0}
    made.entropy = [EntropyUse("uuid.uuid4", "game.py", 3, SEEDED).as_dict()]
    made.checks = [
        Check("same seed", True),
        Check("drawing", None, "x | y: 1 != 2", Culprit("game.py", 9, "f")),
        Check("ends", None, "none came"),
    ]
    return made.as_dict() | changes


def test_the_page_tells_every_environment_once_in_the_table_and_the_rest_below() -> None:
    missing = Result(Entry("Absent-v0"), "not installed", "Absent-v0 cannot be imported; pip install absent")
    slow = report(mode="lockstep", verdict="lockstep only because of <C>", checks=[], entropy=[])
    results = [
        Result(Entry("Game-v0", env_args={"size": 3}), "rollback", "", report()),
        missing,
        Result(Entry("Slow-v0"), "lockstep", "lockstep only because of <C>", slow),
    ]
    text = page(results)
    assert "3 environments: 1 certified for rollback, 1 for lockstep, 0 not playable,\n1 not" in text
    assert "| `Game-v0 (size=3)` | 2 | **rollback** | 60 | 7 | 1,234 | 20 | - | - | 9 | 0 |" in text
    assert "| `Slow-v0` | 2 | lockstep | 60 | - | 1,234 |" in text
    assert text.count("Absent-v0`") == 1
    assert "- `Absent-v0`: not installed here: Absent-v0 cannot be imported; pip install absent" in text
    assert "  - drawing: x \\| y: 1 != 2, by game.py:9: " in text
    assert "  - ends: none came" in text
    assert "  - uuid.uuid4 at game.py:3 (seeded from the match)" in text
    assert "  - lockstep only because of \\<C>" in text
    assert "same seed:" not in text


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "mode", "verdict"),
    [
        (0, "noise\n" + json.dumps(report(), indent=2), "", "rollback", "rollback at 60 fps"),
        (2, "", "x\nnetplay: no; pip install game\n", "not installed", "no; pip install game"),
        (
            2,
            "",
            "netplay: Game-v0 failed while it was played\n",
            "unplayable",
            "Game-v0 failed while it was played",
        ),
        (-6, "", "terminate called", "unplayable", "its process broke down (signal 6)"),
    ],
)
def test_whatever_becomes_of_the_process_is_told(
    code: int, stdout: str, stderr: str, mode: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, code, stdout, stderr)

    monkeypatch.setattr(environments_page.subprocess, "run", run)
    result = check_entry(Entry("Game-v0", 50, {"size": 3}))
    assert (result.mode, result.verdict) == (mode, verdict)
    assert asked[0][-7:] == ["check", "Game-v0", "--env-arg", "size=3", "--frames", "50", "--json"]


def test_the_list_names_each_once() -> None:
    entries = load_table()
    assert Entry("CartPole-v1") in entries
    assert len(entries) == len({entry.env for entry in entries}) > 30
