"""What a snapshot leaves out, all of it, and why that is safe. What else it cannot remember ends guessing.

*Presentation* shows, sounds or logs the game, and no game reads it back: neither put back nor digested.
*Constants* are made before the game, by others, and are the same for each peer.
"""

from __future__ import annotations

import logging
from typing import Final

import numpy as np

from peer.simulation.source_lines import type_name

CONSTANTS: Final = frozenset({"gymnasium.envs.registration.EnvSpec", "pettingzoo.env_registry.spec.EnvSpec"})

# Bounds and shapes of Gymnasium's spaces: often as large as a picture.
CONSTANTS_OF_SPACES: Final = frozenset(
    {"low", "high", "low_repr", "high_repr", "bounded_below", "bounded_above", "nvec", "_shape", "dtype"}
)

_LOGS: Final = (logging.Logger, logging.Handler)


def _all(package: str, *names: str) -> tuple[str, ...]:
    return tuple([f"{package}.{name}" for name in names])


# By how the full name of their class begins. pygame's rects, vectors, masks and events are state.
_PRESENTATION: Final = (
    *_all("pygame", "surface.", "Surface", "pixelarray.", "bufferproxy.", "font.", "ftfont.", "freetype."),
    *_all("pygame", "_freetype.", "time.Clock", "mixer.", "joystick.", "cursors.", "display.", "window."),
    *_all("pygame", "_sdl2.", "_render."),
    *_all("pyglet", "window.", "display.", "canvas.", "app.", "gl.", "graphics.", "image.", "text.", "font."),
    *_all("pyglet", "media.", "resource."),
    *("matplotlib.", "PIL.", "OpenGL.", "glfw.", "moviepy.", "rich.", "tkinter.", "cv2.VideoWriter"),
    *_all("imageio", "v2.LegacyWriter", "core.format.Format.Writer"),
    *_all("mujoco", "_structs.Mjv", "_render.", "gl_context.", "renderer."),
    "gymnasium.envs.mujoco.mujoco_rendering.",
)
_STATE_ALL_THE_SAME: Final = _all("tkinter", "Variable", "StringVar", "IntVar", "DoubleVar", "BooleanVar")


def is_presentation(cls: type, made_of: type) -> bool:
    """made_of: the base that says how its memory is laid out: the game's own kind of Surface is a Surface."""
    if issubclass(cls, _LOGS):
        return True
    if issubclass(cls, np.ndarray):  # imageio's pictures
        return False
    names = (type_name(cls), type_name(made_of))
    return any(name.startswith(_PRESENTATION) and not name.startswith(_STATE_ALL_THE_SAME) for name in names)
