"""This peer's own inputs, kept until every remote holds them (law 5: nothing is lost).

Every frame has exactly one input, whatever the input delay is and was. The rule, at frame f with delay d:
the players are sampled for frame f + d. If frames before it have no input yet (the delay was raised), the
last input is repeated in them. If frame f + d has one already (the delay was lowered), nobody is sampled
until the present has come so far. The last frame of the match stands for all later ones.
"""

from __future__ import annotations

from netcode.limits import CHANGES_IN_FLIGHT, OWN_INPUTS_BYTES
from netcode.wire.packets import RosterChange


class OwnInputs:
    """All local slots' inputs of a frame stand side by side: `stride` bytes a frame, in one buffer.

    One buffer, because a packet then carries all unacked inputs as a single slice.
    """

    __slots__ = ("_changes", "_data", "_most", "count", "oldest", "stride")

    def __init__(self, stride: int, delay: int) -> None:
        """Frames below `delay` are agreed by all and never sent."""
        self.stride = stride
        self._most = max(1, OWN_INPUTS_BYTES // stride)  # frames in one packet
        self.count = delay  # frames below have an input
        self.oldest = delay  # frames from here on are kept
        self._data = bytearray()
        self._changes: list[RosterChange] = []

    def begin_at(self, frame: int) -> None:
        """A guest takes its slot: our first input is that of `frame`."""
        self.count = self.oldest = frame

    def target(self, frame: int, delay: int, end: int) -> int | None:
        """For which frame the players are sampled at frame `frame`, by the rule; None: not now.

        `end`: frames from there on are not part of the match; 0: it has no end. What lies between `count` and
        the target is to be filled with the last input.
        """
        target = frame + delay
        if end:
            target = min(target, end - 1)
        return target if target >= self.count else None

    def append(self, inputs: bytes) -> None:
        """`inputs` (stride bytes) are those of frame `count`."""
        self._data += inputs
        self.count += 1

    def since(self, frame: int) -> bytes:
        """Inputs of frames `frame`..`count`-1, side by side: the oldest, as far as they fit a packet."""
        start = (frame - self.oldest) * self.stride
        return bytes(self._data[start : start + self._most * self.stride])

    def announce(self, change: RosterChange) -> None:
        """A roster change goes with the next input.

        A queue: who would announce one more than CHANGES_IN_FLIGHT waits, see `may_announce`.
        """
        self._changes.append(change)

    @property
    def may_announce(self) -> bool:
        return len(self._changes) < CHANGES_IN_FLIGHT

    def changes_since(self, frame: int) -> tuple[RosterChange, ...]:
        """What was announced beside the inputs that `since` gives."""
        if not self._changes:
            return ()
        end = min(self.count, frame + self._most)
        return tuple([change for change in self._changes if frame <= change.at < end])

    def forget_before(self, frame: int) -> None:
        """Every remote holds the inputs of all frames below `frame`."""
        if frame > self.oldest:
            del self._data[: (frame - self.oldest) * self.stride]
            self.oldest = frame
            if self._changes:
                self._changes = [change for change in self._changes if change.at >= frame]
