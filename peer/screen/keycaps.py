"""Keys drawn as keys: one, a row with its word, and a strip of rows that wraps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import pygame

from peer.controllers.my_keys import KeyRow
from peer.controllers.pad_keys import is_pad
from peer.screen.look import BACKGROUND, CAP, CAP_EDGE, GAP, MUTED, SLOTS, SMALL, TEXT, Colour, Writer

CAP_HEIGHT: Final = 3 * GAP
_ITEM_GAP: Final = 2 * GAP
_GROUND_ALPHA: Final = 160  # of 255


def draw_cap(
    target: pygame.Surface, text: str, at: tuple[int, int], writer: Writer, lit: Colour | None = None
) -> int:
    """A key with its top left corner at `at`, `lit` in a colour while it is down. Its width."""
    label = writer.render(text, SMALL, BACKGROUND if lit else TEXT)
    box = pygame.Rect(*at, cap_width(text, writer), CAP_HEIGHT)
    if lit:
        pygame.draw.rect(target, lit, box.move(0, 1), border_radius=5)
    else:
        pygame.draw.rect(target, CAP_EDGE, box, border_radius=5)
        pygame.draw.rect(target, CAP, box.inflate(0, -3).move(0, -1), border_radius=5)
    target.blit(label, label.get_rect(center=box.center))
    return box.width


def cap_width(text: str, writer: Writer) -> int:
    return max(CAP_HEIGHT, writer.render(text, SMALL, TEXT).get_width() + 2 * GAP)


def draw_row(
    target: pygame.Surface,
    row: KeyRow,
    at: tuple[int, int],
    writer: Writer,
    down: Collection[int],
    colour: Colour,
    ink: Colour = MUTED,
) -> int:
    """The keys of a row, then its word. Its width."""
    x = at[0]
    for code, text in zip(row.codes, row.keys, strict=True):
        x += draw_cap(target, text, (x, at[1]), writer, colour if code in down else None) + GAP // 2
    x += GAP // 2
    return x + writer.write(target, row.word, (x, at[1] + 6), SMALL, ink) - at[0]


def row_width(row: KeyRow, writer: Writer) -> int:
    caps = sum(cap_width(text, writer) + GAP // 2 for text in row.keys)
    return caps + GAP // 2 + writer.render(row.word, SMALL, MUTED).get_width()


def without_pads(rows: Sequence[KeyRow], pads: int) -> list[KeyRow]:
    """The rows as they are for somebody with so many gamepads: with none, their controls only confuse."""
    if pads:
        return list(rows)
    shown = []
    for row in rows:
        kept = [(code, text) for code, text in zip(row.codes, row.keys, strict=True) if not is_pad(code)]
        codes, texts = tuple(code for code, _ in kept), tuple(text for _, text in kept)
        shown.append(KeyRow(row.word, texts, row.player, codes))
    return shown


def draw_strip(
    target: pygame.Surface,
    rows: Sequence[KeyRow],
    writer: Writer,
    area: pygame.Rect,
    down: Collection[int],
) -> None:
    """All rows beside each other at the lower edge of `area`, on dark ground; each player on own lines."""
    rows = [row for row in rows if row.keys]
    lines = _lines(rows, writer, area.width - 8 * GAP)
    height = len(lines) * (CAP_HEIGHT + GAP) + GAP
    if not lines or height > area.height // 2:
        return
    widths = [sum(row_width(row, writer) + _ITEM_GAP for row in line) - _ITEM_GAP for line in lines]
    box = pygame.Rect(0, 0, max(widths) + 4 * GAP, height)
    box.midbottom = (area.centerx, area.bottom - GAP)
    _draw_ground(target, box)
    y = box.top + GAP
    for line, width in zip(lines, widths, strict=True):
        x = area.centerx - width // 2
        for row in line:
            x += draw_row(target, row, (x, y), writer, down, SLOTS[row.player % len(SLOTS)], TEXT) + _ITEM_GAP
        y += CAP_HEIGHT + GAP


def _draw_ground(target: pygame.Surface, box: pygame.Rect) -> None:
    """Half clear: a player may stand behind it."""
    ground = pygame.Surface(box.size, pygame.SRCALPHA)
    pygame.draw.rect(ground, (*BACKGROUND, _GROUND_ALPHA), ground.get_rect(), border_radius=10)
    target.blit(ground, box)


def _lines(rows: Sequence[KeyRow], writer: Writer, width: int) -> list[list[KeyRow]]:
    lines: list[list[KeyRow]] = []
    taken = 0
    for row in rows:
        needed = row_width(row, writer) + _ITEM_GAP
        if not lines or taken + needed > width or lines[-1][-1].player != row.player:
            lines.append([])
            taken = 0
        lines[-1].append(row)
        taken += needed
    return lines
