"""Messages about matches that run: players tell of them, spectators ask for them, who returns wants a slot.

Everybody says all of it again about once a second: so a broker that starts anew knows every match, every
player and every spectator within two. A match needs none of these messages to go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from netcode.errors import RemoteProtocolError
from netcode.limits import (
    GUEST_BYTES,
    GUESTS_TOLD,
    LINK_ID_BYTES,
    MATCHES_TOLD,
    MAX_FRAME,
    MAX_GUESTS,
    MAX_HOST_CHARS,
    MAX_NAME_CHARS,
    MAX_PLAYERS,
    MAX_ROOM_CHARS,
    MEMBER_BYTES,
    SOURCES_TOLD,
)
from netcode.settings import MatchSettings
from netcode.wire.lobby_fields import (
    endpoints_of,
    exact_bytes,
    flag,
    integer,
    label,
    list_of,
    match_id_of,
    match_settings_of,
    names_of,
)

ANY_SLOT: Final = MAX_PLAYERS  # the one that was mine, by name; else the first that a substitute plays
ASKS_FOR_LIST: Final = "?"  # in place of a match, by who only wants to know which run
ENV_CHARS: Final = 100  # of the environment's name in a list
NAMES_CHARS: Final = 120  # of all players' names in a list


class _Kind(IntEnum):
    PLAYING = 6
    GUESTS = 7
    WATCH = 8
    WATCHING = 9
    MATCHES = 10


@dataclass(frozen=True)
class Playing:
    """A player tells of its match: all there is to know of it. Answered by `Guests`."""

    match_id: str
    room: str
    settings: MatchSettings
    names: tuple[str, ...]  # by slot
    slot: int  # of the sender; its first
    lost: tuple[int, ...]  # slots whose players the sender has lost
    frames: int  # confirmed
    watchers: int  # through the sender
    endpoints: tuple[str, ...]  # where the sender listens, best first
    host: str
    stand_in: bool = False  # does the sender only play until a person wants its slot?
    also: tuple[int, ...] = ()  # further slots of the sender

    @property
    def slots(self) -> tuple[int, ...]:
        return (self.slot, *self.also)


@dataclass(frozen=True)
class Guest:
    """Somebody who comes to the receiver, and by which links."""

    name: str
    slot: int | None  # to play from now on, the receiver's own if that stands in; None: to watch
    id: bytes  # GUEST_BYTES that all know it by
    endpoints: tuple[str, ...]
    host: str
    link_out: bytes  # what the receiver puts at the front of packets to it
    link_in: bytes  # what stands at the front of its packets


@dataclass(frozen=True)
class Guests:
    """All who may come to the receiver at present."""

    guests: tuple[Guest, ...]


@dataclass(frozen=True)
class Watch:
    """A spectator, or a player who wants to come in. Answered by `Watching` if it needs sources, else by
    `Guests`; by `Matches` if it has to choose; or refused."""

    member: bytes  # MEMBER_BYTES random bytes: the identity of this wish
    name: str
    match: str  # match id or room code; "": the only one that runs
    slot: int | None  # to be played, or ANY_SLOT; None: to watch
    needs_sources: bool
    frames: int  # played here
    endpoints: tuple[str, ...]
    host: str
    stand_in: bool = False  # would it play only until a person wants the slot?
    ready: bool = False  # has it caught up, and waits only for its slot?


@dataclass(frozen=True)
class Host:
    """Somebody in the match whom the receiver may speak to."""

    name: str
    slot: int | None  # that it plays, the first; None: it watches
    endpoints: tuple[str, ...]
    host: str
    link_out: bytes
    link_in: bytes
    also: tuple[int, ...] = ()  # further slots of its


@dataclass(frozen=True)
class Watching:
    """The match, and who feeds the receiver; `players`: whom to open links with, for who wants a slot."""

    match_id: str
    room: str
    settings: MatchSettings
    names: tuple[str, ...]  # by slot
    guest: bytes  # GUEST_BYTES: what the others know the receiver by
    sources: tuple[Host, ...]  # in the order to be asked
    players: tuple[Host, ...]
    slot: int | None = None  # that the receiver comes into


@dataclass(frozen=True)
class MatchLine:
    """One match in a list of those that run."""

    match_id: str
    room: str
    env: str
    names: str  # of the players, as far as they fit
    frames: int  # confirmed
    of_frames: int  # 0: until somebody leaves
    watchers: int


@dataclass(frozen=True)
class Matches:
    """What runs, the newest first."""

    matches: tuple[MatchLine, ...]

    @property
    def is_cut(self) -> bool:
        """Perhaps there are more."""
        return len(self.matches) >= MATCHES_TOLD


RunningMessage = Playing | Guests | Watch | Watching | Matches


def fields(message: RunningMessage) -> list[object]:
    """Kind and fields, to be packed."""
    m = message
    match m:
        case Playing():
            settings = m.settings.model_dump()
            head = [_Kind.PLAYING, m.match_id, m.room, settings, m.names, m.slot, m.lost, m.frames]
            return [*head, m.watchers, m.endpoints, m.host, m.stand_in, m.also]
        case Guests(guests):
            return [_Kind.GUESTS, [_guest_fields(guest) for guest in guests]]
        case Watch():
            head = [_Kind.WATCH, m.member, m.name, m.match, m.slot, m.needs_sources, m.frames]
            return [*head, m.endpoints, m.host, m.stand_in, m.ready]
        case Watching():
            sources, players = map(_host_fields, m.sources), map(_host_fields, m.players)
            head = [_Kind.WATCHING, m.match_id, m.room, m.settings.model_dump(), m.names, m.guest]
            return [*head, list(sources), list(players), m.slot]
        case Matches(matches):
            return [_Kind.MATCHES, [_line_fields(line) for line in matches]]


def read(kind: int, rest: list[Any]) -> RunningMessage | None:
    """None if no message has this kind and so many fields. Raises: RemoteProtocolError"""
    match kind, rest:
        case _Kind.PLAYING, [
            match_id,
            room,
            settings,
            names,
            slot,
            lost,
            frames,
            watchers,
            ends,
            host,
            stands,
            also,
        ]:
            parsed = match_settings_of(settings)
            count = parsed.players
            return Playing(
                match_id_of(match_id),
                label("room", room, MAX_ROOM_CHARS),
                parsed,
                names_of(names, count, count),
                integer("slot", slot, 0, count - 1),
                tuple(integer("lost", one, 0, count - 1) for one in list_of("lost", lost, 0, count)),
                integer("frames", frames, 0, MAX_FRAME),
                integer("watchers", watchers, 0, MAX_GUESTS),
                endpoints_of(ends),
                label("host", host, MAX_HOST_CHARS),
                flag("stand_in", stands),
                _also(slot, also, count),
            )
        case _Kind.GUESTS, [guests]:
            return Guests(tuple(_guest(guest) for guest in list_of("guests", guests, 0, GUESTS_TOLD)))
        case _Kind.WATCH, [member, name, wanted, slot, needs_sources, frames, ends, host, stands, ready]:
            return Watch(
                exact_bytes("member", member, MEMBER_BYTES),
                label("name", name, MAX_NAME_CHARS),
                label("match", wanted, MAX_ROOM_CHARS),
                None if slot is None else integer("slot", slot, 0, ANY_SLOT),
                flag("needs_sources", needs_sources),
                integer("frames", frames, 0, MAX_FRAME),
                endpoints_of(ends),
                label("host", host, MAX_HOST_CHARS),
                flag("stand_in", stands),
                flag("ready", ready),
            )
        case _Kind.WATCHING, [match_id, room, settings, names, guest, sources, players, slot]:
            parsed = match_settings_of(settings)
            count = parsed.players
            watching = Watching(
                match_id_of(match_id),
                label("room", room, MAX_ROOM_CHARS),
                parsed,
                names_of(names, count, count),
                exact_bytes("guest", guest, GUEST_BYTES),
                tuple(_host(one, count) for one in list_of("sources", sources, 0, SOURCES_TOLD)),
                tuple(_host(one, count) for one in list_of("players", players, 0, MAX_PLAYERS)),
                _slot(slot, count),
            )
            _check_apart(watching)
            return watching
        case _Kind.MATCHES, [matches]:
            return Matches(tuple(_line(line) for line in list_of("matches", matches, 0, MATCHES_TOLD)))
    return None


def _guest_fields(guest: Guest) -> list[object]:
    return [
        guest.name, guest.slot, guest.id, guest.endpoints, guest.host, guest.link_out, guest.link_in,
    ]  # fmt: skip


def _guest(value: object) -> Guest:
    name, slot, guest_id, endpoints, host, link_out, link_in = list_of("guest", value, 7, 7)
    return Guest(
        label("name", name, MAX_NAME_CHARS),
        _slot(slot),
        exact_bytes("guest", guest_id, GUEST_BYTES),
        endpoints_of(endpoints),
        label("host", host, MAX_HOST_CHARS),
        exact_bytes("link_out", link_out, LINK_ID_BYTES),
        exact_bytes("link_in", link_in, LINK_ID_BYTES),
    )


def _host_fields(host: Host) -> list[object]:
    return [host.name, host.slot, host.endpoints, host.host, host.link_out, host.link_in, host.also]


def _host(value: object, players: int) -> Host:
    name, slot, endpoints, host, link_out, link_in, also = list_of("host", value, 7, 7)
    return Host(
        label("name", name, MAX_NAME_CHARS),
        _slot(slot, players),
        endpoints_of(endpoints),
        label("host", host, MAX_HOST_CHARS),
        exact_bytes("link_out", link_out, LINK_ID_BYTES),
        exact_bytes("link_in", link_in, LINK_ID_BYTES),
        _also(slot, also, players),
    )


def _check_apart(watching: Watching) -> None:
    """Each slot is one player's, and none of those is the receiver's own."""
    taken = [] if watching.slot is None else [watching.slot]
    for host in watching.players:
        if host.slot is None:
            raise RemoteProtocolError("a player without a slot")
        taken += [host.slot, *host.also]
    links = [link for host in watching.players for link in (host.link_out, host.link_in)]
    if len(set(taken)) != len(taken) or len(set(links)) != len(links):
        raise RemoteProtocolError("two players with one slot or one link")


def _line_fields(line: MatchLine) -> list[object]:
    return [
        line.match_id, line.room, line.env, line.names, line.frames, line.of_frames, line.watchers,
    ]  # fmt: skip


def _line(value: object) -> MatchLine:
    match_id, room, env, names, frames, of_frames, watchers = list_of("match", value, 7, 7)
    return MatchLine(
        match_id_of(match_id),
        label("room", room, MAX_ROOM_CHARS),
        label("env", env, ENV_CHARS),
        label("names", names, NAMES_CHARS),
        integer("frames", frames, 0, MAX_FRAME),
        integer("of_frames", of_frames, 0, MAX_FRAME),
        integer("watchers", watchers, 0, MAX_FRAME),
    )


def _also(first: object, value: object, players: int) -> tuple[int, ...]:
    """Further slots, all after the first; only who plays has any."""
    slots = list_of("also", value, 0, players - 1)
    for slot in slots:
        first = integer("also", slot, integer("slot", first, 0, players - 1) + 1, players - 1)
    return tuple(slots)


def _slot(value: object, players: int = MAX_PLAYERS) -> int | None:
    return None if value is None else integer("slot", value, 0, players - 1)
