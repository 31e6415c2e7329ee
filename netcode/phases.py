"""The phases of a session, as a table."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class Phase(Enum):
    CONNECTING = auto()  # links are opening
    JOINING = auto()  # a guest of a running match: fed and catching up, without a slot yet
    PLAYING = auto()  # frame by frame
    CLOSING = auto()  # every frame is confirmed here; the others still need our acks, or we theirs
    ENDED = auto()  # over for this peer, well or not


# A member of an Enum takes ten times as long to look up (Python 3.11); these are asked for all the time.
CONNECTING, JOINING, PLAYING = Phase.CONNECTING, Phase.JOINING, Phase.PLAYING
CLOSING, ENDED = Phase.CLOSING, Phase.ENDED


class PhaseEvent(Enum):
    ALL_LINKS_RUN = auto()  # everybody has agreed on what is played
    SEAT_TAKEN = auto()  # the slot that we hoped for is ours
    ALL_CONFIRMED = auto()  # of the frames that the match has
    END = auto()  # finished, stopped, or broken off
    DESYNC_BEHIND_IT = auto()  # who left had seen that the games differ: the end is told anew


_P, _E = Phase, PhaseEvent
PHASES: Final[dict[Phase, dict[PhaseEvent, Phase]]] = {
    _P.CONNECTING: {_E.ALL_LINKS_RUN: _P.PLAYING, _E.END: _P.ENDED},
    _P.JOINING: {_E.SEAT_TAKEN: _P.PLAYING, _E.END: _P.ENDED},
    _P.PLAYING: {_E.ALL_CONFIRMED: _P.CLOSING, _E.END: _P.ENDED},
    _P.CLOSING: {_E.END: _P.ENDED},
    _P.ENDED: {_E.DESYNC_BEHIND_IT: _P.CLOSING},
}
