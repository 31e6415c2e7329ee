"""What a peer shows its player; without a display, nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

WATCHING: Final = -1  # the slot of a spectator
Picture = NDArray[np.uint8]  # height x width x 3, RGB


@dataclass(frozen=True, slots=True)
class Hud:
    """The figures beside the picture. Times in milliseconds, delays and depths in frames."""

    name: str
    slot: int  # or WATCHING
    frame: int = 0
    frames: int = 0  # of the whole match; 0: until somebody leaves
    ping_ms: float | None = None  # None: not measured yet
    input_age_ms: float | None = None  # likewise
    rollbacks: int = 0
    input_delay: int = 0
    input_delay_auto: bool = False
    rollback_depth: int = 0  # in this frame
    frame_ms: float = 0.0  # work of this frame
    frame_budget_ms: float = 0.0  # what it may take; 0: no mark
    waiting_for: str = ""  # the name of whom this peer waits for
    legend: str = ""  # the keys of this player


class Screen(Protocol):
    """A window, or none. All calls come from the main thread; each costs little and never waits."""

    @property
    def visible(self) -> bool:
        """Is it worth rendering the environment?"""
        ...

    def poll(self) -> bool:
        """Handle the window's events, at least a few times a second. False: the player closed it."""
        ...

    def pressed_keys(self) -> tuple[int, ...]:
        """pygame numbers of the keys that count for a frame, oldest first; asked once a frame.

        A key that was only tapped since the last call counts once.
        """
        ...

    def delay_steps(self) -> int:
        """By how many frames the player wants the input delay longer (or shorter) since the last call."""
        ...

    def draw(self, picture: Picture | None, hud: Hud) -> None:
        """Show a frame; None while there is no picture yet."""
        ...

    def show_end(self, verdict: str, good: bool, seconds: float = 2.5) -> None:
        """Show how it ended, and wait until the player closes it or the time is over."""
        ...

    def close(self) -> None: ...


class NoScreen:
    """Shows nothing and takes no keys."""

    visible = False

    def poll(self) -> bool:
        return True

    def pressed_keys(self) -> tuple[int, ...]:
        return ()

    def delay_steps(self) -> int:
        return 0

    def draw(self, picture: Picture | None, hud: Hud) -> None: ...

    def show_end(self, verdict: str, good: bool, seconds: float = 2.5) -> None: ...

    def close(self) -> None: ...
