"""The figures behind F1: the frames around the present, and how the last seconds went."""

from __future__ import annotations

from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from peer.screen.look import AMBER, GAP, GREEN, LINE, MUTED, PANEL, RED, SLOTS, SMALL, TEXT, Colour, Writer
from peer.screen.screen import Hud

SAMPLES: Final = 240  # frames kept: one a pixel column
_PLOT_HEIGHT: Final = 28
_ROW_HEIGHT: Final = _PLOT_HEIGHT + 3 * GAP
_TIMELINE_HEIGHT: Final = 6 * GAP
_WIDTH: Final = SAMPLES + 4 * GAP
_CELLS: Final = 30  # frames of the timeline
_AHEAD: Final = 6  # of them after the present

Samples = NDArray[np.float32]


class Plots:
    """What each of the last SAMPLES frames was like. A row costs about 50 us to draw, whatever it shows."""

    def __init__(self) -> None:
        self._kept: dict[str, Samples] = {}
        self._panel: pygame.Surface | None = None

    def add(self, hud: Hud) -> None:
        """A frame was played."""
        for title, value in _values(hud).items():
            samples = self._kept.setdefault(title, np.zeros(SAMPLES, np.float32))
            samples[:-1] = samples[1:]
            samples[-1] = value

    def draw(self, target: pygame.Surface, hud: Hud, writer: Writer, area: pygame.Rect) -> None:
        """At the upper left of `area`; rows that it has no room for are left out."""
        rows = [row for row in _rows(hud) if row[0] in self._kept]
        fitting = (area.height - 4 * GAP - _TIMELINE_HEIGHT) // _ROW_HEIGHT
        rows = rows[: max(0, fitting)]
        height = 2 * GAP + _TIMELINE_HEIGHT + len(rows) * _ROW_HEIGHT
        if self._panel is None or self._panel.get_height() != height:
            self._panel = pygame.Surface((_WIDTH, height), 0, target)
            self._panel.set_alpha(235)
        panel = self._panel
        panel.fill(PANEL)
        _draw_timeline(panel, hud, writer, GAP)
        top = 2 * GAP + _TIMELINE_HEIGHT
        for title, value, least, colour, mark in rows:
            writer.write(panel, title, (2 * GAP, top), SMALL, MUTED)
            writer.write(panel, value, (_WIDTH - 2 * GAP, top), SMALL, TEXT, align=1)
            box = pygame.Rect(2 * GAP, top + 2 * GAP, SAMPLES, _PLOT_HEIGHT)
            _plot(panel, box, self._kept[title], least, colour, mark)
            top += _ROW_HEIGHT
        target.blit(panel, (area.left + 2 * GAP, area.top + 2 * GAP))


def _values(hud: Hud) -> dict[str, float]:
    return {
        "Rollback depth": hud.rollback_depth,
        "Prediction misses": hud.new_misses,
        "Frame advantage": hud.advantage,
        "Input age": hud.input_age_ms or 0.0,
        "Frame work": hud.frame_ms,
        "Ping": hud.ping_ms or 0.0,
    }


def _rows(hud: Hud) -> list[tuple[str, str, float, Colour, float]]:
    """Title, newest value in words, the least that the height stands for, colour, and where a line is drawn
    that must not be passed (0: none). The most wanted first."""
    age = "-" if hud.input_age_ms is None else f"{hud.input_age_ms:.0f} ms"
    ping = "-" if hud.ping_ms is None else f"{hud.ping_ms:.0f} ms"
    budget = hud.frame_budget_ms
    ahead = f"{abs(hud.advantage):.0f} frames {'ahead' if hud.advantage >= 0 else 'behind'}"
    return [
        ("Rollback depth", f"{hud.rollback_depth} frames", 8, AMBER, hud.window),
        ("Prediction misses", f"{hud.misses:,} in all", 3, RED, 0),
        ("Frame advantage", ahead, 4, SLOTS[5], 0),
        ("Input age", age, 40, GREEN, 0),
        ("Frame work", f"{hud.frame_ms:.1f} ms", max(budget * 1.25, 4), SLOTS[0], budget),
        ("Ping", ping, 40, SLOTS[6], 0),
    ]


def _draw_timeline(panel: pygame.Surface, hud: Hud, writer: Writer, top: int) -> None:
    """A cell a frame around the present: true for all, predicted, and own inputs that wait for theirs."""
    predicted = hud.frame - hud.confirmed
    writer.write(panel, "Frames", (2 * GAP, top), SMALL, MUTED)
    words = f"{hud.confirmed:,} true, {predicted} predicted, {hud.input_delay} to come"
    writer.write(panel, words, (_WIDTH - 2 * GAP, top), SMALL, TEXT, align=1)
    step = SAMPLES // _CELLS
    first = hud.frame - (_CELLS - _AHEAD)
    for index in range(_CELLS):
        frame = first + index
        cell = pygame.Rect(2 * GAP + index * step, top + 2 * GAP + 2, step - 2, 2 * GAP)
        if 0 <= frame < hud.confirmed:
            pygame.draw.rect(panel, GREEN if frame % 10 else TEXT, cell, border_radius=2)
        elif hud.confirmed <= frame < hud.frame:
            pygame.draw.rect(panel, AMBER, cell, border_radius=2)
        elif hud.frame <= frame < hud.frame + hud.input_delay:
            pygame.draw.rect(panel, SLOTS[hud.slot % len(SLOTS)], cell, width=1, border_radius=2)
        else:
            pygame.draw.rect(panel, LINE, cell, border_radius=2)
    x = 2 * GAP + (_CELLS - _AHEAD) * step - 1
    pygame.draw.line(panel, TEXT, (x, top + 2 * GAP - 1), (x, top + 4 * GAP + 4))


def _plot(
    panel: pygame.Surface, box: pygame.Rect, samples: Samples, least: float, colour: Colour, mark: float
) -> None:
    """One column a sample, newest at the right. With values below zero, zero is in the middle."""
    highest = max(least, float(np.abs(samples).max()))
    rows = np.arange(box.height)[None, :]
    if samples.min() < 0:
        middle = box.height // 2
        heights = np.rint(samples / highest * (middle - 1)).astype(np.int32)[:, None]
        filled = (rows < middle) & (rows >= middle - heights) | (rows >= middle) & (rows < middle - heights)
    else:
        heights = np.rint(samples / highest * (box.height - 1)).astype(np.int32)[:, None]
        filled = rows >= box.height - heights
    inside = panel.subsurface(box)
    pixels = np.where(filled, panel.map_rgb(colour), panel.map_rgb(PANEL))
    pygame.surfarray.blit_array(inside, pixels)
    pygame.draw.line(panel, LINE, box.bottomleft, box.bottomright)
    if 0 < mark <= highest:
        y = box.bottom - round(mark / highest * (box.height - 1))
        for x in range(box.left, box.right, 6):
            pygame.draw.line(panel, RED, (x, y), (x + 2, y))
