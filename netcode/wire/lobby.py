"""The messages between a peer and the broker, and their bytes.

The peer sends its whole `Join` about twice a second; the broker answers each with the present state:
`Waiting`, `Matched` or `Refused`. Nothing depends on an earlier message, so a lost one, a reconnect or a
restarted broker mends itself. `Leave` ends it. While a match runs, the messages of `netcode.wire.running`
go on in the same way. On the wire: [protocol version, kind, field, ...].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.limits import (
    LINK_ID_BYTES,
    MAX_HOST_CHARS,
    MAX_LOBBY_BYTES,
    MAX_PLAYERS,
    MAX_ROOM_CHARS,
    MAX_TEXT_BYTES,
    MEMBER_BYTES,
    NOTES_TOLD,
    PROTOCOL_VERSION,
)
from netcode.roster import Roster, Seat
from netcode.wire import running, testimony
from netcode.wire.lobby_fields import (
    endpoints_of,
    exact_bytes,
    fingerprint_of,
    integer,
    label,
    list_of,
    match_id_of,
    match_settings_of,
    names_of,
    settings_of,
    slots_of,
    text_of,
)
from netcode.wire.msgpack_bounds import pack, unpack
from netcode.wire.running import RunningMessage
from netcode.wire.testimony import AskWitness, WitnessMessage, WitnessWord


class _Kind(IntEnum):
    JOIN = 1
    LEAVE = 2
    WAITING = 3
    MATCHED = 4
    REFUSED = 5
    OUT_OF_REACH = 22
    CALLED_OFF = 23


@dataclass(frozen=True)
class Join:
    """A peer is here and wants this match. Sent again and again, unchanged, until it is answered for good."""

    member: bytes  # MEMBER_BYTES random bytes: the identity of this join
    name: str
    room: str  # "": quick match with anyone who wants the same
    fingerprint: dict[str, str]
    settings: dict[str, Any]  # MatchSettings.model_dump(); the broker validates it and says what is wrong
    seed_given: bool  # False: the broker draws the seed
    endpoints: tuple[str, ...]  # tcp://IP:PORT where this peer listens, best first
    host: str  # equal for peers that reach each other by loopback
    players: int = 1  # at this peer


@dataclass(frozen=True)
class Leave:
    """This join is over."""

    member: bytes


@dataclass(frozen=True)
class Waiting:
    """You are in the room; others are still missing."""

    room: str
    need: int
    names: tuple[str, ...]  # those present, in order of joining
    notes: tuple[str, ...] = ()  # who waits or has come with another game, and what differs: one line each

    @property
    def have(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Matched:
    """All are here: play."""

    roster: Roster


@dataclass(frozen=True)
class Refused:
    """Not like this; `reason` is one line for the user."""

    reason: str


@dataclass(frozen=True)
class OutOfReach:
    """A match was made, and the sender cannot reach the player of `slot`: it gives up.

    Answered by `CalledOff` with the first reason: whoever gave up is out of reach for the others, too.
    """

    member: bytes
    slot: int


@dataclass(frozen=True)
class CalledOff:
    """The match cannot begin, as somebody gave up; `reason` is one line for the user. The answer also to its
    players' announcements."""

    reason: str


@dataclass(frozen=True)
class OtherVersion:
    """Received only: a message of another protocol version, whose fields we cannot know."""

    version: int

    @property
    def advice(self) -> str:
        """For the user of a peer."""
        return (
            f"the broker speaks protocol {self.version}, this is {PROTOCOL_VERSION}; "
            "install the same netplay on all machines"
        )


LobbyMessage = (
    Join | Leave | Waiting | Matched | Refused | OutOfReach | CalledOff | RunningMessage | WitnessMessage
)


def encode_lobby(message: LobbyMessage) -> bytes:
    """Raises: LocalProtocolError naming what is out of bounds: what we send, `decode_lobby` takes."""
    try:
        data = pack([PROTOCOL_VERSION, *_fields(message)])
        decode_lobby(data)
    except (RemoteProtocolError, OverflowError, TypeError, ValueError) as error:
        raise LocalProtocolError(f"cannot send this {type(message).__name__}: {error}") from None
    return data


