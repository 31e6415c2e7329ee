"""What a peer tells a person while it plays."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, Final, Protocol

from netcode.events import (
    Accused,
    AskingWitness,
    Desync,
    Event,
    FullPace,
    GuessingEnded,
    GuessingResumed,
    InputDelayChanged,
    Interrupted,
    LinkUp,
    MatchEnded,
    MatchStarted,
    PlayerDropped,
    PlayerSeated,
    Resumed,
    SeatTaken,
    Slowed,
    Stalled,
    StallEnded,
)
from netcode.session import PlayerSession
from netcode.wire.text import printable
from peer.records.report import peer_status
from peer.streams import put

LINE_INTERVAL: Final = 0.5  # the same, in a terminal
LOCKSTEP: Final = "playing in lockstep, nothing is predicted"  # how that is told, before the reason


class Console(Protocol):
    """Where a peer's news go."""

    def say(self, text: str) -> None:
        """One line, now."""
        ...

    def update(self, now: float, session: PlayerSession, events: Iterable[Event]) -> None:
        """Called once a frame; must be cheap."""
        ...

    def report(self, report: dict[str, Any]) -> None:
        """A report that could not be written to its file."""
        ...


class PersonConsole:
    """Lines on stderr; in a terminal also one status line that is written over and over."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = sys.stderr.isatty()
        self._due = 0.0

    def say(self, text: str) -> None:
        clear = "\r\x1b[2K" if self._live else ""
        put(f"{clear}{printable(f'{self._name}: {text}')}", sys.stderr)

    def report(self, report: dict[str, Any]) -> None:
        put(json.dumps(report, indent=1), sys.stdout)

    def update(self, now: float, session: PlayerSession, events: Iterable[Event]) -> None:
        for event in events:
            self.say(describe(event))
        if self._live and now >= self._due:
            self._due = now + LINE_INTERVAL
            status = peer_status(session, self._name)
            ping = "-" if status["ping_ms"] is None else f"{status['ping_ms']:.0f} ms"
            line = f"frame {status['frame']}  ping {ping}  rollbacks {status['rollbacks']}"
            if session.catching_up is not None:
                frame, live = session.catching_up
                line = f"catching up: frame {frame:,} of {live:,}"
            put(f"\r\x1b[2K{self._name}: {line}", sys.stderr, end="")


def describe(event: Event) -> str:
    """An event as a line for a person."""
    match event:
        case LinkUp(name):
            return f"{name} is here"
        case MatchStarted():
            return "the match begins"
        case InputDelayChanged(frame, before, delay, automatic):
            why = " (as measured)" if automatic else ""
            return f"input delay: {delay} frames from frame {frame} on, not {before}{why}"
        case Interrupted(name, silent):
            return f"nothing heard from {name} for {silent:.1f} s, waiting"
        case Resumed(name):
            return f"{name} is back"
        case Accused(_, text):
            return text
        case Stalled(names):
            return f"waiting for {', '.join(names)}"
        case StallEnded(seconds):
            return f"going on after {seconds:.1f} s"
        case Slowed():
            return describe_pace(event)
        case FullPace(seconds):
            return f"at the full frame rate again; {seconds:.1f} s were played below it"
        case GuessingEnded(frame, why):
            return f"from frame {frame:,} on nothing is predicted, as {why}"
        case GuessingResumed(frame):
            return f"from frame {frame:,} on inputs are predicted again"
        case Desync(suspects=names, text=text) if names:
            return text
        case Desync(name, text=text):
            return f"the game differs from {name}'s: {text}"
        case PlayerSeated(name, _, frame):
            return f"{name} plays from frame {frame} on"
        case SeatTaken(slot, frame):
            return f"caught up: slot {slot} is ours from frame {frame} on"
        case AskingWitness(names):
            return f"{' and '.join(names)} out of reach, half of the match: asking the broker who goes on"
        case PlayerDropped(name, _, frame):
            return f"{name} is gone; from frame {frame} on a substitute plays"
        case MatchEnded(reason, text):
            return f"{reason.value}: {text}"


def describe_pace(event: Slowed) -> str:
    """Why the match is slow, in one line."""
    whose = "this machine" if event.name is None else f"{event.name}'s machine"
    return f"running at {event.fps:.0f} of {event.full_fps:g} fps: {whose} is slow"
