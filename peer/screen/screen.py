"""What a peer shows its player; without a display, nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from netcode.errors import NetplayError

Picture = NDArray[np.uint8]  # height x width x 3, RGB

_NO_DISPLAY_DRIVERS = ("dummy", "offscreen")


@dataclass(frozen=True, slots=True)
class Hud:
    """The figures beside the picture. Times in milliseconds, delays and depths in frames."""

    name: str
    slot: int
    frame: int = 0
    frames: int = 0  # of the whole match; 0: until somebody leaves
    ping_ms: float | None = None  # None: not measured yet
    rollbacks: int = 0
    input_delay: int = 0
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

    def draw(self, picture: Picture | None, hud: Hud) -> None: ...

    def show_end(self, verdict: str, good: bool, seconds: float = 2.5) -> None: ...

    def close(self) -> None: ...


def headless(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Is there no display to open a window on?"""
    if environ.get("SDL_VIDEODRIVER") in _NO_DISPLAY_DRIVERS:
        return True
    if platform in ("win32", "darwin"):
        return False
    return not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_screen(title: str, place: tuple[int, int] = (0, 1)) -> Screen:
    """A window, or NoScreen without a display. `place` (k, n): the k-th of n windows on this desktop.

    Raises: NetplayError if there is a display but no way to draw on it.
    """
    if headless():
        return NoScreen()
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError:
        raise NetplayError("the window needs pygame-ce; run: pip install 'netplay[window]'") from None
    window_class: Any = getattr(pygame, "Window", None)
    if window_class is None:
        raise NetplayError(
            "pygame hides pygame-ce here; run: pip uninstall pygame && pip install -U pygame-ce"
        )
    from peer.screen.window import Window

    try:
        return Window(title, place)
    except pygame.error as error:
        raise NetplayError(f"cannot open a window: {error}; unset DISPLAY to play without one") from None
