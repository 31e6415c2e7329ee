"""What stands around the picture: the bar below, and short lines over it."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from peer.screen.look import (
    AMBER,
    BACKGROUND,
    BAR_HEIGHT,
    GAP,
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

    draw_mark(target, hud, top)
    part = "WATCHING" if hud.slot == WATCHING else f"SLOT {hud.slot}"
    if hud.other_slots:
        part = f"SLOTS {hud.slot}, {', '.join(map(str, hud.other_slots))}"
    above = writer.write(target, part, (4 * GAP, upper), SMALL, MUTED)
    if hud.co_piloted:
        which = f" IN {', '.join(map(str, hud.co_piloted))}" if hud.other_slots else ""
        above += GAP + writer.write(target, f"CO-PILOT{which}", (5 * GAP + above, upper), SMALL, AMBER)
    below = writer.write(target, writer.fit(hud.name, NORMAL, width // 4), (4 * GAP, lower), NORMAL, TEXT)
    taken = 4 * GAP + max(above, below)

    right = width - 2 * GAP
    for label, value, room, ink in _figures(hud):
        if right - room < taken + 2 * GAP:
            break
        writer.write(target, label, (right, upper), SMALL, MUTED, align=1)
        writer.write(target, value, (right, lower), NORMAL, ink, align=1)
        right -= room


def draw_mark(target: pygame.Surface, hud: Hud, top: int, *, lit: bool = False) -> None:
    """The player's colour; white while one of his keys is down, so that he sees at once that it was heard."""
    colour = TEXT if lit else SLOTS[hud.slot % len(SLOTS)]
    box = (2 * GAP, top + round(1.5 * GAP), GAP // 2, BAR_HEIGHT - 3 * GAP)
    pygame.draw.rect(target, colour, box, border_radius=2)


def _figures(hud: Hud) -> list[tuple[str, str, int, Colour]]:
    """Label, value, the width kept free for them, and the colour; the most wanted first."""
    frames = f"{hud.frame:,} / {hud.frames:,}" if hud.frames else f"{hud.frame:,}"
    if hud.slot == WATCHING:
        return [("FRAME", frames, 17 * GAP, TEXT)]
    ping = "-" if hud.ping_ms is None else f"{hud.ping_ms:.0f} ms"
    age = "-" if hud.input_age_ms is None else f"{hud.input_age_ms:.0f} ms"
    delay = f"{hud.input_delay} frame{'' if hud.input_delay == 1 else 's'}"
    return [
        ("FRAME", frames, 17 * GAP, TEXT),
        ("PING", ping, 9 * GAP, TEXT),
        ("ROLLBACKS", f"{hud.rollbacks:,}", 12 * GAP, TEXT),
        ("STALLS", f"{hud.stalls:,}", 9 * GAP, RED if hud.stalled else TEXT),
        ("AUTO DELAY" if hud.input_delay_auto else "INPUT DELAY", delay, 12 * GAP, TEXT),
        ("INPUT AGE", age, 11 * GAP, TEXT),
    ]


def draw_halves(target: pygame.Surface, names: Sequence[str], writer: Writer, box: pygame.Rect) -> None:
    """Whose part of the picture in `box` is whose: a name at the top of each, in the slot's colour."""
    if not names:
        return
    width = box.width // len(names)
    for slot, name in enumerate(names):
        line = writer.render(writer.fit(name, SMALL, width - 4 * GAP), SMALL, SLOTS[slot % len(SLOTS)])
        ground = line.get_rect().inflate(2 * GAP, GAP)
        ground.midtop = (box.left + width * slot + width // 2, box.top + GAP)
        pygame.draw.rect(target, BACKGROUND, ground, border_radius=ground.height // 2)
        target.blit(line, line.get_rect(center=ground.center))


def draw_pill(target: pygame.Surface, text: str, writer: Writer, centre_x: int, top: int) -> None:
    """A short line on a dark rounded ground, over the picture."""
    line = writer.render(text, NORMAL, AMBER)
    box = line.get_rect().inflate(4 * GAP, 2 * GAP)
    box.midtop = (centre_x, top)
    pygame.draw.rect(target, BACKGROUND, box, border_radius=box.height // 2)
    pygame.draw.rect(target, LINE, box, width=1, border_radius=box.height // 2)
    target.blit(line, line.get_rect(center=box.center))
