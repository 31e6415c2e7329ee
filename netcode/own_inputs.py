"""This peer's own inputs, kept until every remote holds them (law 5: nothing is lost)."""

from __future__ import annotations


class OwnInputs:
    """All local slots' inputs of a frame stand side by side: `stride` bytes a frame, in one buffer.

    One buffer, because a packet then carries all unacked inputs as a single slice.
    """

    __slots__ = ("_data", "_oldest", "count", "stride")

    def __init__(self, stride: int, delay: int) -> None:
        """Frames below `delay` are agreed by all and never sent."""
        self.stride = stride
        self.count = delay  # frames below have an input
        self._oldest = delay
        self._data = bytearray()

    def append(self, inputs: bytes) -> None:
        """`inputs` (stride bytes) are those of frame `count`."""
        self._data += inputs
        self.count += 1

    def since(self, frame: int) -> bytes:
        """Inputs of frames `frame`..`count`-1, side by side."""
        return bytes(self._data[(frame - self._oldest) * self.stride :])

    def forget_before(self, frame: int) -> None:
        """Every remote holds the inputs of all frames below `frame`."""
        if frame > self._oldest:
            del self._data[: (frame - self._oldest) * self.stride]
            self._oldest = frame
