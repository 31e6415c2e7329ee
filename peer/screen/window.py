"""A window of its own: the picture, the figures below it, the keys pressed in it."""

from __future__ import annotations

import time
from math import ceil, sqrt

import pygame

from peer.screen.held_keys import HeldKeys
from peer.screen.hud_bar import draw_bar, draw_end, draw_pill
from peer.screen.look import BACKGROUND, BAR_HEIGHT, GAP, MUTED, TEXT, Writer
from peer.screen.plots import Plots
from peer.screen.screen import WATCHING, Hud, Picture

_LARGEST_PICTURE = (960, 640)
_FIRST_SIZE = (640, 360)  # until the first picture comes
_SMALLEST_WINDOW = (320, 240)
_TITLE_BAR = 6 * GAP
_LEGEND_SECONDS = 10.0
_END_STEP_MS = 30
_DELAY_STEPS = {pygame.K_F2: -1, pygame.K_F3: 1}


class Window:
    """A resizable window. Opened beside pygame's own display, so an environment that uses that one is in
    nobody's way. The picture keeps its shape; whole multiples of its size stay sharp."""

    visible = True

    def __init__(self, title: str, place: tuple[int, int] = (0, 1)) -> None:
        """Open at once. `place` (k, n): the k-th of n windows on this desktop. Raises: pygame.error."""
        pygame.display.init()
        self._place = place
        self._window = pygame.Window(title, (_FIRST_SIZE[0], _FIRST_SIZE[1] + BAR_HEIGHT), resizable=True)
        self._window.minimum_size = _SMALLEST_WINDOW
        self._writer = Writer()
        self._plots = Plots()
        self._held = HeldKeys()
        self._shows_plots = False
        self._delay_steps = 0
        self._open = True
        self._picture_size: tuple[int, int] | None = None
        self._copy: pygame.Surface | None = None
        self._legend_until: float | None = None
        self._last: tuple[Picture | None, Hud] | None = None
        self._move()

    def poll(self) -> bool:
        for event in pygame.event.get():
            match event.type:
                case pygame.QUIT | pygame.WINDOWCLOSE:
                    self._open = False
                case pygame.KEYDOWN if event.key == pygame.K_F1:
                    self._shows_plots = not self._shows_plots
                case pygame.KEYDOWN if event.key in _DELAY_STEPS:
                    self._delay_steps += _DELAY_STEPS[event.key]
                case pygame.KEYDOWN:
                    self._held.press(event.key)
                case pygame.KEYUP:
                    self._held.release(event.key)
                case pygame.WINDOWFOCUSLOST:
                    self._held.release_all()
        return self._open

    def pressed_keys(self) -> tuple[int, ...]:
        self.poll()  # as fresh as can be
        return self._held.take()

    def delay_steps(self) -> int:
        steps, self._delay_steps = self._delay_steps, 0
        return steps

    def draw(self, picture: Picture | None, hud: Hud) -> None:
        self._plots.add(hud)
        self._last = (picture, hud)
        self._paint(picture, hud)
        self._window.flip()

    def show_end(self, verdict: str, good: bool, seconds: float = 2.5) -> None:
        until = time.monotonic() + seconds
        while self.poll() and time.monotonic() < until:
            if self._last is not None:
                self._paint(*self._last)
            surface = self._window.get_surface()
            draw_end(surface, verdict, good, self._writer, _picture_area(surface))
            self._window.flip()
            pygame.time.wait(_END_STEP_MS)

    def close(self) -> None:
        self._open = False
        self._window.destroy()

    def _paint(self, picture: Picture | None, hud: Hud) -> None:
        if picture is not None:
            self._fit_window(picture)
        surface = self._window.get_surface()
        area = _picture_area(surface)
        surface.fill(BACKGROUND)
        if picture is not None:
            self._blit_fitted(surface, picture, area)
        self._draw_notes(surface, hud, area, has_picture=picture is not None)
        draw_bar(surface, hud, self._writer, area.bottom)

    def _blit_fitted(self, target: pygame.Surface, picture: Picture, area: pygame.Rect) -> None:
        """Scale straight into the window, from a copy in its own pixel format: several times as fast."""
        height, width = picture.shape[:2]
        if self._copy is None or self._copy.get_size() != (width, height):
            self._copy = pygame.Surface((width, height), 0, target)
        pygame.surfarray.blit_array(self._copy, picture.swapaxes(0, 1))
        box = pygame.Rect((0, 0), _fitted((width, height), area.size))
        box.center = area.center
        scale = pygame.transform.scale if box.width >= width else pygame.transform.smoothscale
        scale(self._copy, box.size, target.subsurface(box))

    def _draw_notes(self, surface: pygame.Surface, hud: Hud, area: pygame.Rect, *, has_picture: bool) -> None:
        if self._shows_plots:
            self._plots.draw(surface, hud, self._writer, (area.left + 2 * GAP, area.top + 2 * GAP))
        if hud.waiting_for:
            draw_pill(
                surface, f"waiting for {hud.waiting_for}", self._writer, area.centerx, area.top + 2 * GAP
            )
        if not has_picture:
            return
        now = time.monotonic()
        if self._legend_until is None:
            self._legend_until = now + _LEGEND_SECONDS
        if now < self._legend_until or self._shows_plots:
            legend = f"{hud.legend}   F1 figures" if hud.legend else "F1 figures"
            if self._shows_plots and hud.slot != WATCHING:
                legend += "   F2 F3 input delay"
            colour = TEXT if hud.legend else MUTED
            draw_pill(surface, legend, self._writer, area.centerx, area.bottom - 6 * GAP, colour)

    def _fit_window(self, picture: Picture) -> None:
        """Give the window the picture's shape, when the first one comes or the shape changes."""
        size = (picture.shape[1], picture.shape[0])
        if size == self._picture_size:
            return
        self._picture_size = size
        cell = self._cell()
        room = (
            min(_LARGEST_PICTURE[0], cell.width),
            min(_LARGEST_PICTURE[1], cell.height - BAR_HEIGHT - _TITLE_BAR),
        )
        width, height = _fitted(size, room)
        self._window.size = (max(width, _SMALLEST_WINDOW[0]), max(height + BAR_HEIGHT, _SMALLEST_WINDOW[1]))
        self._move()

    def _cell(self) -> pygame.Rect:
        """The part of the desktop that is this window's."""
        index, count = self._place
        desktop = pygame.display.get_desktop_sizes()[0]
        columns = ceil(sqrt(max(1, count)))
        rows = ceil(max(1, count) / columns)
        width, height = desktop[0] // columns, desktop[1] // rows
        return pygame.Rect(index % columns * width, index // columns % rows * height, width, height)

    def _move(self) -> None:
        box = pygame.Rect((0, 0), self._window.size)
        box.center = self._cell().center
        self._window.position = (max(0, box.left), max(_TITLE_BAR, box.top))


def _picture_area(surface: pygame.Surface) -> pygame.Rect:
    return pygame.Rect(0, 0, surface.get_width(), max(1, surface.get_height() - BAR_HEIGHT))


def _fitted(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape in `room`; a whole multiple where the picture is the smaller."""
    factor = min(room[0] / size[0], room[1] / size[1])
    if factor >= 1:
        factor = int(factor)
    return max(1, int(size[0] * factor)), max(1, int(size[1] * factor))
