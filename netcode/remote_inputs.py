"""A remote's inputs as far as we hold them: checked whole before any is taken, then fed to its timelines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from netcode.errors import RemoteProtocolError
from netcode.timeline import Timeline

HEARD_BYTES: Final = (
    4096  # of the remote's newest inputs; what is repeated from before is compared one by one
)


class RemoteInputs:
    """All slots of the remote side by side: `stride` bytes a frame."""

    def __init__(
        self,
        slots: Sequence[int],
        timelines: Sequence[Timeline],
        sizes: Sequence[int],
        is_valid_input: Callable[[int, bytes], bool],
    ) -> None:
        """`timelines` and `sizes` (bytes) are those of `slots`."""
        self.stride = sum(sizes)
        self.frames_taken = 0
        self._timelines = tuple(timelines)
        self._slot_sizes = tuple(zip(slots, sizes, strict=True))
        self._is_valid_input = is_valid_input
        self._heard = bytearray()  # the newest inputs taken, side by side, from frame _heard_first on
        self._heard_first = 0
        self._end: int | None = None  # once a substitute plays on: the remote's inputs are of frames below

    @property
    def held(self) -> int:
        """We hold the inputs of all frames below."""
        return self._timelines[0].confirmed if self._end is None else self._end

    @property
    def end(self) -> int | None:
        """Somebody else goes on from this frame, if anybody does."""
        return self._end

    def end_before(self, frame: int) -> None:
        """Somebody else goes on from `frame`."""
        self._end = frame

    def read(self, first: int, inputs: bytes, limit: int) -> bytes:
        """What is new, side by side, in order of frame; checks that what is repeated was not changed.

        `limit`: no honest input is of this frame or a later one. Raises: RemoteProtocolError.
        """
        held, stride = self.held, self.stride
        count, rest = divmod(len(inputs), stride)
        if rest:
            raise RemoteProtocolError(f"inputs of {len(inputs)} bytes, {stride} a frame")
        if first > held:
            raise RemoteProtocolError("a gap in the inputs")
        if count and first + count > limit:
            raise RemoteProtocolError("inputs further ahead than the window allows")
        repeated = min((held - first) * stride, len(inputs))
        if repeated:
            self._check_repeated(first, inputs[:repeated])
        news = inputs[repeated:]
        start = 0
        while start < len(news):
            for slot, size in self._slot_sizes:
                if not self._is_valid_input(slot, news[start : start + size]):
                    raise RemoteProtocolError("not an action of this slot")
                start += size
        return news

    def take(self, news: bytes) -> None:
        """What `read` has found new."""
        if not news:
            return
        stride, held = self.stride, self.held
        if self._heard_first * stride + len(self._heard) != held * stride or len(self._heard) > HEARD_BYTES:
            self._heard_first, self._heard = held, bytearray()
        self._heard += news
        start = 0
        while start < len(news):
            for timeline, (_, size) in zip(self._timelines, self._slot_sizes, strict=True):
                timeline.confirm(news[start : start + size])
                start += size
        self.frames_taken += len(news) // stride

    def since(self, first: int) -> bytes:
        """All that we hold from frame `first` on, to be handed over."""
        frames = range(first, self.held)
        return b"".join(timeline.inputs[frame] for frame in frames for timeline in self._timelines)

    def _check_repeated(self, first: int, inputs: bytes) -> None:
        """A packet repeats what is not acked yet. Mostly that is the end of what we took: one comparison."""
        start = (first - self._heard_first) * self.stride
        if start >= 0 and self._heard.startswith(inputs, start):
            return
        start = 0
        for frame in range(first, first + len(inputs) // self.stride):
            for timeline, (_, size) in zip(self._timelines, self._slot_sizes, strict=True):
                timeline.confirm_again(frame, inputs[start : start + size])
                start += size
