"""The addresses by which a match's players reach each other, found before it begins."""

from __future__ import annotations

from netcode.errors import MatchRefusedError, NetplayError
from netcode.roster import Roster
from peer.network.addresses import choose_endpoint, host_id
from peer.network.presence import Presence


def reach_all(roster: Roster, presence: Presence, member: bytes) -> list[str]:
    """The endpoints of all seats, in their order. `member`: how the broker knows us.

    Raises: NetplayError, or MatchRefusedError if the match is off by another's word.
    """
    found = []
    for seat in roster.seats:
        try:
            found.append(choose_endpoint(seat.name, seat.endpoints, seat.host == host_id()))
        except NetplayError:  # the others would wait for us; or they have given up themselves
            reason = presence.give_up(member, seat.slot)
            if reason is None or reason.startswith(f"{roster.names[roster.my_slot]} "):
                raise
            raise MatchRefusedError(reason) from None
    return found
