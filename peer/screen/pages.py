"""Whole pages: the start, the menu with the keys, and the end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil, pi
from typing import Final

import pygame

from peer.controllers.my_keys import KeyRow
from peer.screen.keycaps import CAP_HEIGHT, draw_row, row_width
from peer.screen.look import (
    AMBER,
    BACKGROUND,
    GAP,
    GREEN,
    HUGE,
    LARGE,
    LINE,
    MUTED,
    NORMAL,
    PANEL,
    RED,
    SLOTS,
    SMALL,
    TEXT,
    Writer,
)
from peer.screen.menu import Choice, Menu, Page
from peer.screen.screen import End, Lobby

_ROW: Final = CAP_HEIGHT + GAP
_SCORE_ROW: Final = 2 * NORMAL + 3 * GAP
_SCORES_A_ROW: Final = 4
_FIGURES: Final = 8 * GAP
_HINT: Final = 4 * GAP
_KEYS_HINT: Final = "↑ ↓ choose    Enter change    Backspace all as at first    Esc back"
_LISTEN_HINT: Final = "press the key that is to do this    Esc keep it as it is"
_MENU_NOTE: Final = "The others play on: a match cannot be paused. Your keys are let go."
_MENU_NOTE_BEFORE: Final = "The match begins as soon as everybody is here."


def draw_lobby(
    target: pygame.Surface,
    lobby: Lobby,
    rows: Sequence[KeyRow],
    writer: Writer,
    down: Collection[int],
    *,
    over_picture: bool,
) -> None:
    """What is played, whom we wait for or how long until it begins, and the keys."""
    rows = [row for row in rows if row.keys]
    area = target.get_rect()
    if over_picture:
        veil(target, area, 190)
    height = 5 * GAP + LARGE + NORMAL + (12 * GAP if lobby.countdown is not None else 0)
    columns = _columns(rows, writer, area.width)
    keys_height = (ceil(len(rows) / columns) * _ROW + 4 * GAP) if rows else 0
    top = max(2 * GAP, area.centery - (height + keys_height) // 2)
    writer.write(
        target,
        writer.fit(lobby.game, LARGE, area.width - 4 * GAP),
        (area.centerx, top),
        LARGE,
        TEXT,
        align=0.5,
    )
    top += LARGE + 2 * GAP
    colour = AMBER if lobby.countdown is None else MUTED
    writer.write(target, lobby.status, (area.centerx, top), NORMAL, colour, align=0.5)
    top += NORMAL + 3 * GAP
    if lobby.countdown is not None:
        _draw_countdown(target, lobby.countdown, (area.centerx, top + 5 * GAP), writer)
        top += 12 * GAP
    if rows:
        _draw_keys(target, rows, writer, down, (area, top), columns)
    hint = "Esc  menu, change keys" if rows else "Esc  menu"
    writer.write(target, hint, (area.centerx, area.bottom - 3 * GAP), SMALL, MUTED, align=0.5)


def draw_menu(
    target: pygame.Surface,
    menu: Menu,
    rows: Sequence[KeyRow],
    writer: Writer,
    area: pygame.Rect,
    *,
    running: bool,
) -> None:
    """Over the picture, which goes on behind it. `rows` are the menu's, as they are to be shown."""
    veil(target, area, 170)
    if menu.page is Page.MAIN:
        _draw_choices(target, menu, writer, area, running)
    else:
        _draw_key_page(target, menu, rows, writer, area)


