"""What a process tells the program that started it: JSON lines on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

from peer.streams import let_go, put

INTERVAL: Final = 0.25  # seconds between two status lines

Session = TypeVar("Session")
News = TypeVar("News")


class JsonConsole(Generic[Session, News]):
    """One JSON object a line: {"say": text}, {"status": {...}} or {"report": {...}}.

    A `Console` or a `WatchConsole`.
    """

    def __init__(
        self,
        name: str,
        status: Callable[[Session, str], dict[str, Any]],
        describe: Callable[[News], str],
    ) -> None:
        """status: of a session and a name, a few numbers. describe: an event as a line."""
        self._name, self._status, self._describe = name, status, describe
        self._due = 0.0

    def say(self, text: str) -> None:
        self._line({"say": text})

    def update(self, now: float, session: Session, events: Iterable[News]) -> None:
        told = False
        for event in events:
            self.say(self._describe(event))
            told = True
        if told or now >= self._due:
            self._due = now + INTERVAL
            self._line({"status": self._status(session, self._name)})

    def report(self, report: dict[str, Any]) -> None:
        self._line({"report": report})

    def close(self) -> None: ...

    @staticmethod
    def _line(value: dict[str, Any]) -> None:
        if not put(json.dumps(value), sys.stdout):
            let_go(sys.stdout)  # the reader is gone; whoever watches stdin will end us
