"""The messages between a peer and the broker, and their bytes.

The peer sends its whole `Join` about twice a second; the broker answers each with the present state:
`Waiting`, `Matched` or `Refused`. Nothing depends on an earlier message, so a lost one, a reconnect or a
restarted broker mends itself. `Leave` ends it. While a match runs, the messages of `netcode.wire.running`
go on in the same way. On the wire: [protocol version, kind, field, ...].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.limits import MAX_LOBBY_BYTES, MAX_PLAYERS, MAX_TEXT_BYTES, NOTES_TOLD, PROTOCOL_VERSION
from netcode.roster import Roster
from netcode.wire.fields import (
    Endpoints,
    Flag,
    HostId,
    Member,
    Reason,
    Room,
    Slot,
    integer,
    label,
    names_of,
    settings_of,
    text_of,
    texts_of,
    tuple_of,
)
from netcode.wire.msgpack_bounds import unpack
from netcode.wire.running import Guests, Matches, Playing, RunningMessage, Watch, Watching
from netcode.wire.schema import Message, read, record, values_of, write
from netcode.wire.testimony import AskWitness, WitnessMessage, WitnessWord


@dataclass(frozen=True)
class Join:
    """A peer is here and wants this match. Sent again and again, unchanged, until it is answered for good."""

    member: Member
    name: Annotated[str, text_of]  # its length is judged by the broker, which can say so
    room: Annotated[str, text_of]  # "": quick match with anyone who wants the same
    fingerprint: Annotated[dict[str, str], texts_of]
    settings: Annotated[
        dict[str, Any], settings_of
    ]  # MatchSettings.model_dump(); the broker validates it and says what is wrong
    seed_given: Flag  # False: the broker draws the seed
    endpoints: Endpoints  # tcp://IP:PORT where this peer listens, best first
    host: HostId  # equal for peers that reach each other by loopback
    players: Annotated[int, integer, 1, MAX_PLAYERS] = 1  # at this peer


@dataclass(frozen=True)
class Leave:
    """This join is over."""

    member: Member


@dataclass(frozen=True)
class Waiting(Message):
    """You are in the room; others are still missing."""

    room: Room
    need: Annotated[int, integer, 1, MAX_PLAYERS]
    names: Annotated[tuple[str, ...], names_of, 0, MAX_PLAYERS]  # those present, in order of joining
    # Who waits or has come with another game, and what differs: one line each.
    notes: Annotated[tuple[str, ...], tuple_of, 0, NOTES_TOLD, label, MAX_TEXT_BYTES] = ()

    @property
    def have(self) -> int:
        return len(self.names)

    def check(self) -> None:
        if self.have > self.need:
            raise RemoteProtocolError("more names than players are needed")


@dataclass(frozen=True)
class Matched(Message):
    """All are here: play."""

    roster: Annotated[Roster, record, Roster]

    def check(self) -> None:
        seated = [*self.roster.my_slots, *(slot for seat in self.roster.seats for slot in seat.slots)]
        if sorted(seated) != list(range(self.roster.settings.opening_players)):
            raise RemoteProtocolError("not a roster: not every slot is somebody's")


@dataclass(frozen=True)
class Refused:
    """Not like this; `reason` is one line for the user."""

    reason: Reason


@dataclass(frozen=True)
class OutOfReach:
    """A match was made, and the sender cannot reach the player of `slot`: it gives up.

    Answered by `CalledOff` with the first reason: whoever gave up is out of reach for the others, too.
    """

    member: Member
    slot: Slot


@dataclass(frozen=True)
class CalledOff:
    """The match cannot begin, as somebody gave up; `reason` is one line for the user. The answer also to its
    players' announcements."""

    reason: Reason


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


KINDS: Final[dict[int, type]] = {
    1: Join,
    2: Leave,
    3: Waiting,
    4: Matched,
    5: Refused,
    6: Playing,
    7: Guests,
    8: Watch,
    9: Watching,
    10: Matches,
    20: AskWitness,
    21: WitnessWord,
    22: OutOfReach,
    23: CalledOff,
}
_KIND_OF: Final = {message: kind for kind, message in KINDS.items()}


def encode_lobby(message: LobbyMessage) -> bytes:
    """Raises: LocalProtocolError naming what is out of bounds: what we send, `decode_lobby` takes."""
    try:
        data = write([PROTOCOL_VERSION, _KIND_OF[type(message)], *values_of(message)])
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
    cls = KINDS.get(integer("kind", kind, 1, 255))
    if cls is None:
        raise RemoteProtocolError("no lobby message of this kind")
    message: LobbyMessage = read(cls, rest)
    return message
