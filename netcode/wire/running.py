"""Messages about matches that run: players tell of them, spectators ask for them, who returns wants a slot.

Everybody says all of it again about once a second: so a broker that starts anew knows every match, every
player and every spectator within two. A match needs none of these messages to go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from netcode.errors import RemoteProtocolError
from netcode.limits import GUESTS_TOLD, MATCHES_TOLD, MAX_GUESTS, MAX_PLAYERS, SOURCES_TOLD
from netcode.roster import Seat, ordered
from netcode.settings import MatchSettings
from netcode.wire.fields import (
    AnySlot,
    Endpoints,
    Flag,
    Frame,
    GuestId,
    HostId,
    LinkId,
    MatchId,
    Member,
    Name,
    Names,
    Room,
    Settings,
    Slot,
    Slots,
    integer,
    label,
    optional,
    tuple_of,
)
from netcode.wire.schema import Message, record

ANY_SLOT: Final = MAX_PLAYERS  # the one that was mine, by name; else the first that a substitute plays
ASKS_FOR_LIST: Final = "?"  # in place of a match, by who only wants to know which run
ENV_CHARS: Final = 100  # of the environment's name in a list
NAMES_CHARS: Final = 120  # of all players' names in a list


@dataclass(frozen=True)
class Playing(Message):
    """A player tells of its match: all there is to know of it. Answered by `Guests`."""

    match_id: MatchId
    room: Room
    settings: Settings
    names: Names  # by slot
    slot: Slot  # of the sender; its first
    lost: Slots  # slots whose players the sender has lost
    frames: Frame  # confirmed
    watchers: Annotated[int, integer, 0, MAX_GUESTS]  # through the sender
    endpoints: Endpoints  # where the sender listens, best first
    host: HostId
    stand_in: Flag = False  # does the sender only play until a person wants its slot?
    also: Slots = ()  # further slots of the sender

    @property
    def slots(self) -> tuple[int, ...]:
        return (self.slot, *self.also)

    def check(self) -> None:
        _check_slots(self.settings, self.names, (*self.slots, *self.lost))
        if not ordered(self.slots):
            raise RemoteProtocolError("slots of a player that are not in order")


@dataclass(frozen=True)
class Guest:
    """Somebody who comes to the receiver, and by which links."""

    name: Name
    slot: AnySlot  # to play from now on, the receiver's own if that stands in; None: to watch
    id: GuestId  # that all know it by
    endpoints: Endpoints
    host: HostId
    link_out: LinkId  # what the receiver puts at the front of packets to it
    link_in: LinkId  # what stands at the front of its packets


@dataclass(frozen=True)
class Guests:
    """All who may come to the receiver at present."""

    guests: Annotated[tuple[Guest, ...], tuple_of, 0, GUESTS_TOLD, record, Guest]


@dataclass(frozen=True)
class Watch:
    """A spectator, or a player who wants to come in. Answered by `Watching` if it needs sources, else by
    `Guests`; by `Matches` if it has to choose; or refused."""

    member: Member  # the identity of this wish
    name: Name
    match: Room  # match id or room code; "": the only one that runs
    slot: Annotated[int | None, optional, integer, 0, ANY_SLOT]  # to be played, or ANY_SLOT; None: to watch
    needs_sources: Flag
    frames: Frame  # played here
    endpoints: Endpoints
    host: HostId
    stand_in: Flag = False  # would it play only until a person wants the slot?
    ready: Flag = False  # has it caught up, and waits only for its slot?


@dataclass(frozen=True)
class Host:
    """Somebody in the match whom the receiver may speak to."""

    name: Name
    slot: AnySlot  # that it plays, the first; None: it watches
    endpoints: Endpoints
    host: HostId
    link_out: LinkId
    link_in: LinkId


@dataclass(frozen=True)
class Watching(Message):
    """The match, and who feeds the receiver; `players`: whom to open links with, for who wants a slot."""

    match_id: MatchId
    room: Room
    settings: Settings
    names: Names  # by slot
    guest: GuestId  # what the others know the receiver by
    sources: Annotated[tuple[Host, ...], tuple_of, 0, SOURCES_TOLD, record, Host]  # in the order to be asked
    players: Annotated[tuple[Seat, ...], tuple_of, 0, MAX_PLAYERS, record, Seat]
    slot: AnySlot = None  # that the receiver comes into

    def check(self) -> None:
        """Each slot is one player's, and none of those is the receiver's own."""
        taken = [] if self.slot is None else [self.slot]
        taken += [slot for seat in self.players for slot in seat.slots]
        links = [link for seat in self.players for link in (seat.link_out, seat.link_in)]
        _check_slots(self.settings, self.names, (*taken, *(one.slot or 0 for one in self.sources)))
        if len(set(taken)) != len(taken) or len(set(links)) != len(links):
            raise RemoteProtocolError("two players with one slot or one link")
        if not all(ordered(seat.slots) for seat in self.players):
            raise RemoteProtocolError("slots of a player that are not in order")


@dataclass(frozen=True)
class MatchLine:
    """One match in a list of those that run."""

    match_id: MatchId
    room: Room
    env: Annotated[str, label, ENV_CHARS]
    names: Annotated[str, label, NAMES_CHARS]  # of the players, as far as they fit
    frames: Frame  # confirmed
    of_frames: Frame  # 0: until somebody leaves
    watchers: Frame


@dataclass(frozen=True)
class Matches:
    """What runs, the newest first."""

    matches: Annotated[tuple[MatchLine, ...], tuple_of, 0, MATCHES_TOLD, record, MatchLine]

    @property
    def is_cut(self) -> bool:
        """Perhaps there are more."""
        return len(self.matches) >= MATCHES_TOLD


RunningMessage = Playing | Guests | Watch | Watching | Matches


def _check_slots(settings: MatchSettings, names: tuple[str, ...], slots: tuple[int, ...]) -> None:
    if len(names) != settings.players or max(slots, default=0) >= settings.players:
        raise RemoteProtocolError(f"names or slots that are not of {settings.players} players")
