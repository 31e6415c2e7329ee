"""Which of several ordered connections (lanes) to a remote carries the next packet.

A lost segment blocks its TCP connection until it is sent again. Our packets are cumulative, so a packet
on another lane makes the blocked one unimportant.
"""

from __future__ import annotations

from typing import Protocol


class LanePolicy(Protocol):
    """Chooses lanes for one remote. Pure: sockets stay with the transport."""

    @property
    def lanes(self) -> int:
        """How many connections to keep open."""
        ...

    def next_lane(self) -> int:
        """The lane of the next packet, from 0."""
        ...


class InTurn:
    """Every lane in turn."""

    def __init__(self, lanes: int = 2) -> None:
        self.lanes = lanes
        self._last = -1

    def next_lane(self) -> int:
        self._last = (self._last + 1) % self.lanes
        return self._last
