"""Is there a display? And SDL told so, before anybody asks it: it would try all there are, and complain."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Final

UNSEEN: Final = ("dummy", "offscreen")  # SDL's drivers that show nothing
_DRIVER: Final = "SDL_VIDEODRIVER"


def headless(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Is there no display to open a window on?"""
    if environ.get(_DRIVER) in UNSEEN:
        return True
    if platform in ("win32", "darwin"):
        return False
    return not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def choose_driver(environ: MutableMapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """Without a display the one that shows nothing; with one, that one and no other in its place.

    A driver that is named already stays.
    """
    if platform in ("win32", "darwin") or environ.get(_DRIVER):
        return
    x11, wayland = environ.get("DISPLAY"), environ.get("WAYLAND_DISPLAY")
    if not x11 and not wayland:
        environ[_DRIVER] = "offscreen"
    elif not (x11 and wayland):
        environ[_DRIVER] = "x11" if x11 else "wayland"
