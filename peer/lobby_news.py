"""What a player reads while the others come: who is there, what keeps others away, and the match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from netcode.roster import Roster
from netcode.wire.lobby import Waiting
from peer.screen.start import StartScreen

_NOTES_KEPT: Final = 64  # said already, and not said again; beyond, a note may be repeated
_GO_ON: Final = "waiting on for others; to follow this advice, stop and start again"


class LobbyNews:
    """Told all that the broker answers; says what is new, each note once."""

    def __init__(self, say: Callable[[str], None], start: StartScreen) -> None:
        self._say, self._start = say, start
        self._line = ""
        self._noted: list[str] = []

    def waiting(self, waiting: Waiting | None) -> None:
        """`waiting` None: the broker is silent."""
        if waiting is None:
            self._tell("the broker is silent; asking on")
            return
        here = ", ".join(waiting.names)
        self._tell(f"room {waiting.room}: {waiting.have} of {waiting.need} players ({here})")
        new = [note for note in waiting.notes if note not in self._noted]
        for note in new:
            self._say(note)
        if new:
            self._say(_GO_ON)
        self._noted = (self._noted + new)[-_NOTES_KEPT:]
        if waiting.notes:
            self._start.status = f"{self._line} - and a note in the terminal"

    def matched(self, roster: Roster, name: str) -> None:
        """All have come. `name`: the one we asked for."""
        self._say(f"room {roster.room}: match {roster.match_id} of {', '.join(roster.names)}")
        mine = [roster.names[slot] for slot in roster.my_slots]
        if mine[0] != name:
            self._say(f"another {name} is in the match, so you are called {' and '.join(mine)}")

    def _tell(self, line: str) -> None:
        if line != self._line:
            self._say(line)
        self._line = self._start.status = line
