"""Colours, sizes and text: one look for everything on the screen."""

from __future__ import annotations

import re
from typing import Final

import pygame

Colour = tuple[int, int, int]

BACKGROUND: Final = (16, 18, 23)
PANEL: Final = (24, 27, 34)
LINE: Final = (46, 51, 62)
TEXT: Final = (232, 235, 241)
MUTED: Final = (134, 143, 159)
CAP: Final = (58, 64, 77)  # the face of a key
CAP_EDGE: Final = (84, 92, 108)
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
HUGE: Final = 48

_TEXTS_KEPT = 512  # rendered lines; all are dropped when full, numbers come and go
_FINER = 3  # letters are set so many times larger and then made smaller: evenly spaced, and smooth
_ARROWS: Final = {"←": (-1, 0), "→": (1, 0), "↑": (0, -1), "↓": (0, 1)}  # pygame's own font has none


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
            self._texts[key] = self._set(text, size, colour)
        return self._texts[key]

    def _set(self, text: str, size: int, colour: Colour) -> pygame.Surface:
        """Arrows are drawn, letters come from the font."""
        parts = [
            _arrow(_ARROWS[part], size, colour) if part in _ARROWS else self._letters(part, size, colour)
            for part in re.split("([←→↑↓])", text)
            if part or not text
        ]
        if len(parts) == 1:
            return parts[0]
        height = max(part.get_height() for part in parts)
        line = pygame.Surface((sum(part.get_width() for part in parts), height), pygame.SRCALPHA)
        x = 0
        for part in parts:
            line.blit(part, (x, (height - part.get_height()) // 2))
            x += part.get_width()
        return line

    def _letters(self, text: str, size: int, colour: Colour) -> pygame.Surface:
        if size not in self._fonts:
            self._fonts[size] = pygame.font.Font(None, round(size * 1.25 * _FINER))
        fine = self._fonts[size].render(text, True, colour)
        width, height = fine.get_size()
        if width < _FINER or height < _FINER:  # no letters: nothing that could be scaled
            return pygame.Surface((0, size), pygame.SRCALPHA)
        return pygame.transform.smoothscale(fine, (width // _FINER, height // _FINER))

    def fit(self, text: str, size: int, width: int) -> str:
        """As much of the text as `width` pixels have room for."""
        shown = text
        while len(text) > 1 and self.render(shown, size, TEXT).get_width() > width:
            text = text[:-1]
            shown = f"{text.rstrip()}..."
        return shown

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


def _arrow(way: tuple[int, int], size: int, colour: Colour) -> pygame.Surface:
    """A head and a shaft, in a square as high as a letter."""
    x, y = way
    side = size * _FINER
    middle, reach, half = side / 2, side * 0.42, side * 0.3
    fine = pygame.Surface((side, side), pygame.SRCALPHA)
    fine.fill((*colour, 0))
    tip = (middle + x * reach, middle + y * reach)
    neck = (middle + x * reach * 0.15, middle + y * reach * 0.15)
    wings = [(neck[0] + sign * y * half, neck[1] + sign * x * half) for sign in (-1, 1)]
    pygame.draw.polygon(fine, colour, [tip, *wings])
    tail = (middle - x * reach, middle - y * reach)
    pygame.draw.line(fine, colour, tail, neck, max(2, side // 7))
    return pygame.transform.smoothscale(fine, (size, size))
