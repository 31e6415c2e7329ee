"""Waiting for a broker's answer: does it answer at all, and does it still? One rule for all who wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from netcode.errors import BrokerUnreachableError, MatchRefusedError, NetplayError
from netcode.wire.lobby import LobbyMessage, Matched, OtherVersion, Refused, Waiting
from netcode.wire.running import Matches, Watching
from peer.network.presence import Presence

T = TypeVar("T")

FIRST_CONTACT: Final = 5.0  # seconds without any answer until there is no broker
ASK_INTERVAL: Final = 0.5  # seconds between two questions; the broker drops who is silent for six of them
STEP: Final = 0.05  # seconds between two looks for an answer
SILENCE: Final = 2.0  # seconds without an answer until the user is told that the broker is silent


class Contact:
    """With the broker at `endpoint`. `timeout`: seconds for what we wait for, None for ever."""

    def __init__(self, endpoint: str, timeout: float | None, now: float) -> None:
        self._endpoint, self.timeout = endpoint, timeout
        self._began = self._heard_at = now
        self._answers = False

    def heard(self, now: float) -> None:
        """It has answered."""
        self._answers, self._heard_at = True, now

    def is_silent(self, now: float) -> bool:
        """It has answered, but not lately."""
        return self._answers and now - self._heard_at >= SILENCE

    def timed_out(self, now: float) -> bool:
        """Is the timeout over, though the broker answers?

        Raises: BrokerUnreachableError if it never did, or is silent when the timeout is over.
        """
        over = self.timeout is not None and now - self._began >= self.timeout
        silent = now - self._heard_at
        if not self._answers and (over or silent >= FIRST_CONTACT):
            raise BrokerUnreachableError(
                f"no broker answers at {self._endpoint}; start one with `netplay broker` or check the address"
            )
        if over and self.is_silent(now):
            raise BrokerUnreachableError(
                f"the broker at {self._endpoint} has been silent for {silent:.0f} s; "
                "start it again with `netplay broker`"
            )
        return over


def ask_until(
    presence: Presence,
    word: Callable[[], LobbyMessage],
    understand: Callable[[LobbyMessage], T | None],
    *,
    timeout: float | None,
    too_late: Callable[[], NetplayError],
    should_stop: Callable[[], bool],
    on_silence: Callable[[], None] = lambda: None,
) -> T | None:
    """Say `word()` again and again until `understand` makes something of an answer.

    Returns None if `should_stop()`. Raises: BrokerUnreachableError; MatchRefusedError if the broker is of
    another version; `too_late()` when so many seconds have passed; what `understand` raises.
    """
    contact = Contact(presence.endpoint, timeout, time.monotonic())
    while not should_stop():
        now = time.monotonic()
        match presence.poll(now, word, ASK_INTERVAL):
            case OtherVersion() as other:
                raise MatchRefusedError(other.advice)
            case Waiting() | Matched() | Refused() | Watching() | Matches() as answer:
                contact.heard(now)
                found = understand(answer)
                if found is not None:
                    return found
        if contact.timed_out(now):
            raise too_late()
        if contact.is_silent(now):
            on_silence()
        time.sleep(STEP)
    return None
