"""The states of a link between two peers, as a table. Everything that may change a link's state is here.

OPENING --their hello agrees--> GREETED --they accepted ours--> RUNNING
   |                               |                              |
   +------- hello differs ---------+--> REFUSED                   +-- goodbye --> LEFT
   +------- silence ---------------+--------------------------------- silence --> LOST
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from netcode.state_table import follow


class LinkState(Enum):
    OPENING = auto()  # nothing heard yet
    GREETED = auto()  # we accepted their hello, and do not know whether they accepted ours
    RUNNING = auto()  # both accepted: inputs go both ways
    REFUSED = auto()  # settings, fingerprint or version differ
    LEFT = auto()  # they said goodbye
    LOST = auto()  # silent for longer than the disconnect timeout


class LinkEvent(Enum):
    HELLO_AGREES = auto()  # they would play what we would play
    ACCEPTED_BY_THEM = auto()  # their hello says so, or they already send inputs
    HELLO_DIFFERS = auto()  # they would play another game
    GOODBYE = auto()  # they leave, have finished, or drop us
    SILENCE = auto()  # nothing heard within the timeout, by our clock


_S, _E = LinkState, LinkEvent
TRANSITIONS: Final[dict[LinkState, dict[LinkEvent, LinkState]]] = {
    _S.OPENING: {
        _E.HELLO_AGREES: _S.GREETED,
        _E.HELLO_DIFFERS: _S.REFUSED,
        _E.GOODBYE: _S.LEFT,
        _E.SILENCE: _S.LOST,
    },
    _S.GREETED: {
        _E.HELLO_AGREES: _S.GREETED,
        _E.ACCEPTED_BY_THEM: _S.RUNNING,
        _E.HELLO_DIFFERS: _S.REFUSED,
        _E.GOODBYE: _S.LEFT,
        _E.SILENCE: _S.LOST,
    },
    _S.RUNNING: {
        _E.HELLO_AGREES: _S.RUNNING,
        _E.ACCEPTED_BY_THEM: _S.RUNNING,
        _E.HELLO_DIFFERS: _S.RUNNING,  # forged or stale: what was agreed stays agreed
        _E.GOODBYE: _S.LEFT,
        _E.SILENCE: _S.LOST,
    },
    # The rest are ends: nothing leads out of them.
    _S.REFUSED: {},
    _S.LEFT: {},
    _S.LOST: {},
}

ENDED: Final = frozenset(state for state, events in TRANSITIONS.items() if not events)


def next_state(state: LinkState, event: LinkEvent) -> LinkState:
    """Raises: LocalProtocolError for an event the state does not know; callers ask only what can happen."""
    return follow(TRANSITIONS, state, event)
