"""What all tables of states have in common: {state: {event: next state}}, and one way to go through it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from netcode.errors import LocalProtocolError

State = TypeVar("State", bound=Enum)
Event = TypeVar("Event", bound=Enum)


def follow(table: Mapping[State, Mapping[Event, State]], state: State, event: Event) -> State:
    """The state after `event`.

    Raises: LocalProtocolError for an event the state does not know; callers ask only what can happen.
    """
    try:
        return table[state][event]
    except KeyError:
        raise LocalProtocolError(f"{event.name} in state {state.name}") from None