def draw_end(target: pygame.Surface, end: End, writer: Writer, area: pygame.Rect) -> None:
    """The last picture fades; who won stands in front, or else how it ended."""
    veil(target, area, 215)
    size = NORMAL if end.headline else LARGE
    lines = _wrap(end.verdict, writer, area.width - 8 * GAP, size)
    rows = _rows_of(end.scores)
    height = 7 * GAP + (size + GAP) * len(lines) + _SCORE_ROW * len(rows)
    height += LARGE + 2 * GAP if end.headline else 0
    figures = end.figures if height + _FIGURES + _HINT <= area.height else ()  # the least wanted
    height += _FIGURES if figures else 0
    top = max(GAP, area.centery - height // 2)
    colour = GREEN if end.good else RED
    writer.write(target, "THE MATCH IS OVER", (area.centerx, top), SMALL, colour, align=0.5)
    pygame.draw.rect(
        target, colour, (area.centerx - 3 * GAP, top + 3 * GAP, 6 * GAP, GAP // 2), border_radius=2
    )
    top += 6 * GAP
    if end.headline:
        headline = writer.fit(end.headline, LARGE, area.width - 4 * GAP)
        writer.write(target, headline, (area.centerx, top), LARGE, TEXT, align=0.5)
        top += LARGE + 2 * GAP
        top = _draw_scores(target, rows, writer, area, top)
    for line in lines:
        writer.write(target, line, (area.centerx, top), size, MUTED if end.headline else TEXT, align=0.5)
        top += size + GAP
    if not end.headline:
        top = _draw_scores(target, rows, writer, area, top + GAP)
    if figures:
        _draw_figures(target, figures, writer, area, top + 2 * GAP)
    writer.write(
        target, "any key closes the window", (area.centerx, area.bottom - 3 * GAP), SMALL, MUTED, align=0.5
    )


def _rows_of(scores: Sequence[tuple[int, str, str]]) -> list[Sequence[tuple[int, str, str]]]:
    return [scores[first : first + _SCORES_A_ROW] for first in range(0, len(scores), _SCORES_A_ROW)]


def _draw_scores(
    target: pygame.Surface,
    rows: Sequence[Sequence[tuple[int, str, str]]],
    writer: Writer,
    area: pygame.Rect,
    top: int,
) -> int:
    """Names in their slots' colours, the scores below them. Returns where it goes on."""
    for scores in rows:
        step = min(22 * GAP, (area.width - 4 * GAP) // len(scores))
        left = area.centerx - step * (len(scores) - 1) // 2
        for index, (slot, name, score) in enumerate(scores):
            x = left + index * step
            colour = SLOTS[slot % len(SLOTS)]
            writer.write(target, writer.fit(name, NORMAL, step - GAP), (x, top), NORMAL, colour, align=0.5)
            writer.write(target, score, (x, top + NORMAL + GAP // 2), NORMAL, TEXT, align=0.5)
        top += _SCORE_ROW
    return top


def veil(target: pygame.Surface, area: pygame.Rect, strength: int) -> None:
    """Darken `area`; `strength` 0 to 255."""
    ground = pygame.Surface(area.size)
    ground.fill(BACKGROUND)
    ground.set_alpha(strength)
    target.blit(ground, area)


def _draw_countdown(target: pygame.Surface, seconds: float, centre: tuple[int, int], writer: Writer) -> None:
    """The whole seconds left, in a ring that runs out each second."""
    digit = writer.render(str(max(1, ceil(seconds))), HUGE, TEXT)
    target.blit(digit, digit.get_rect(center=centre))
    ring = pygame.Rect(0, 0, 11 * GAP, 11 * GAP)
    ring.center = centre
    pygame.draw.circle(target, LINE, centre, ring.width // 2, width=3)
    part = seconds - int(seconds)
    pygame.draw.arc(target, GREEN, ring, pi / 2, pi / 2 + 2 * pi * part, width=3)


def _columns(rows: Sequence[KeyRow], writer: Writer, width: int) -> int:
    widest = max((row_width(row, writer) for row in rows), default=1) + 4 * GAP
    return max(1, min((len(rows) + 3) // 4, (width - 4 * GAP) // widest))


def _draw_keys(
    target: pygame.Surface,
    rows: Sequence[KeyRow],
    writer: Writer,
    down: Collection[int],
    place: tuple[pygame.Rect, int],
    columns: int,
) -> None:
    area, top = place
    widest = max(row_width(row, writer) for row in rows) + 4 * GAP
    left = area.centerx - (columns * widest - 4 * GAP) // 2
    for index, row in enumerate(rows):
        x, y = left + index % columns * widest, top + index // columns * _ROW
        if y + _ROW > area.bottom - 3 * GAP:
            return
        draw_row(target, row, (x, y), writer, down, SLOTS[row.player % len(SLOTS)])


def _draw_choices(
    target: pygame.Surface, menu: Menu, writer: Writer, area: pygame.Rect, running: bool
) -> None:
    step = min(5 * GAP, max(3 * GAP, (area.height - 10 * GAP) // len(menu.choices)))
    width, height = min(area.width - 2 * GAP, 60 * GAP), 10 * GAP + step * len(menu.choices)
    box = pygame.Rect(0, 0, width, height)
    box.center = area.center
    _panel(target, box)
    title = "The match goes on" if running else "Not begun yet"
    writer.write(target, title, (box.left + 3 * GAP, box.top + 2 * GAP), LARGE, TEXT)
    note = writer.fit(_MENU_NOTE if running else _MENU_NOTE_BEFORE, SMALL, width - 5 * GAP)
    writer.write(target, note, (box.left + 3 * GAP, box.top + 2 * GAP + LARGE + GAP), SMALL, MUTED)
    for index, choice in enumerate(menu.choices):
        line = pygame.Rect(box.left + 2 * GAP, box.top + 9 * GAP + step * index, width - 4 * GAP, step - GAP)
        if index == menu.row:
            pygame.draw.rect(target, LINE, line, border_radius=6)
        colour = RED if choice is Choice.LEAVE else TEXT
        words = "Wait on" if choice is Choice.BACK and not running else choice.value
        writer.write(target, words, (line.left + GAP, line.centery - NORMAL // 2), NORMAL, colour)


def _draw_key_page(
    target: pygame.Surface, menu: Menu, rows: Sequence[KeyRow], writer: Writer, area: pygame.Rect
) -> None:
    shown = max(1, (area.height - 16 * GAP) // (_ROW + GAP // 2))
    first = min(max(0, menu.row - shown // 2), max(0, len(rows) - shown))
    listed = rows[first : first + shown]
    width = min(area.width - 2 * GAP, 66 * GAP)
    box = pygame.Rect(0, 0, width, (12 * GAP) + len(listed) * (_ROW + GAP // 2))
    box.center = area.center
    _panel(target, box)
    writer.write(target, "Your keys", (box.left + 3 * GAP, box.top + 2 * GAP), LARGE, TEXT)
    y = box.top + 2 * GAP + LARGE + 2 * GAP
    for index, row in enumerate(listed, first):
        line = pygame.Rect(box.left + 2 * GAP, y - GAP // 2, width - 4 * GAP, _ROW)
        chosen = index == menu.row
        listening = chosen and menu.page is Page.LISTENING
        if chosen:
            pygame.draw.rect(target, LINE, line, border_radius=6)
        word = row.word if not row.player else f"{row.word} (player {row.player + 1})"
        writer.write(target, word, (line.left + GAP, y + 3), NORMAL, TEXT)
        caps = KeyRow("", ("...",) if listening else row.keys, row.player, (-1,) if listening else row.codes)
        right = line.right - row_width(caps, writer)
        draw_row(target, caps, (right, y), writer, {-1} if listening else (), AMBER)
        y += _ROW + GAP // 2
    foot = _LISTEN_HINT if menu.page is Page.LISTENING else menu.note or _KEYS_HINT
    foot = writer.fit(foot, SMALL, width - 5 * GAP)
    colour = AMBER if menu.page is Page.LISTENING else GREEN if menu.note else MUTED
    writer.write(target, foot, (box.left + 3 * GAP, box.bottom - 3 * GAP), SMALL, colour)


def _draw_figures(
    target: pygame.Surface,
    figures: Sequence[tuple[str, str]],
    writer: Writer,
    area: pygame.Rect,
    top: int,
) -> None:
    step = min(17 * GAP, (area.width - 4 * GAP) // len(figures))
    left = area.centerx - step * (len(figures) - 1) // 2
    for index, (label, value) in enumerate(figures):
        x = left + index * step
        writer.write(target, label, (x, top), SMALL, MUTED, align=0.5)
        writer.write(target, value, (x, top + 2 * GAP), NORMAL, TEXT, align=0.5)


def _panel(target: pygame.Surface, box: pygame.Rect) -> None:
    pygame.draw.rect(target, PANEL, box, border_radius=12)
    pygame.draw.rect(target, LINE, box, width=1, border_radius=12)


def _wrap(text: str, writer: Writer, width: int, size: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and writer.render(longer, size, TEXT).get_width() > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
