"""Who plays a match and how to reach them, as one peer sees it: built by the broker, used by the peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netcode.errors import LocalProtocolError
from netcode.limits import LINK_ID_BYTES
from netcode.settings import MatchSettings


@dataclass(frozen=True)
class Seat:
    """Another player's place in the match."""

    slot: int
    name: str
    endpoints: tuple[str, ...]  # where it listens, best first
    host: str  # equal to our own host id iff it is on this machine
    link_out: bytes  # what we put at the front of packets to it
    link_in: bytes  # what stands at the front of its packets to us


@dataclass(frozen=True)
class Roster:
    """One peer's view of a match: `names` by slot, `seats` of the others in order of slot.

    Slots without a seat are played by substitutes, in a match that runs already.

    Raises: LocalProtocolError if the parts do not fit each other.
    """

    match_id: str
    room: str
    settings: MatchSettings
    my_slot: int
    names: tuple[str, ...]
    seats: tuple[Seat, ...]

    def __post_init__(self) -> None:
        slots = range(self.settings.players)
        if len(self.names) != len(slots) or self.my_slot not in slots:
            raise LocalProtocolError(
                f"roster: slot {self.my_slot} of {len(self.names)} names, {len(slots)} play"
            )
        seated = [seat.slot for seat in self.seats]
        if seated != sorted(set(seated) & set(slots) - {self.my_slot}):
            raise LocalProtocolError("roster: the seats are not those of the other slots")
        if any(seat.name != self.names[seat.slot] for seat in self.seats):
            raise LocalProtocolError("roster: a seat has another name than its slot")
        links = [link for seat in self.seats for link in (seat.link_out, seat.link_in)]
        if any(len(link) != LINK_ID_BYTES for link in links) or len(set(links)) != len(links):
            raise LocalProtocolError(f"roster: link ids must be distinct and of {LINK_ID_BYTES} bytes")


@dataclass(frozen=True)
class Player:
    """What a peer tells about itself."""

    name: str
    endpoints: tuple[str, ...]
    host: str


def link_ids_needed(players: int) -> int:
    """One id for each direction between two players."""
    return players * (players - 1)


def build_rosters(
    match_id: str, room: str, settings: MatchSettings, players: Sequence[Player], link_ids: Sequence[bytes]
) -> tuple[Roster, ...]:
    """The roster of each player, by slot; slots follow the order of `players`.

    Slots beyond them are open. `link_ids`: `link_ids_needed(len(players))` distinct ids of LINK_ID_BYTES
    random bytes.
    """
    slots = range(len(players))
    pairs = [(a, b) for a in slots for b in slots if a != b]
    link = dict(zip(pairs, link_ids, strict=True))
    called = [player.name for player in players]
    names = (*called, *(f"open slot {slot}" for slot in range(len(players), settings.players)))

    def seat(mine: int, other: int) -> Seat:
        player = players[other]
        return Seat(other, player.name, player.endpoints, player.host, link[mine, other], link[other, mine])

    return tuple(
        Roster(match_id, room, settings, mine, names, tuple(seat(mine, b) for b in slots if b != mine))
        for mine in slots
    )
