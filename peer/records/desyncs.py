"""A desync as it is kept: in a peer's report and in its match log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netcode.events import Desync


def note_of(event: Desync) -> dict[str, Any]:
    """What is kept of it: plain values, as JSON and msgpack know them."""
    return {
        "frame": event.frame,
        "between": [event.name],
        "differences": [{"path": d.path, "here": d.here, "there": d.there} for d in event.differences],
        "more": event.more,
        "text": event.text,
        "frames": [event.first, event.last],
        "suspects": list(event.suspects),
        "left": list(event.left),
        "wrong_frames": list(event.wrong) if event.wrong else None,
    }


def first_named(reports: Sequence[Mapping[str, Any]]) -> str | None:
    """The earliest field that ended the match, with both values, from the reports of its peers."""
    named = [
        (note["frame"], report["name"], note)
        for report in reports
        for note in report.get("desyncs", ())
        if not note["left"] and note["frame"] is not None and note["differences"]
    ]
    if not named:
        return None
    frame, name, note = min(named, key=lambda one: one[0])
    field = note["differences"][0]
    return (
        f"frame {frame}: {field['path']} {field['here']} at {name}, "
        f"{field['there']} at {' and '.join(note['between'])}"
    )
