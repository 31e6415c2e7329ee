"""What stands around the picture: the bar below, the word of warning above, the keys at the start."""

from __future__ import annotations

import pygame

from peer.screen.look import (
    AMBER,
    BACKGROUND,
    BAR_HEIGHT,
    GAP,
    GREEN,
    LARGE,
    LINE,
    MUTED,
    NORMAL,
    PANEL,
    RED,
    SLOTS,
    SMALL,
    TEXT,
    Colour,
    Writer,
)
from peer.screen.screen import WATCHING, Hud


def draw_bar(target: pygame.Surface, hud: Hud, writer: Writer, top: int) -> None:
    """Name and slot at the left, figures at the right; figures that do not fit are left out."""
    width = target.get_width()
    target.fill(PANEL, (0, top, width, BAR_HEIGHT))
    pygame.draw.line(target, LINE, (0, top), (width, top))
    upper, lower = top + round(1.5 * GAP), top + round(3.5 * GAP)

    colour = SLOTS[hud.slot % len(SLOTS)]
    pygame.draw.rect(target, colour, (2 * GAP, upper, GAP // 2, BAR_HEIGHT - 3 * GAP), border_radius=2)
    part = "WATCHING" if hud.slot == WATCHING else f"SLOT {hud.slot}"
    writer.write(target, part, (4 * GAP, upper), SMALL, MUTED)
    taken = 4 * GAP + writer.write(target, hud.name, (4 * GAP, lower), NORMAL, TEXT)

    right = width - 2 * GAP
    for label, value, room in _figures(hud):
        if right - room < taken + 2 * GAP:
            break
        writer.write(target, label, (right, upper), SMALL, MUTED, align=1)
        writer.write(target, value, (right, lower), NORMAL, TEXT, align=1)
        right -= room


def _figures(hud: Hud) -> list[tuple[str, str, int]]:
    """Label, value and the width kept free for them, the most wanted first."""
    frames = f"{hud.frame:,} / {hud.frames:,}" if hud.frames else f"{hud.frame:,}"
    ping = "-" if hud.ping_ms is None else f"{hud.ping_ms:.0f} ms"
    age = "-" if hud.input_age_ms is None else f"{hud.input_age_ms:.0f} ms"
    if hud.slot == WATCHING:
        return [("FRAME", frames, 17 * GAP)]
    delay = f"{hud.input_delay} frame{'' if hud.input_delay == 1 else 's'}"
    return [
        ("FRAME", frames, 17 * GAP),
        ("PING", ping, 9 * GAP),
        ("ROLLBACKS", f"{hud.rollbacks:,}", 12 * GAP),
        ("INPUT AGE", age, 11 * GAP),
        ("AUTO DELAY" if hud.input_delay_auto else "INPUT DELAY", delay, 11 * GAP),
    ]


def draw_pill(
    target: pygame.Surface, text: str, writer: Writer, centre_x: int, top: int, colour: Colour = AMBER
) -> None:
    """A short line on a dark rounded ground, over the picture."""
    line = writer.render(text, NORMAL, colour)
    box = line.get_rect().inflate(4 * GAP, 2 * GAP)
    box.midtop = (centre_x, top)
    pygame.draw.rect(target, BACKGROUND, box, border_radius=box.height // 2)
    pygame.draw.rect(target, LINE, box, width=1, border_radius=box.height // 2)
    target.blit(line, line.get_rect(center=box.center))


def draw_end(target: pygame.Surface, verdict: str, good: bool, writer: Writer, area: pygame.Rect) -> None:
    """The last picture fades; the verdict stands in front, broken into lines where it must be."""
    veil = pygame.Surface(area.size)
    veil.fill(BACKGROUND)
    veil.set_alpha(215)
    target.blit(veil, area)
    lines = _wrap(verdict, writer, area.width - 8 * GAP)
    height = LARGE + GAP
    top = area.centery - height * len(lines) // 2
    pygame.draw.rect(
        target,
        GREEN if good else RED,
        (area.centerx - 3 * GAP, top - 3 * GAP, 6 * GAP, GAP // 2),
        border_radius=2,
    )
    for index, line in enumerate(lines):
        writer.write(target, line, (area.centerx, top + index * height), LARGE, TEXT, align=0.5)


def _wrap(text: str, writer: Writer, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and writer.render(longer, LARGE, TEXT).get_width() > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
