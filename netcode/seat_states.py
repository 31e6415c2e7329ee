"""The life of a seat, and of a guest on the way into one, as tables: as one peer sees them.

A seat:   SEATED --lost--> VANISHED --agreed--> SUBSTITUTED --taken--> SEATED
A guest:  COMING --promised--> PROMISED --taken--> IN
             +------------taken----------------^      (who does not promise only hears that it is done)
             +--gives up--> AWAY

Both meet in TAKEN: from the frame of the roster change on, the slot is the guest's.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class SeatState(Enum):
    SEATED = auto()  # its player gives the inputs
    VANISHED = auto()  # its player is gone; the survivors have yet to agree on the last input
    SUBSTITUTED = auto()  # a substitute gives the inputs, the same on all peers


class SeatEvent(Enum):
    LOST = auto()  # silent for too long, left, or dropped by another survivor
    AGREED = auto()  # all hold the same inputs up to the last one
    TAKEN = auto()  # a roster change in the confirmed inputs gives the slot to a guest


_S, _E = SeatState, SeatEvent
SEATS: Final[dict[SeatState, dict[SeatEvent, SeatState]]] = {
    _S.SEATED: {
        _E.LOST: _S.VANISHED,
        _E.AGREED: _S.SUBSTITUTED,  # by the others, before we were among them: we are told by who feeds us
    },
    _S.VANISHED: {_E.AGREED: _S.SUBSTITUTED},  # and never straight back: who returns comes as a guest
    _S.SUBSTITUTED: {_E.TAKEN: _S.SEATED},
}


class GuestState(Enum):
    COMING = auto()  # is fed, catches up, opens links
    PROMISED = auto()  # we have announced from which frame on the slot is the guest's
    IN = auto()  # plays
    AWAY = auto()  # left, fell silent, or did not keep up


class GuestEvent(Enum):
    PROMISED = auto()  # it wished for its slot, and it is up to us to announce who comes
    TAKEN = auto()  # the roster change is confirmed
    GIVES_UP = auto()  # it left, fell silent, or lacks too much


GUESTS: Final[dict[GuestState, dict[GuestEvent, GuestState]]] = {
    GuestState.COMING: {
        GuestEvent.PROMISED: GuestState.PROMISED,
        GuestEvent.TAKEN: GuestState.IN,  # another peer has promised it
        GuestEvent.GIVES_UP: GuestState.AWAY,
    },
    # What was promised is kept: whoever is gone by then is seated, and dropped like any other.
    GuestState.PROMISED: {GuestEvent.TAKEN: GuestState.IN},
    GuestState.IN: {},
    GuestState.AWAY: {},
}
