"""One slot's inputs, frame by frame: what is confirmed, what was predicted, what was really used.

A frame's input is *confirmed* once its author has said it; until then it is predicted. What the
simulation was given is remembered as *used*, so that a misprediction is found by comparison and
cannot be forgotten: it stays visible until the frame has been replayed with the truth (law 2).
"""

from __future__ import annotations

from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.prediction import Predictor


class Timeline:
    """Confirmed inputs are contiguous: exactly the frames below `confirmed`."""

    __slots__ = (
        "_checked",
        "_guessed",
        "_newest",
        "_oldest",
        "_predict",
        "_predictor",
        "_substitute",
        "_used",
        "confirmed",
        "inputs",
        "mispredictions",
    )

    def __init__(self, default: bytes, delay: int, predictor: Predictor) -> None:
        """Frames 0..delay-1 hold `default` on every peer (law 7)."""
        self.confirmed = 0
        self.mispredictions = 0  # frames that were played with a wrong prediction when they were new
        self._predictor, self._predict = predictor, predictor.predict
        self._substitute: bytes | None = None  # plays for the author, who is gone
        self._newest = default  # the last confirmed input
        self.inputs: dict[int, bytes] = {}  # the true ones, of confirmed frames that are still kept
        self._oldest = 0  # first frame still kept in `inputs`
        self._used: dict[int, bytes] = {}  # only of frames not yet found equal to the confirmed input
        self._guessed: dict[int, bytes] = {}  # of the same frames, the first prediction: what was seen
        self._checked = 0  # frames below were used exactly as confirmed
        for _ in range(delay):
            self.confirm(default)

    def confirm(self, data: bytes) -> None:
        """`data` is the true input of frame `confirmed`."""
        self.inputs[self.confirmed] = data
        self._newest = data
        self._predictor.learn(data)
        self.confirmed += 1

    def confirm_again(self, frame: int, data: bytes) -> None:
        """The author repeated a confirmed input.

        Raises: RemoteProtocolError if it is not what was said before.
        """
        if self.inputs.get(frame, data) != data:
            raise RemoteProtocolError(f"input of frame {frame} changed after it was sent")

    def use(self, frame: int) -> bytes:
        """The best known input of `frame`, remembered as the one really used there."""
        if frame >= self.confirmed:
            data = self._predict(frame - self.confirmed + 1)
            self._guessed.setdefault(frame, data)
            self._used[frame] = data
            return data
        data = self.inputs[frame]
        if frame == self._checked:  # the next one in question, and played with the truth
            self._checked = frame + 1
            if self._used:
                self._used.pop(frame, None)
                if self._guessed.pop(frame, data) != data:
                    self.mispredictions += 1
        elif frame > self._checked:
            self._used[frame] = data
        return data

    def use_all(self, first: int, end: int) -> list[bytes]:
        """`use` of the frames first..end-1, in order: one call, for a rollback asks for many."""
        look = self.inputs.__getitem__ if self._checked >= end else self.use
        return list(map(look, range(first, end)))

    def take_back(self, frame: int) -> None:
        """Frames from `frame` on count as never played."""
        self._checked = min(self._checked, frame)
        for played in [played for played in self._used if played >= frame]:
            del self._used[played]
            self._guessed.pop(played, None)

    def first_misprediction(self) -> int | None:
        """The earliest frame whose confirmed input differs from the one used, or None.

        Asking again gives the same answer until that frame has been replayed.
        """
        used, frame = self._used, self._checked
        if not used:
            return None
        while frame < self.confirmed and frame in used:
            if used[frame] != self.inputs[frame]:
                self._checked = frame
                return frame
            if self._guessed.pop(frame, used[frame]) != used[frame]:
                self.mispredictions += 1
            del used[frame]
            frame += 1
        self._checked = frame
        return None

    def play_on(self, substitute: bytes | None) -> None:
        """The author is gone: `substitute`, or its last input if None, is expected in every later frame."""
        self._substitute = said = self._newest if substitute is None else substitute
        self._predict = lambda ahead: said

    def extend(self, end: int) -> None:
        """The substitute's input is the true one of every frame below `end`."""
        assert self._substitute is not None
        while self.confirmed < end:
            self.confirm(self._substitute)

    def hand_back(self) -> None:
        """An author plays again, from frame `confirmed` on."""
        self._substitute, self._predict = None, self._predictor.predict

    def skip_to(self, frame: int) -> None:
        """Frames below are never played here; all of them are confirmed."""
        self._used.clear()
        self._guessed.clear()
        self._checked = frame

    def forget_before(self, frame: int) -> None:
        """Drop confirmed inputs of frames below `frame`.

        Raises: LocalProtocolError if one of them was not yet played as confirmed.
        """
        if frame > self._checked:
            self.first_misprediction()
        if frame > self._checked:
            raise LocalProtocolError(f"frame {frame} was never played with its confirmed input")
        for old in range(self._oldest, frame):
            del self.inputs[old]
        self._oldest = max(self._oldest, frame)
