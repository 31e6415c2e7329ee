"""Does a broker answer at all, and does it still? One rule for all who wait for one."""

from __future__ import annotations

from typing import Final

from netcode.errors import BrokerUnreachableError

FIRST_CONTACT: Final = 5.0  # seconds without any answer until there is no broker
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
