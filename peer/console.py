"""What the process of a player or spectator tells: a person, or the program that started it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from math import inf
from typing import Any, Final

from netcode.events import Event, SpectatorEvent
from netcode.session import PlayerSession
from netcode.spectator import SpectatorSession
from netcode.wire.text import printable
from peer.news import describe
from peer.records.report import peer_status, watch_status
from peer.streams import let_go, put

LINE_INTERVAL: Final = 0.5  # seconds between two status lines in a terminal
INTERVAL: Final = 0.25  # the same, for a program
LOCKSTEP: Final = "playing in lockstep, nothing is predicted"  # how that is told, before the reason
_CLEAR: Final = "\r\x1b[2K"

News = Iterable[Event | SpectatorEvent]


class PersonConsole:
    """Lines on stderr; in a terminal also one status line that is written over and over."""

    def __init__(self, name: str, line: Callable[[Any], str]) -> None:
        """`line`: of a session, as the status."""
        self._name, self._line = name, line
        self._live = sys.stderr.isatty()
        self._due = 0.0

    def say(self, text: str) -> None:
        """One line, now."""
        clear = _CLEAR if self._live else ""
        put(f"{clear}{printable(f'{self._name}: {text}')}", sys.stderr)

    def report(self, report: dict[str, Any]) -> None:
        """A report that could not be written to its file."""
        put(json.dumps(report, indent=1), sys.stdout)

    def update(self, now: float, session: Any, events: News) -> None:
        """Called once a frame or slice; must be cheap."""
        for event in events:
            self.say(describe(event))
        if self._live and now >= self._due:
            self._due = now + LINE_INTERVAL
            put(f"{_CLEAR}{self._name}: {self._line(session)}", sys.stderr, end="")


class JsonConsole:
    """JSON objects on stdout, one a line: {"say": text}, {"status": {...}} or {"report": {...}}."""

    def __init__(self, name: str, status: Callable[[Any, str], dict[str, Any]]) -> None:
        """`status`: of a session and a name, a few numbers."""
        self._name, self._status = name, status
        self._due = 0.0

    def say(self, text: str) -> None:
        self._line({"say": text})

    def report(self, report: dict[str, Any]) -> None:
        self._line({"report": report})

    def update(self, now: float, session: Any, events: News) -> None:
        told = [describe(event) for event in events]
        for text in told:
            self.say(text)
        if told or now >= self._due:
            self._due = now + INTERVAL
            self._line({"status": self._status(session, self._name)})

    @staticmethod
    def _line(value: dict[str, Any]) -> None:
        if not put(json.dumps(value), sys.stdout):
            let_go(sys.stdout)  # the reader is gone; whoever watches stdin will end us


Console = PersonConsole | JsonConsole


def player_console(name: str, *, as_json: bool) -> Console:
    return JsonConsole(name, peer_status) if as_json else PersonConsole(name, _player_line)


def spectator_console(name: str, *, as_json: bool) -> Console:
    return JsonConsole(name, watch_status) if as_json else PersonConsole(name, _spectator_line)


def _player_line(session: PlayerSession) -> str:
    if session.catching_up is not None:
        return _catching_up(*session.catching_up, session.seconds_left)
    status = peer_status(session, "")
    ping = "-" if status["ping_ms"] is None else f"{status['ping_ms']:.0f} ms"
    return f"frame {status['frame']}  ping {ping}  rollbacks {status['rollbacks']}"


def _spectator_line(session: SpectatorSession) -> str:
    played, frames = session.progress
    if not session.live:
        return _catching_up(played, frames, session.seconds_left)
    return f"frame {played:,}  live through {session.reader.source or 'nobody'}"


def _catching_up(frame: int, frames: int, seconds: float | None) -> str:
    left = "" if seconds is None else f", about {seconds:,.0f} s more"
    if seconds == inf:
        left = ", no faster than the others play: until the next episode begins"
    return f"catching up: frame {frame:,} of {frames:,}{left}"
