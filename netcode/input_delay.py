"""This peer's own input delay: what it is, why, and when it changed.

A longer delay lets our inputs reach the others before they are needed: fewer rollbacks there, and a later
answer to our own keys here. Each peer has its own, and may change it at any time: see `netcode.own_inputs`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

from netcode.auto_delay import AutoDelay
from netcode.clock import RoundTrip
from netcode.errors import ConfigError
from netcode.events import InputDelayChanged
from netcode.limits import MAX_INPUT_DELAY

Delay = int | Literal["auto"]
CHANGES_KEPT: Final = 64  # for the report; the oldest falls out


class InputDelay:
    """Starts as the match's default."""

    def __init__(self, frames: int, fps: float, window: int) -> None:
        self.frames = frames
        self.changes: deque[InputDelayChanged] = deque(maxlen=CHANGES_KEPT)
        self._auto: AutoDelay | None = None
        self._fps, self._window = fps, window

    @property
    def automatic(self) -> bool:
        """Does it follow what is measured?"""
        return self._auto is not None

    def set(self, delay: Delay, frame: int) -> list[InputDelayChanged]:
        """From `frame` on.

        Raises: ConfigError
        """
        if delay == "auto":
            self._auto = self._auto or AutoDelay(self._fps, self._window)
            return []
        if not 0 <= delay <= MAX_INPUT_DELAY:
            raise ConfigError(f"input_delay = {delay}: 0 to {MAX_INPUT_DELAY} frames, or auto, are allowed")
        self._auto = None
        return self._change(delay, frame)

    def follow(self, links: Sequence[RoundTrip], frame: int, now: float) -> list[InputDelayChanged]:
        """Once a tick: if automatic, look at what is measured."""
        if self._auto is None:
            return []
        return self._change(self._auto.look(self.frames, links, now), frame)

    def _change(self, delay: int, frame: int) -> list[InputDelayChanged]:
        if delay == self.frames:
            return []
        change = InputDelayChanged(frame, self.frames, delay, self.automatic)
        self.frames = delay
        self.changes.append(change)
        return [change]
