"""How long replaying would take, by what replaying has cost here so far."""

from __future__ import annotations

from math import inf
from typing import Final

LONGEST_REPLAY_S: Final = 3.0  # beyond that who comes late would rather be sent a state
MEASURED_S: Final = 0.25  # of replaying, before anything is said of it
_REMEMBERED_S: Final = 2.0  # older costs count ever less: the game may have become busier


class ReplayCost:
    """Looked at once a tick. Only ticks that begin with frames at hand count: waiting is no cost."""

    def __init__(self) -> None:
        self._frames = 0
        self._seconds = 0.0
        self._busy_since: float | None = None
        self._frame = 0

    def look(self, frame: int, busy: bool, now: float) -> None:
        """`frame`: the next to be played; `busy`: is there a tick's work at hand?"""
        if self._busy_since is not None and frame > self._frame:
            self._frames += frame - self._frame
            self._seconds += now - self._busy_since
            if self._seconds > _REMEMBERED_S:
                self._frames, self._seconds = self._frames // 2, self._seconds / 2
        self._busy_since, self._frame = (now if busy else None), frame

    def skip_to(self, frame: int) -> None:
        """Frames below were not replayed, but skipped."""
        self._frame, self._busy_since = frame, None

    def is_too_long(self, frames: int, fps: float) -> bool:
        """Would it take too long to replay `frames`, and all that the others play meanwhile?"""
        return self._seconds >= MEASURED_S and replay_s(frames, self._step_s, fps) > LONGEST_REPLAY_S

    @property
    def _step_s(self) -> float:
        return self._seconds / max(self._frames, 1)


def replay_s(frames: int, step_s: float, fps: float) -> float:
    """Seconds until `frames` are replayed and all that the others play meanwhile; inf if they are faster."""
    spare = 1.0 - step_s * fps
    return frames * step_s / spare if spare > 0.0 else inf
