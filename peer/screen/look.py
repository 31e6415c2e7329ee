"""Colours, sizes and text: one look for everything on the screen."""

from __future__ import annotations

from typing import Final

import pygame

Colour = tuple[int, int, int]

BACKGROUND: Final = (16, 18, 23)
PANEL: Final = (24, 27, 34)
LINE: Final = (46, 51, 62)
TEXT: Final = (232, 235, 241)
MUTED: Final = (134, 143, 159)
AMBER: Final = (240, 183, 92)
GREEN: Final = (124, 199, 134)
RED: Final = (232, 104, 104)
SLOTS: Final[tuple[Colour, ...]] = (
    (94, 170, 232),
    (242, 158, 92),
    (124, 199, 134),
    (214, 128, 190),
    (236, 208, 104),
    (148, 140, 236),
    (96, 204, 200),
    (232, 112, 112),
)

GAP: Final = 8  # every distance is a multiple of it
BAR_HEIGHT: Final = 7 * GAP
SMALL: Final = 12
NORMAL: Final = 17
LARGE: Final = 26

_TEXTS_KEPT = 256  # rendered lines; all are dropped when full, numbers come and go


class Writer:
    """Renders lines of text, and keeps them while they are likely to be shown again."""

    def __init__(self) -> None:
        pygame.font.init()
        self._fonts: dict[int, pygame.font.Font] = {}
        self._texts: dict[tuple[str, int, Colour], pygame.Surface] = {}

    def render(self, text: str, size: int, colour: Colour) -> pygame.Surface:
        key = (text, size, colour)
        if key not in self._texts:
            if len(self._texts) >= _TEXTS_KEPT:
                self._texts.clear()
            if size not in self._fonts:
                self._fonts[size] = pygame.font.Font(None, round(size * 1.3))
            self._texts[key] = self._fonts[size].render(text, True, colour)
        return self._texts[key]

    def write(
        self,
        target: pygame.Surface,
        text: str,
        at: tuple[int, int],
        size: int = NORMAL,
        colour: Colour = TEXT,
        *,
        align: float = 0.0,
    ) -> int:
        """Write a line with its top at `at`: left, or middle or right by `align`. Its width."""
        surface = self.render(text, size, colour)
        target.blit(surface, (at[0] - round(surface.get_width() * align), at[1]))
        return surface.get_width()
