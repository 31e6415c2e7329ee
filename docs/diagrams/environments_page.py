"""Checks all of configs/checks/environments.toml, and writes docs/environments.md. `make environments`"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
TABLE: Final = ROOT / "configs/checks/environments.toml"
PAGE: Final = ROOT / "docs/environments.md"
_TIMEOUT_S: Final = 1800.0
_MISSING: Final = (
    *("pip install", "ModuleNotFoundError", "ImportError", "there is no environment", "no family"),
)
_COSTS: Final = ("step, as in a match", "capture", "restore", "digest", "render")
_MODES: Final = ("rollback", "lockstep", "unplayable", "not installed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One environment of the list."""

    env: str
    frames: int = 300
    env_args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """`mode` is that of the report, or "not installed"; then there is no report."""

    entry: Entry
    mode: str
    verdict: str
    report: dict[str, Any] | None = None


def load_table() -> list[Entry]:
    return [Entry(**row) for row in tomllib.loads(TABLE.read_text())["environment"]]


def check_entry(entry: Entry) -> Result:
    """`netplay check` of one, in a process of its own: what is C code may take its process with it."""
    arguments = [part for key, value in entry.env_args.items() for part in ("--env-arg", f"{key}={value}")]
    command = [sys.executable, "-m", "peer.commands.main", "check", entry.env, *arguments]
    command += ["--frames", str(entry.frames), "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return Result(entry, "unplayable", f"not done after {_TIMEOUT_S:g} s")
    try:
        report: dict[str, Any] = json.loads(done.stdout[max(done.stdout.find("{\n"), 0) :])
    except ValueError:
        return _without_report(entry, done)
    return Result(entry, str(report["mode"]), str(report["verdict"]), report)


def _without_report(entry: Entry, done: subprocess.CompletedProcess[str]) -> Result:
    said = [line for line in done.stderr.splitlines() if line.startswith("netplay: ")]
    if not said:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return Result(entry, "unplayable", f"its process broke down ({how})")
    text = said[-1].removeprefix("netplay: ")
    return Result(entry, "not installed" if is_missing(text) else "unplayable", text)


def is_missing(said: str) -> bool:
    """Does this say that an environment is not installed?"""
    return any(sign in said for sign in _MISSING)


_HEAD: Final = """# Environments

Written by `make environments`; do not edit.

{all} environments: {rollback} certified for rollback, {lockstep} for lockstep, {unplayable} not playable,
{missing} not installed where this was written.

Certified means tried, frame by frame: the same game from the same seed, twice and in another process; every
frame taken back and played again, up to 21 deep and across ends of episodes; nothing moved by drawing and
observing; foreign actions rejected. *Depth* is how many replayed frames fit the time of one frame at the
environment's own rate. Times are medians in microseconds on one machine, so only their sizes matter.

| environment | players | plays in | fps | depth | step | capture | restore | digest | render | bytes |
|---|---|---|---|---|---|---|---|---|---|---|
{rows}

## What to know of each

{notes}
"""


def page(results: Sequence[Result]) -> str:
    """All of it in Markdown."""
    counts = {mode: sum(result.mode == mode for result in results) for mode in _MODES}
    return _HEAD.format(
        all=len(results),
        missing=counts.pop("not installed"),
        rows="\n".join(_row(result) for result in results if result.report is not None),
        notes="\n".join(line for result in results for line in _notes(result)),
        **counts,
    )


def _row(result: Result) -> str:
    report = result.report or {}
    costs = report["costs_us"]
    rolls_back = result.mode == "rollback"
    cells = [
        f"`{named(result.entry)}`",
        str(report["players"]),
        f"**{result.mode}**" if rolls_back else result.mode,
        f"{report['fps']:g}",
        str(report["replayed_frames"]) if rolls_back else "-",
        *(f"{costs[name]:,.0f}" if name in costs else "-" for name in _COSTS),
        f"{report['snapshot_bytes']:,}" if rolls_back else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _notes(result: Result) -> Iterable[str]:
    report = result.report
    if report is None:
        reason = "not installed here" if result.mode == "not installed" else "not playable"
        yield f"- `{named(result.entry)}`: {reason}: {_plain(result.verdict)}"
        return
    explained = any(check["claim"] == "snapshots" for check in report["checks"])
    told = [] if result.mode == "rollback" or explained else [result.verdict]
    for check in report["checks"]:
        told += [text] if (text := _told(check)) and check["passed"] is not False else []
    told += [
        f"{use['source']} at {use['file']}:{use['line']} ({use['treatment']})" for use in report["entropy"]
    ]
    if told:
        yield f"- `{named(result.entry)}`:"
        yield from (f"  - {_plain(text)}" for text in told)


def _told(check: dict[str, Any]) -> str:
    """What is worth a line of a claim that did not simply hold; of one that failed, the verdict tells."""
    if check["culprit"] is None:
        return f"{check['claim']}: {check['detail']}" if check["passed"] is None else ""
    where = f"{check['culprit']['file']}:{check['culprit']['line']}"
    return f"{check['claim']}: {check['detail']}, by {where}: {check['culprit']['code']}"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


def named(entry: Entry) -> str:
    """As it is called on the page."""
    arguments = ", ".join(f"{key}={value}" for key, value in entry.env_args.items())
    return f"{entry.env} ({arguments})" if arguments else entry.env


def main() -> None:
    results = []
    for entry in load_table():
        results.append(check_entry(entry))
        print(f"{entry.env}: {results[-1].verdict}", file=sys.stderr)
    PAGE.write_text(page(results))
    sys.exit(any(result.mode == "unplayable" for result in results))


if __name__ == "__main__":
    main()
