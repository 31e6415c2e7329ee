"""What a spectator tells a person while it watches: a bar while catching up, then a status line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Protocol

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from netcode.events import (
    CatchingUp,
    Desync,
    Live,
    MatchEnded,
    SourceFound,
    SourceLost,
    SpectatorEvent,
)
from netcode.spectator import SpectatorSession
from netcode.wire.text import printable
from peer.json_console import INTERVAL
from peer.streams import put


class WatchConsole(Protocol):
    """Where a spectator's news go."""

    def say(self, text: str) -> None:
        """One line, now."""
        ...

    def update(self, now: float, session: SpectatorSession, events: Iterable[SpectatorEvent]) -> None:
        """Called once a frame or slice; must be cheap."""
        ...

    def report(self, report: dict[str, Any]) -> None:
        """A report that could not be written to its file."""
        ...

    def close(self) -> None: ...


class PersonWatchConsole:
    """Lines on stderr; in a terminal also a bar or a status line."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._console = RichConsole(stderr=True)
        self._due = 0.0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, console=self._console, transient=True, refresh_per_second=4)
        self._task: TaskID | None = None

    def say(self, text: str) -> None:
        with suppress(OSError):  # a disk that is full
            self._console.print(printable(f"{self._name}: {text}"), markup=False, highlight=False)

    def report(self, report: dict[str, Any]) -> None:
        put(json.dumps(report, indent=1), sys.stdout)

    def update(self, now: float, session: SpectatorSession, events: Iterable[SpectatorEvent]) -> None:
        for event in events:
            self.say(describe(event))
        if now < self._due or not self._console.is_terminal:
            return
        self._due = now + INTERVAL
        played, frames = session.progress
        if self._task is None:
            self._task = self._progress.add_task("", total=frames)
            self._progress.start()
        source = session.reader.source or "nobody"
        what = f"live through {source}" if session.live else "catching up"
        total = (session.settings.frames or None) if session.live else frames
        self._progress.update(self._task, completed=played, total=total, description=what)

    def close(self) -> None:
        if self._task is not None:
            self._progress.stop()


def watch_status(session: SpectatorSession, name: str) -> dict[str, Any]:
    """A few numbers for a live table."""
    played, frames = session.progress
    return {
        "name": name,
        "phase": "live" if session.live else "catching up",
        "frame": played,
        "confirmed": played,
        "of": frames,
        "source": session.reader.source,
        "compared": session.compared,
        "watchers": len(session.feeder.watchers),
    }


def describe(event: SpectatorEvent) -> str:
    """An event as a line for a person."""
    match event:
        case SourceFound(name):
            return f"watching through {name}"
        case SourceLost(name, why):
            return f"{name} feeds us no more ({why}); asking others"
        case CatchingUp(frame, frames):
            return f"catching up from frame {frame:,} of {frames:,}"
        case Live(frame):
            return f"live from frame {frame:,} on"
        case Desync(name, first, last):
            return f"the game here differs from that of {name} within frames {first} to {last}"
        case MatchEnded(reason, text):
            return f"{reason.value}: {text}"
