"""The table of link states."""

import pytest

from netcode.errors import LocalProtocolError
from netcode.link_states import ENDED, TRANSITIONS, LinkEvent, LinkState, next_state


def test_every_state_has_a_row():
    assert set(TRANSITIONS) == set(LinkState)


def test_ends_lead_nowhere():
    assert {LinkState.REFUSED, LinkState.LEFT, LinkState.LOST} == ENDED
    for state in ENDED:
        for event in LinkEvent:
            with pytest.raises(LocalProtocolError):
                next_state(state, event)


def test_every_state_can_be_reached():
    reached, before = {LinkState.OPENING}, set()
    while reached != before:
        before = set(reached)
        reached |= {after for state in before for after in TRANSITIONS[state].values()}
    assert reached == set(LinkState)


def test_every_living_state_can_end_by_goodbye_and_by_silence():
    for state in set(LinkState) - ENDED:
        assert next_state(state, LinkEvent.GOODBYE) is LinkState.LEFT
        assert next_state(state, LinkEvent.SILENCE) is LinkState.LOST


def test_a_link_runs_only_after_both_agreed():
    ways = {(state, event) for state in LinkState for event, after in TRANSITIONS[state].items()
            if after is LinkState.RUNNING and state is not LinkState.RUNNING}  # fmt: skip
    assert ways == {(LinkState.GREETED, LinkEvent.ACCEPTED_BY_THEM)}
    assert LinkEvent.ACCEPTED_BY_THEM not in TRANSITIONS[LinkState.OPENING]


def test_what_was_agreed_stays_agreed():
    assert next_state(LinkState.RUNNING, LinkEvent.HELLO_DIFFERS) is LinkState.RUNNING
