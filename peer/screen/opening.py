"""Is there a display, and a window on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from netcode.errors import NetplayError
from peer.screen.screen import NoScreen, Screen

_NO_DISPLAY_DRIVERS = ("dummy", "offscreen")


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