def decode_lobby(data: bytes) -> LobbyMessage | OtherVersion:
    """Raises: RemoteProtocolError for anything that is not one whole message within the bounds."""
    fields = unpack(data, MAX_LOBBY_BYTES)
    if not isinstance(fields, list) or len(fields) < 2:
        raise RemoteProtocolError("not a lobby message")
    version, kind, *rest = fields
    if integer("version", version, 0, 2**31) != PROTOCOL_VERSION:
        return OtherVersion(version)
    match integer("kind", kind, 1, 255), rest:
        case _Kind.JOIN, [member, name, room, fingerprint, settings, bool(seed), endpoints, host, players]:
            return Join(
                exact_bytes("member", member, MEMBER_BYTES),
                text_of("name", name),  # its length is judged by the broker, which can say so
                text_of("room", room),
                fingerprint_of(fingerprint),
                settings_of(settings),
                seed,
                endpoints_of(endpoints),
                label("host", host, MAX_HOST_CHARS),
                integer("players", players, 1, MAX_PLAYERS),
            )
        case _Kind.LEAVE, [member]:
            return Leave(exact_bytes("member", member, MEMBER_BYTES))
        case _Kind.WAITING, [room, need, names, notes]:
            need = integer("need", need, 1, MAX_PLAYERS)
            return Waiting(
                label("room", room, MAX_ROOM_CHARS),
                need,
                names_of(names, 0, need),
                tuple(label("note", note, MAX_TEXT_BYTES) for note in list_of("notes", notes, 0, NOTES_TOLD)),
            )
        case _Kind.MATCHED, [match_id, room, settings, my_slots, names, seats]:
            return Matched(_roster(match_id, room, settings, my_slots, names, seats))
        case _Kind.REFUSED, [reason]:
            return Refused(label("reason", reason, MAX_TEXT_BYTES))
        case _Kind.OUT_OF_REACH, [member, slot]:
            who = exact_bytes("member", member, MEMBER_BYTES)
            return OutOfReach(who, integer("slot", slot, 0, MAX_PLAYERS - 1))
        case _Kind.CALLED_OFF, [reason]:
            return CalledOff(label("reason", reason, MAX_TEXT_BYTES))
    message = running.read(kind, rest) or testimony.read(kind, rest)
    if message is None:
        raise RemoteProtocolError("no lobby message of this kind and shape")
    return message


def _fields(message: LobbyMessage) -> list[object]:
    match message:
        case Join(member, name, room, fingerprint, settings, seed_given, endpoints, host, players):
            head = [_Kind.JOIN, member, name, room, fingerprint, settings, seed_given]
            return [*head, endpoints, host, players]
        case Leave(member):
            return [_Kind.LEAVE, member]
        case Waiting(room, need, names, notes):
            return [_Kind.WAITING, room, need, names, notes]
        case Matched(roster):
            seats = [
                (seat.slots, seat.endpoints, seat.host, seat.link_out, seat.link_in) for seat in roster.seats
            ]
            settings = roster.settings.model_dump()
            return [
                _Kind.MATCHED, roster.match_id, roster.room, settings, roster.my_slots, roster.names, seats,
            ]  # fmt: skip
        case Refused(reason):
            return [_Kind.REFUSED, reason]
        case OutOfReach(member, slot):
            return [_Kind.OUT_OF_REACH, member, slot]
        case CalledOff(reason):
            return [_Kind.CALLED_OFF, reason]
        case AskWitness() | WitnessWord():
            return testimony.fields(message)
    return running.fields(message)


def _roster(
    match_id: object, room: object, settings: object, my_slots: object, names: object, seats: object
) -> Roster:
    parsed = match_settings_of(settings)
    try:
        count = parsed.opening_players
        slot, *also = slots_of("my_slots", my_slots, count)
        players = names_of(names, parsed.players, parsed.players)
        found = tuple(_seat(players[:count], fields) for fields in list_of("seats", seats, 0, count - 1))
        if 1 + len(also) + sum(len(seat.slots) for seat in found) != count:
            raise RemoteProtocolError("not a roster: not every slot is somebody's")
        return Roster(
            match_id_of(match_id),
            label("room", room, MAX_ROOM_CHARS),
            parsed,
            slot,
            players,
            found,
            tuple(also),
        )
    except LocalProtocolError as error:
        raise RemoteProtocolError(f"not a roster: {error}") from None


def _seat(names: Sequence[str], value: object) -> Seat:
    slots, endpoints, host, link_out, link_in = list_of("seat", value, 5, 5)
    slot, *also = slots_of("seat", slots, len(names))
    return Seat(
        slot,
        names[slot],
        endpoints_of(endpoints),
        label("host", host, MAX_HOST_CHARS),
        exact_bytes("link_out", link_out, LINK_ID_BYTES),
        exact_bytes("link_in", link_in, LINK_ID_BYTES),
        tuple(also),
    )
