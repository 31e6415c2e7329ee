"""Who plays a match and how to reach them, as one peer sees it: built by the broker, used by the peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Annotated

from netcode.errors import LocalProtocolError
from netcode.limits import LINK_ID_BYTES, MAX_PLAYERS
from netcode.settings import MatchSettings
from netcode.wire.fields import (
    Endpoints,
    HostId,
    LinkId,
    MatchId,
    Name,
    Names,
    Room,
    Settings,
    Slot,
    Slots,
    tuple_of,
)
from netcode.wire.schema import record


@dataclass(frozen=True)
class Seat:
    """Another peer's place in the match."""

    slot: Slot  # its first
    name: Name
    endpoints: Endpoints  # where it listens, best first
    host: HostId  # equal to our own host id iff it is on this machine
    link_out: LinkId  # what we put at the front of packets to it
    link_in: LinkId  # what stands at the front of its packets to us
    also: Slots = ()  # further slots of the same peer

    @property
    def slots(self) -> tuple[int, ...]:
        return (self.slot, *self.also)


@dataclass(frozen=True)
class Roster:
    """One peer's view of a match: `names` by slot, `seats` of the other peers in order of slot.

    Slots without a seat are played by substitutes, in a match that runs already.

    Raises: LocalProtocolError if the parts do not fit each other.
    """

    match_id: MatchId
    room: Room
    settings: Settings
    my_slot: Slot  # our first
    names: Names
    seats: Annotated[tuple[Seat, ...], tuple_of, 0, MAX_PLAYERS, record, Seat]
    also: Slots = ()  # further slots of ours

    @property
    def my_slots(self) -> tuple[int, ...]:
        return (self.my_slot, *self.also)

    def __post_init__(self) -> None:
        slots, mine = range(self.settings.players), self.my_slots
        if len(self.names) != len(slots) or not set(mine) <= set(slots) or not ordered(mine):
            raise LocalProtocolError(
                f"roster: slot {self.my_slot} of {len(self.names)} names, {len(slots)} play"
            )
        seated = [slot for seat in self.seats for slot in seat.slots]
        apart = len(set(seated)) == len(seated) and set(seated) <= set(slots) - set(mine)
        if not apart or not ordered([seat.slot for seat in self.seats]):
            raise LocalProtocolError("roster: the seats are not those of the other slots")
        if any(seat.name != self.names[seat.slot] or not ordered(seat.slots) for seat in self.seats):
            raise LocalProtocolError("roster: a seat has another name than its slot")
        links = [link for seat in self.seats for link in (seat.link_out, seat.link_in)]
        if any(len(link) != LINK_ID_BYTES for link in links) or len(set(links)) != len(links):
            raise LocalProtocolError(f"roster: link ids must be distinct and of {LINK_ID_BYTES} bytes")


@dataclass(frozen=True)
class Player:
    """What a peer tells about itself: one player, or several at one machine."""

    name: str
    endpoints: tuple[str, ...]
    host: str
    also: tuple[str, ...] = ()  # names of the others beside the first


def link_ids_needed(peers: int) -> int:
    """One id for each direction between two peers."""
    return peers * (peers - 1)


def build_rosters(
    match_id: str, room: str, settings: MatchSettings, players: Sequence[Player], link_ids: Sequence[bytes]
) -> tuple[Roster, ...]:
    """The roster of each peer; slots follow the order of `players`.

    Slots beyond them are open. `link_ids`: `link_ids_needed(len(players))` distinct ids of LINK_ID_BYTES
    random bytes.
    """
    peers = range(len(players))
    pairs = [(a, b) for a in peers for b in peers if a != b]
    link = dict(zip(pairs, link_ids, strict=True))
    called = [name for player in players for name in (player.name, *player.also)]
    names = (*called, *(f"open slot {slot}" for slot in range(len(called), settings.players)))
    ends = list(accumulate(1 + len(player.also) for player in players))
    slots = [tuple(range(start, end)) for start, end in pairwise([0, *ends])]  # of each peer

    def seat(mine: int, other: int) -> Seat:
        player, (slot, *also) = players[other], slots[other]
        ids = link[mine, other], link[other, mine]
        return Seat(slot, player.name, player.endpoints, player.host, *ids, tuple(also))

    def roster(mine: int) -> Roster:
        seats = tuple(seat(mine, other) for other in peers if other != mine)
        return Roster(match_id, room, settings, slots[mine][0], names, seats, slots[mine][1:])

    return tuple(roster(mine) for mine in peers)


def ordered(slots: Sequence[int]) -> bool:
    """Ascending, each once."""
    return all(a < b for a, b in pairwise(slots))
