"""Coming into a match that runs: from the wish to a place in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from netcode.errors import MatchRefusedError
from netcode.joining import Guest
from netcode.limits import MEMBER_BYTES
from netcode.roster import Roster
from netcode.wire.lobby import LobbyMessage, Refused
from netcode.wire.running import ANY_SLOT, Host, Matches, Watch, Watching
from peer.match_lines import matches_in_words
from peer.network.addresses import host_id
from peer.network.contact import ask_until
from peer.network.presence import Presence

PATIENCE: Final = 60.0  # seconds to wait for a slot that is not free yet, unless told otherwise


@dataclass(frozen=True)
class WayIn:
    """A place in a running match, and who leads there."""

    roster: Roster  # with seats of those who play
    guest: Guest
    sources: tuple[Host, ...]


class ReturnWish:
    """What the broker is told while we are on the way in."""

    def __init__(
        self, name: str, match: str, slot: int | None, endpoints: Sequence[str], stand_in: bool
    ) -> None:
        """`match`: its id or room code; `slot` None: the one that was ours, else any."""
        self.member = os.urandom(MEMBER_BYTES)
        self._name, self.match = name, match
        self._slot = ANY_SLOT if slot is None else slot
        self._endpoints = tuple(endpoints)
        self._stand_in = stand_in

    def word(self, needs_sources: bool, frames: int, ready: bool) -> Watch:
        """`ready`: only the slot is missing."""
        return Watch(
            self.member,
            self._name,
            self.match,
            self._slot,
            needs_sources,
            frames,
            self._endpoints,
            host_id(),
            self._stand_in,
            ready,
        )

    def way_in(self, told: Watching) -> WayIn | None:
        """What the broker's answer means; None if it lacks a slot for us."""
        if told.slot is None:
            return None
        names = list(told.names)
        names[told.slot] = self._name
        for seat in told.players:
            names[seat.slot] = seat.name
        roster = Roster(told.match_id, told.room, told.settings, told.slot, tuple(names), told.players)
        return WayIn(roster, Guest(told.guest, told.slot), told.sources)


def find_way_in(
    presence: Presence,
    wish: ReturnWish,
    patience: float | None,
    say: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> WayIn | None:
    """Ask until there is a slot for us. `patience`: seconds; None if `should_stop()`.

    Raises: BrokerUnreachableError; MatchRefusedError with the last reason when patience ends.
    """
    patience = PATIENCE if patience is None else patience
    reasons = ["no such match runs"]

    def understand(answer: LobbyMessage) -> WayIn | None:
        match answer:
            case Watching() if answer.players and answer.sources:
                return wish.way_in(answer)
            case Watching():
                reason = "nobody who plays is heard of at present"
            case Refused(why):
                reason = why
            case Matches(matches) if matches:
                reason = f"no match or room {wish.match} runs; there is {matches_in_words(matches)}"
            case Matches():
                reason = "no match runs"
            case _:
                return None
        if reason != reasons[-1] or len(reasons) == 1:
            reasons.append(reason)
            say(f"{reason}; waiting")
        return None

    return ask_until(
        presence,
        lambda: wish.word(True, 0, False),
        understand,
        timeout=patience,
        too_late=lambda: MatchRefusedError(
            f"{reasons[-1]}; waited {patience:g} s, --join-timeout waits longer"
        ),
        should_stop=should_stop,
    )
