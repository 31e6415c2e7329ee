"""The snapshot ring: the state before each of the newest frames."""

from __future__ import annotations

from netcode.errors import LocalProtocolError
from netcode.simulation import Snapshot


class SnapshotRing:
    """Holds `capacity` snapshots at most; saving frame f lets go of frame f - capacity."""

    __slots__ = ("_capacity", "_frames", "_restorable", "_snapshots")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._frames = [-1] * capacity
        self._restorable = [True] * capacity
        self._snapshots: list[Snapshot] = [None] * capacity

    def save(self, frame: int, snapshot: Snapshot, restorable: bool = True) -> None:
        """`snapshot` is the state before `frame` was played; it may be of use for digests alone."""
        place = frame % self._capacity
        self._frames[place] = frame
        self._restorable[place] = restorable
        self._snapshots[place] = snapshot

    def before(self, frame: int) -> Snapshot:
        """The state before `frame` was played.

        Raises: LocalProtocolError if the ring does not hold it (any more).
        """
        place = frame % self._capacity
        if self._frames[place] != frame:
            raise LocalProtocolError(f"no snapshot before frame {frame}")
        return self._snapshots[place]

    def newest_until(self, frame: int) -> int | None:
        """The newest frame not after `frame` whose snapshot is here, and can be restored."""
        frames, capacity = self._frames, self._capacity
        for held in range(frame, max(frame - capacity, -1), -1):
            if frames[held % capacity] == held and self._restorable[held % capacity]:
                return held
        return None

    def forget(self, frames: range) -> None:
        """Those of `frames` are of a past that was not so."""
        held, capacity = self._frames, self._capacity
        for frame in frames:
            if held[frame % capacity] == frame:
                held[frame % capacity] = -1

    def holds(self, frame: int) -> bool:
        """Is the state before `frame` in the ring?"""
        return self._frames[frame % self._capacity] == frame
