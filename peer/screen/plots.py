"""The overlay behind F1: how the last seconds went."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import pygame

from peer.screen.look import AMBER, GAP, LINE, MUTED, PANEL, RED, SLOTS, SMALL, TEXT, Colour, Writer
from peer.screen.screen import Hud

SAMPLES = 240  # frames kept: one a pixel column
_PLOT_HEIGHT = 6 * GAP
_PANEL_SIZE = (SAMPLES + 4 * GAP, 3 * (_PLOT_HEIGHT + 4 * GAP) + GAP)


class Plots:
    """Rollback depth, frame time and ping of the last SAMPLES frames."""

    def __init__(self) -> None:
        self._depth: deque[float] = deque(maxlen=SAMPLES)
        self._frame_ms: deque[float] = deque(maxlen=SAMPLES)
        self._ping: deque[float] = deque(maxlen=SAMPLES)
        self._panel: pygame.Surface | None = None

    def add(self, hud: Hud) -> None:
        self._depth.append(hud.rollback_depth)
        self._frame_ms.append(hud.frame_ms)
        self._ping.append(hud.ping_ms or 0.0)

    def draw(self, target: pygame.Surface, hud: Hud, writer: Writer, corner: tuple[int, int]) -> None:
        if self._panel is None:
            self._panel = pygame.Surface(_PANEL_SIZE)
            self._panel.set_alpha(225)
        panel = self._panel
        panel.fill(PANEL)
        top = 2 * GAP
        budget = hud.frame_budget_ms
        ping = "-" if hud.ping_ms is None else f"{hud.ping_ms:.0f} ms"
        rows: list[tuple[str, str, deque[float], float, Colour, float]] = [
            ("Rollback depth", f"{hud.rollback_depth} frames", self._depth, 8, AMBER, 0),
            ("Frame work", f"{hud.frame_ms:.1f} ms", self._frame_ms, max(budget * 1.25, 4), SLOTS[0], budget),
            ("Ping", ping, self._ping, 40, SLOTS[6], 0),
        ]
        for title, value, samples, least, colour, mark in rows:
            writer.write(panel, title, (2 * GAP, top), SMALL, MUTED)
            writer.write(panel, value, (_PANEL_SIZE[0] - 2 * GAP, top), SMALL, TEXT, align=1)
            box = pygame.Rect(2 * GAP, top + 2 * GAP, SAMPLES, _PLOT_HEIGHT)
            _plot(panel, box, samples, max(least, *samples), colour, mark)
            top = box.bottom + 2 * GAP
        target.blit(panel, corner)


def _plot(
    panel: pygame.Surface,
    box: pygame.Rect,
    samples: Iterable[float],
    highest: float,
    colour: Colour,
    mark: float,
) -> None:
    """One column a sample, newest at the right; `mark` draws the line that must not be passed."""
    heights = [round(value / highest * (box.height - 1)) for value in samples]
    left = box.right - len(heights)
    for index, height in enumerate(heights):
        if height > 0:
            x = left + index
            pygame.draw.line(panel, colour, (x, box.bottom - 1), (x, box.bottom - height))
    pygame.draw.line(panel, LINE, box.bottomleft, box.bottomright)
    if 0 < mark <= highest:
        y = box.bottom - round(mark / highest * (box.height - 1))
        for x in range(box.left, box.right, 6):
            pygame.draw.line(panel, RED, (x, y), (x + 2, y))
