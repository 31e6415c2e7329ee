"""Pictures that were made in play, as pixels: a sprite born after the beginning has one nobody else has."""

from __future__ import annotations

import sys
from typing import Any, Final

from netcode.errors import RemoteProtocolError

MOST_PIXELS: Final = 256 * 256  # of one picture; sprites are smaller, screens larger


def is_surface(value: Any) -> bool:
    pygame = sys.modules.get("pygame")
    return pygame is not None and type(value) is pygame.Surface


def is_small(surface: Any) -> bool:
    return bool(surface.get_width() * surface.get_height() <= MOST_PIXELS)


def take_pixels(surface: Any) -> list[Any]:
    """Width, height, has alpha per pixel, colour key, overall alpha, pixels by row."""
    import pygame

    width, height = surface.get_size()
    per_pixel = bool(surface.get_flags() & pygame.SRCALPHA)
    colour_key = surface.get_colorkey()
    return [
        width,
        height,
        per_pixel,
        None if colour_key is None else bytes(colour_key),
        surface.get_alpha(),
        pygame.image.tobytes(surface, "RGBA" if per_pixel else "RGB"),
    ]


def make_surface(parts: Any) -> Any:
    """A surface from what take_pixels gave.

    Raises: RemoteProtocolError.
    """
    pygame = sys.modules.get("pygame")
    match parts:
        case [int() as width, int() as height, bool() as per_pixel, key, alpha, bytes() as pixels]:
            sane = 0 <= min(width, height) <= max(width, height) <= MOST_PIXELS
            sane = sane and width * height <= MOST_PIXELS
            sane = sane and len(pixels) == width * height * (4 if per_pixel else 3)
            sane = sane and (key is None or (type(key) is bytes and len(key) == 4))
            sane = sane and (alpha is None or (type(alpha) is int and 0 <= alpha <= 255))
            if sane and pygame is not None:
                surface = pygame.image.frombytes(pixels, (width, height), "RGBA" if per_pixel else "RGB")
                if key is not None:
                    surface.set_colorkey(tuple(key))
                if alpha is not None:
                    surface.set_alpha(alpha)
                return surface
    raise RemoteProtocolError("not a picture")
