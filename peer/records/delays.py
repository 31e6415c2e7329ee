"""A player's own input delay as it is kept: in the report, and in the match log."""

from __future__ import annotations

from typing import Any

from netcode.events import InputDelayChanged
from netcode.input_delay import InputDelay


def note_of_delay(event: InputDelayChanged) -> dict[str, Any]:
    """What is kept of a change: plain values, as JSON and msgpack know them."""
    return {
        "frame": event.frame,
        "input_delay": event.delay,
        "before": event.before,
        "automatic": event.automatic,
    }


def input_delay(delay: InputDelay) -> dict[str, Any]:
    """Frames at the end, and the newest changes."""
    return {
        "frames": delay.frames,
        "automatic": delay.automatic,
        "changes": [note_of_delay(change) for change in delay.changes],
    }
