"""Is there a display, and a window on it."""

from __future__ import annotations

import os
from typing import Any, Final

from netcode.errors import NetplayError
from peer.displays import UNSEEN, headless
from peer.screen.screen import Screen

_WHERE: Final = "the display that DISPLAY or WAYLAND_DISPLAY names"
_WITHOUT: Final = "unset DISPLAY to play without one"


def open_screen(title: str, place: tuple[int, int] = (0, 1)) -> Screen:
    """A window, or Screen without a display. `place` (k, n): the k-th of n windows on this desktop.

    Raises: NetplayError if there is a display but no way to draw on it.
    """
    if headless():
        return Screen()
    pygame = _pygame()
    from peer.screen.window import Window

    try:
        window = Window(title, place)
    except pygame.error as error:
        raise NetplayError(f"cannot open a window: {error}; {_WITHOUT}") from None
    if pygame.display.get_driver() in UNSEEN:  # the environment was there first, and no display answered it
        window.close()
        raise NetplayError(f"cannot open a window: {_WHERE} does not answer; {_WITHOUT}")
    return window


def check_display() -> None:
    """Before several processes find it out, each for itself.

    Raises: NetplayError if there is no drawing on the display.
    """
    pygame = _pygame()
    try:
        pygame.display.init()
        unseen = pygame.display.get_driver() in UNSEEN
    except pygame.error:
        unseen = True
    finally:
        pygame.display.quit()
    if unseen:
        raise NetplayError(f"cannot open windows: {_WHERE} does not answer; {_WITHOUT}")


def _pygame() -> Any:
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError:
        raise NetplayError("the window needs pygame-ce; run: pip install 'netplay[window]'") from None
    if getattr(pygame, "Window", None) is None:
        raise NetplayError(
            "pygame hides pygame-ce here; run: pip uninstall pygame && pip install -U pygame-ce"
        )
    return pygame
