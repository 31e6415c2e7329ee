"""What policies did, as a person reads it when the match is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def policy_lines(reports: Sequence[dict[str, Any]]) -> list[str]:
    """One line for each policy that was asked anything."""
    return [
        _line(report["name"], told)
        for report in reports
        for told in report.get("policies") or ()
        if told["answers"]
    ]


def _line(name: str, told: dict[str, Any]) -> str:
    times, frames = told["answer_ms"], told["co_pilot_frames"]
    part = "policy" if frames is None else f"co-pilot (for {frames:,} frames)"
    quickness = f"{times['p50']:.1f} ms each (p99 {times['p99']:.1f} ms)"
    line = f"{name}'s {part}: {told['answers']:,} answers, {quickness}"
    if told["held_frames"] or told["late"]:
        line += f", {told['late']:,} of them late, {told['held_frames']:,} frames without"
    return f"{line}."
