"""Policies in the table at the end."""

from __future__ import annotations

from peer.records.policy_lines import policy_lines

TOLD = {
    "slot": 0,
    "policy": "net.npz",
    "answers": 1200,
    "answer_ms": {"p50": 40.25, "p99": 44.0, "max": 80.0},
    "late": 0,
    "held_frames": 0,
    "skipped": 0,
    "co_pilot_frames": None,
}


def test_each_policy_has_a_line() -> None:
    late = TOLD | {"late": 7, "held_frames": 1800, "co_pilot_frames": 2000}
    asleep = TOLD | {"answers": 0}
    reports = [
        {"name": "ann", "policies": [TOLD, late, asleep]},
        {"name": "bob", "policies": None},
        {"name": "eve"},
    ]
    assert policy_lines(reports) == [
        "ann's policy: 1,200 answers, 40.2 ms each (p99 44.0 ms).",
        "ann's co-pilot (for 2,000 frames): 1,200 answers, 40.2 ms each (p99 44.0 ms), "
        "7 of them late, 1,800 frames without.",
    ]
