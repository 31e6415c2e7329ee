"""Which of the matches that run somebody may mean who waits in the lobby for a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote


@dataclass(frozen=True)
class OpenMatch:
    """A match that somebody may come into, or not."""

    match_id: str
    room: str
    env: str
    names: str  # of its players
    held_for: frozenset[str]  # names of players whose slots substitutes play

    def __str__(self) -> str:
        return f"match {self.match_id} in room {self.room} ({self.names})"


class WaysBack:
    """Renewed now and then with all that runs; asked at every join, so it only looks up."""

    def __init__(self) -> None:
        self._held_for: dict[tuple[str, str], OpenMatch] = {}  # by environment and player's name
        self._in_room: dict[str, OpenMatch] = {}

    def renew(self, matches: Iterable[OpenMatch]) -> None:
        """Forget all, but for these; the oldest first."""
        self._held_for, self._in_room = {}, {}
        for match in matches:
            self._in_room[match.room] = match
            self._held_for.update({(match.env, name): match for name in match.held_for})

    def note(self, name: str, env: str, room: str) -> str | None:
        """For the player `name` in `room` ("": any), who waits for a new match."""
        match = self._held_for.get((env, name))
        if match is not None:
            way = f"--into {match.match_id} --name {quote(name)}"
            return f"{name}'s slot in {match} is held by a substitute: to take it back, start with {way}"
        match = self._in_room.get(room) if room else None
        if match is not None:
            into, watch = (
                f"netplay peer --into {match.match_id}",
                f"netplay spectate --match {match.match_id}",
            )
            return f"{match} runs already: `{into}` comes into it where a slot is free, `{watch}` watches it"
        return None
