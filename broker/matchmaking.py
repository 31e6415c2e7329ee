"""Which room a join belongs to, and why not. Pure: no clock, no randomness, no sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from broker.reach import why_apart
from netcode.errors import MatchRefusedError
from netcode.fingerprint import Fingerprint, fingerprint_digest
from netcode.limits import MAX_NAME_CHARS, MAX_ROOM_CHARS, NOTES_TOLD
from netcode.mismatch import what_differs
from netcode.settings import MatchSettings
from netcode.wire.lobby import Join, Waiting

_MUST_AGREE = ("env", "env_args", "players")  # the rest a joiner takes from whoever opened the room


@dataclass
class Room:
    """Players gathering for one match. Whoever opens it fixes the game."""

    code: str
    settings: MatchSettings
    fingerprint: Fingerprint
    kind: bytes | None  # what quick match compares; None: only for those who know the code
    members: dict[bytes, Join] = field(default_factory=dict)  # in order of joining, which is that of slots
    turned_away: dict[str, str] = field(default_factory=dict)  # by name, the last NOTES_TOLD: why

    @cached_property
    def fields(self) -> dict[str, str]:
        """Of its settings, as text."""
        return self.settings.fields()

    @property
    def free(self) -> int:
        """How many more players it has place for."""
        return self.settings.opening_players - sum(join.players for join in self.members.values())

    @property
    def full(self) -> bool:
        return self.free <= 0

    @property
    def names(self) -> list[tuple[str, ...]]:
        """Of the players of each member, all different."""
        called = iter(
            distinct_names([join.name for join in self.members.values() for _ in range(join.players)])
        )
        return [tuple(islice(called, join.players)) for join in self.members.values()]

    @property
    def who(self) -> str:
        """Its members, for others: the first by name."""
        first, *more = (join.name for join in self.members.values())
        return f"{first} and {len(more)} more" if more else first

    def waiting(self, notes: Sequence[str] = ()) -> Waiting:
        called = tuple(name for names in self.names for name in names)
        return Waiting(self.code, self.settings.opening_players, called, tuple(notes))

    def turn_away(self, name: str, why: str) -> None:
        """Remember somebody who could not come in, for the members."""
        self.turned_away.pop(name, None)
        self.turned_away[name] = f"{name} could not come into this room because {why}"
        if len(self.turned_away) > NOTES_TOLD:
            del self.turned_away[next(iter(self.turned_away))]


def check_join(join: Join) -> MatchSettings:
    """The settings asked for, valid.

    Raises: MatchRefusedError or ConfigError naming the first fault of the join.
    """
    _check_label("name", join.name, 1, MAX_NAME_CHARS)
    _check_label("room code", join.room, 0, MAX_ROOM_CHARS)
    settings = MatchSettings.parse(join.settings)
    settings = settings.model_copy(update={"env_args": dict(sorted(settings.env_args.items()))})
    if join.players > settings.opening_players:
        raise MatchRefusedError(
            f"{join.players} players come, and the match begins with {settings.opening_players}"
        )
    return settings


def game_kind(fingerprint: Fingerprint, settings: MatchSettings) -> bytes:
    """Equal for those whom quick match may bring together: the same game and settings.

    Whatever the seed and the input delay: each player has its own.
    """
    return (
        fingerprint_digest(fingerprint) + settings.model_copy(update={"seed": 0, "input_delay": 0}).digest()
    )


def find_room(join: Join, settings: MatchSettings, rooms: Mapping[str, Room]) -> Room | None:
    """The open room this join belongs to, or None if it opens a new one.

    Raises: MatchRefusedError if the room of that code plays another game, naming what
        differs, or its players cannot reach each other.
    """
    if not join.room:
        kind = game_kind(join.fingerprint, settings)
        fitting = (room for room in rooms.values() if room.kind == kind)
        return next((room for room in fitting if _has_place(room, join)), None)
    room = rooms.get(join.room)
    if room is not None:
        mine, theirs = _must_agree(settings), _must_agree(room.settings)
        differing = what_differs(mine, join.fingerprint, theirs, room.fingerprint, room.who)
        if differing is not None:
            for_them = what_differs(theirs, room.fingerprint, mine, join.fingerprint, join.name)
            room.turn_away(join.name, f"the games differ: {for_them or differing}")
            raise MatchRefusedError(f"room {room.code} plays another game: {differing}")
        apart = why_apart(join, room.members.values())
        if apart is not None:
            room.turn_away(join.name, apart)
            raise MatchRefusedError(f"no way into room {room.code}: {apart}")
        room.turned_away.pop(join.name, None)
    return room


def distinct_names(names: Sequence[str]) -> list[str]:
    """Names as players of one match are told apart: a second `ann` becomes `ann-2`."""
    taken: list[str] = []
    for name in names:
        number, distinct = 1, name
        while distinct in taken:
            number += 1
            ending = f"-{number}"
            distinct = name[: MAX_NAME_CHARS - len(ending)] + ending
        taken.append(distinct)
    return taken


def _has_place(room: Room, join: Join) -> bool:
    place = room.full or room.free >= join.players  # a full one may have silent members
    return place and why_apart(join, room.members.values()) is None


def _must_agree(settings: MatchSettings) -> dict[str, str]:
    fields = settings.fields()
    return {name: fields[name] for name in _MUST_AGREE}


def _check_label(what: str, text: str, low: int, high: int) -> None:
    if not low <= len(text) <= high:
        raise MatchRefusedError(f"{what} has {len(text)} characters; {low} to {high} are allowed")
    if not text.isprintable():
        raise MatchRefusedError(f"{what} {text!r} has characters that cannot be printed")
