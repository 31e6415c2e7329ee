"""A desync as it is kept: in a peer's report, in its match log, and as one line for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netcode.events import Desync, Resynced


def note_of(event: Desync | Resynced) -> dict[str, Any]:
    """What is kept of it: plain values, as JSON and msgpack know them."""
    healed = isinstance(event, Resynced)
    note: dict[str, Any] = {
        "healed": healed,
        "frame": event.frame,
        "between": list(event.names) if isinstance(event, Resynced) else [event.name],
        "differences": [{"path": d.path, "here": d.here, "there": d.there} for d in event.differences],
        "more": event.more,
        "text": event.text,
    }
    if isinstance(event, Resynced):
        return note | {"we_too": event.we_too, "played_again_from": event.base}
    return note | {"frames": [event.first, event.last], "suspects": list(event.suspects)}


def describe_resync(event: Resynced) -> str:
    """Who had gone wrong, in one line for a person."""
    who = ["this peer"] * event.we_too + list(event.names)
    if not who:
        return f"whoever played another game is gone: {event.text}"
    return f"{' and '.join(who)} played another game and is put right: {event.text}"


def first_named(reports: Sequence[Mapping[str, Any]]) -> str | None:
    """The earliest field that ended the match, with both values, from the reports of its peers."""
    named = [
        (note["frame"], report["name"], note)
        for report in reports
        for note in report.get("desyncs", ())
        if not note["healed"] and note["frame"] is not None and note["differences"]
    ]
    if not named:
        return None
    frame, name, note = min(named, key=lambda one: one[0])
    field = note["differences"][0]
    return (
        f"frame {frame}: {field['path']} {field['here']} at {name}, "
        f"{field['there']} at {' and '.join(note['between'])}"
    )


def healed_lines(reports: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who was put right, as these players tell it of themselves."""
    return [
        f"Put right: {report['name']}, whose game had gone wrong: {note['text']}"
        for report in reports
        for note in report.get("desyncs", ())
        if note["healed"] and note["we_too"]
    ]
