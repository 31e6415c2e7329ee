"""Players who wait for a quick match in different rooms: who they are, and why they do not meet."""

from __future__ import annotations

from itertools import chain, islice
from typing import Final

from broker.matchmaking import Room
from broker.reach import why_apart
from netcode.limits import NOTES_TOLD
from netcode.mismatch import what_differs

RENEWED: Final = 0.4  # seconds; peers ask about twice a second, and whoever asks oftener costs no more


class Neighbours:
    """The rooms of quick matches, by environment. Pure."""

    def __init__(self) -> None:
        self._notes: dict[str, tuple[float, list[str]]] = {}  # by code: since when, and what
        self._rooms: dict[str, dict[str, Room]] = {}  # by environment, then by code; the oldest first

    def opened(self, room: Room) -> None:
        """One more room; one that only those with its code can enter is nobody's neighbour."""
        if room.kind is not None:
            self._rooms.setdefault(room.settings.env, {})[room.code] = room

    def closed(self, room: Room) -> None:
        self._notes.pop(room.code, None)
        rooms = self._rooms.get(room.settings.env, {})
        if rooms.pop(room.code, None) is not None and not rooms:
            del self._rooms[room.settings.env]

    def notes(self, room: Room, now: float) -> list[str]:
        """For the members of `room`: who else waits, and in what they differ. Those with the same environment
        come first; at most NOTES_TOLD of all."""
        if room.kind is None:
            return []
        since, notes = self._notes.get(room.code, (float("-inf"), []))
        if now - since >= RENEWED:
            notes = self._renewed(room)
            self._notes[room.code] = now, notes
        return notes

    def _renewed(self, room: Room) -> list[str]:
        env = room.settings.env
        same_env = [self._rooms.get(env, {})]
        other_envs = (rooms for name, rooms in self._rooms.items() if name != env)
        others = chain.from_iterable(rooms.values() for rooms in chain(same_env, other_envs))
        return [_note(room, other) for other in islice((o for o in others if o is not room), NOTES_TOLD)]


def _note(room: Room, other: Room) -> str:
    differing = what_differs(room.fields, room.fingerprint, other.fields, other.fingerprint, other.who)
    if differing is None:
        for member in room.members.values():
            if (apart := why_apart(member, other.members.values())) is not None:
                return f"{other.who} waits for the same game in another room because {apart}"
        return f"{other.who} waits for the same game in another room, with place for {other.free} more"
    return f"{other.who} waits in another room because the games differ: {differing}"
