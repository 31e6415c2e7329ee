"""All confirmed inputs of a match and the digests made of it: enough to play the match again from frame 0.

Spectators and those who come back are fed from it.
"""

from __future__ import annotations

from collections.abc import Iterable

from netcode.episodes import FIRST_EPISODE
from netcode.limits import ARCHIVE_BYTES, DIGEST_BYTES, MAX_FRAME


class Archive:
    """Inputs of all slots side by side, frame by frame, in one buffer; digests likewise.

    Beyond `capacity` frames the oldest are dropped: then nobody can begin at frame 0 any more.
    """

    __slots__ = (
        "_digests",
        "_first_digest",
        "_frames",
        "_inputs",
        "_interval",
        "_last_frame",
        "agreed_digests",
        "capacity",
        "count",
        "digest_count",
        "episode",
        "first",
        "settled",
        "stride",
        "substituted",
    )

    def __init__(
        self, stride: int, digest_interval: int, last_frame: int, max_bytes: int = ARCHIVE_BYTES
    ) -> None:
        """`stride`: bytes of input a frame, of all slots. A digest is due every `digest_interval` frames, and
        after `last_frame` frames (0: no known end)."""
        self.stride = stride
        self.capacity = max_bytes // (stride + -(-DIGEST_BYTES // digest_interval))  # frames
        self.first = 0  # frames below were dropped
        self.count = 0  # frames below have been added
        self.settled = 0  # frames below are final, whoever drops out: these may be told to others
        self.substituted: dict[int, int] = {}  # slot a substitute plays in the last settled frame -> since
        self.episode = FIRST_EPISODE  # the newest that begins with a settled frame, as far as is known
        self.digest_count = 0
        self.agreed_digests = MAX_FRAME  # only so many may be told to others: later ones may be wrong
        self._first_digest = 0
        self._interval = digest_interval
        self._frames = self._last_frame = last_frame
        self._inputs = bytearray()
        self._digests = bytearray()

    def add(self, inputs: bytes) -> None:
        """The inputs (stride bytes) of frame `count`."""
        self._inputs += inputs
        self.count += 1
        if self.count - self.first > self.capacity:
            self._drop_oldest()

    def add_digest(self, digest: bytes) -> None:
        """Digest number `digest_count`."""
        self._digests += digest
        self.digest_count += 1

    def end_after(self, frame: int) -> int:
        """Nothing moves after `frame`: the match ends where a digest is due next. Returns: its frames."""
        end = -(-(frame + 1) // self._interval) * self._interval
        self._last_frame = min(end, self._frames or end)
        return self._last_frame

    def digests_due(self, frame: int) -> int:
        """How many digests there are of frames below `frame` alone."""
        at_end = self._last_frame and frame >= self._last_frame and self._last_frame % self._interval
        return frame // self._interval + bool(at_end)

    def is_digest_frame(self, frame: int) -> bool:
        """Is a digest due of the state before `frame`?"""
        return frame > 0 and self.digests_due(frame) > self.digests_due(frame - 1)

    @property
    def settled_digests(self) -> int:
        """How many of the digests here are of settled frames alone."""
        return min(self.digests_due(self.settled), self.digest_count, self.agreed_digests)

    @property
    def complete(self) -> bool:
        """Are all frames of the match here, and all digests?"""
        last = self._last_frame
        return 0 < last <= self.count and self.digest_count >= self.digests_due(last)

    def frames(self, first: int, end: int) -> bytes:
        """Inputs of frames `first`..`end`-1, side by side; `first` must still be kept."""
        start = (first - self.first) * self.stride
        return bytes(self._inputs[start : (end - self.first) * self.stride])

    def row(self, frame: int, sizes: Iterable[int]) -> tuple[bytes, ...]:
        """The inputs of one frame, by slot; `sizes` (bytes): of each."""
        start, inputs = (frame - self.first) * self.stride, []
        for size in sizes:
            inputs.append(bytes(self._inputs[start : start + size]))
            start += size
        return tuple(inputs)

    def digests(self, first: int, end: int) -> bytes:
        """Digests number `first`..`end`-1, side by side."""
        start = (first - self._first_digest) * DIGEST_BYTES
        return bytes(self._digests[start : (end - self._first_digest) * DIGEST_BYTES])

    def _drop_oldest(self) -> None:
        del self._inputs[: self.stride]
        self.first += 1
        if self.first // self._interval > self._first_digest < self.digest_count:
            del self._digests[:DIGEST_BYTES]
            self._first_digest += 1
