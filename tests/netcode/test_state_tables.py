"""The tables of seats, guests and phases, and how one goes through them."""

from __future__ import annotations

import pytest

from netcode.errors import LocalProtocolError
from netcode.phases import PHASES, Phase, PhaseEvent
from netcode.seat_states import GUESTS, SEATS, GuestEvent, GuestState, SeatEvent, SeatState
from netcode.state_table import follow

BEGINNINGS = {
    "SEATS": [SeatState.SEATED],
    "GUESTS": [GuestState.COMING],
    "PHASES": [Phase.CONNECTING, Phase.JOINING],
}
TABLES = {"SEATS": SEATS, "GUESTS": GUESTS, "PHASES": PHASES}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_has_a_row_and_can_be_reached(name):
    table = TABLES[name]
    reached, before = set(BEGINNINGS[name]), set()
    while reached != before:
        before = set(reached)
        reached |= {after for state in before for after in table[state].values()}
    assert reached == set(table) == set(type(next(iter(table))))


@pytest.mark.parametrize("name", TABLES)
def test_an_event_that_cannot_happen_is_our_own_mistake(name):
    table = TABLES[name]
    events = type(next(event for row in table.values() for event in row))
    for state, row in table.items():
        for event in events:
            if event in row:
                assert follow(table, state, event) is row[event]
            else:
                with pytest.raises(LocalProtocolError, match=f"{event.name} in state {state.name}"):
                    follow(table, state, event)


def test_a_seat_is_given_away_by_a_substitute_only():
    """Nobody can take the slot of a player, nor one whose last input is not agreed on."""
    assert [state for state in SeatState if SeatEvent.TAKEN in SEATS[state]] == [SeatState.SUBSTITUTED]


def test_what_was_promised_to_a_guest_is_not_taken_back():
    assert GuestEvent.GIVES_UP not in GUESTS[GuestState.PROMISED]


def test_every_phase_but_the_last_can_end():
    assert [phase for phase in Phase if PhaseEvent.END not in PHASES[phase]] == [Phase.ENDED]
