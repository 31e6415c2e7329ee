"""A window of its own: the picture, the figures below it, the keys pressed in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import ceil, sqrt
from typing import Final

import numpy as np
import pygame

from peer.controllers.my_keys import KeyRow, MyKeys
from peer.screen.hud_bar import draw_bar, draw_halves, draw_mark, draw_pill
from peer.screen.keycaps import draw_strip, without_pads
from peer.screen.look import BACKGROUND, BAR_HEIGHT, GAP, Writer
from peer.screen.pages import draw_end, draw_lobby, draw_menu
from peer.screen.plots import Plots
from peer.screen.screen import END_SECONDS, WATCHING, End, Hud, Lobby, Picture, Screen
from peer.screen.window_events import WindowEvents

_LARGEST_PICTURE = (960, 640)
_FIRST_SIZE = (640, 360)  # until the first picture comes
_SMALLEST_WINDOW = (320, 240)
_TITLE_BAR = 6 * GAP
_KEYS_SECONDS = 8.0  # so long the keys are shown when the match begins
_END_STEP_MS = 30
_MENU_KEY: Final = KeyRow("menu", ("Esc",), 0, (pygame.K_ESCAPE,))
_FIGURES_KEY: Final = KeyRow("figures", ("F1",), 0, (pygame.K_F1,))
_DELAY_KEYS: Final = KeyRow("input delay", ("F2", "F3"), 0, (pygame.K_F2, pygame.K_F3))


class Window(Screen):
    """A resizable window. Opened beside pygame's own display, so an environment that uses that one is in
    nobody's way. The picture keeps its shape; whole multiples of its size stay sharp."""

    visible = True

    def __init__(self, title: str, place: tuple[int, int] = (0, 1)) -> None:
        """Open at once. `place` (k, n): the k-th of n windows on this desktop. Raises: pygame.error."""
        pygame.display.init()
        if pygame.display.get_driver() == "x11":
            # Plain memory: a detour through OpenGL costs 8 ms a drawing where that is done in software.
            os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
        with suppress(pygame.error):  # a machine without joysticks, or where they may not be read
            pygame.joystick.init()
        self._place = place
        self._window = pygame.Window(title, (_FIRST_SIZE[0], _FIRST_SIZE[1] + BAR_HEIGHT), resizable=True)
        self._window.minimum_size = _SMALLEST_WINDOW
        self._writer = Writer()
        self._plots = Plots()
        self._events = WindowEvents()
        self._closed = False
        self._picture_size: tuple[int, int] | None = None
        self._copy: pygame.Surface | None = None
        self._copied: Picture | None = None  # what is in it
        self._still: pygame.Surface | None = None  # picture and bar of the newest frame; None: not drawn yet
        self._kept_surface: pygame.Surface | None = None  # for them
        self._keys_until: float | None = None
        self._last: tuple[Picture | None, Hud] | None = None
        self._move()

    def poll(self) -> bool:
        return self._events.poll()

    def pressed_keys(self) -> tuple[int, ...]:
        self.poll()  # as fresh as can be
        return self._events.held.take()

    def strengths(self) -> Mapping[int, float]:
        return self._events.pads.strengths()

    def delay_steps(self) -> int:
        return self._events.take_delay_steps()

    def offer_keys(self, board: MyKeys) -> None:
        self._events.menu.offer(board)

    def wait(self, lobby: Lobby, picture: Picture | None = None) -> None:
        surface = self._window.get_surface()
        if picture is not None:
            self._fit_window(picture)
            surface = self._window.get_surface()
        surface.fill(BACKGROUND)
        if picture is not None:
            self._blit_fitted(surface, picture, _picture_area(surface))
        menu = self._events.menu
        draw_lobby(
            surface,
            lobby,
            self._rows(),
            self._writer,
            self._events.held.down,
            over_picture=picture is not None,
        )
        if menu.is_open:
            draw_menu(surface, menu, self._rows(), self._writer, surface.get_rect(), running=False)
        self._window.flip()

    def record(self, hud: Hud) -> None:
        self._plots.add(hud)

    def draw(self, picture: Picture | None, hud: Hud) -> None:
        self._last = (picture, hud)
        self._still = self._copied = None  # also if it is the same array: it may have been drawn into
        self.redraw()

    def redraw(self) -> None:
        if self._last is not None:
            self._paint(*self._last)
            self._window.flip()

    def show_end(
        self, end: End, seconds: float = END_SECONDS, should_close: Callable[[], bool] = lambda: False
    ) -> None:
        until = time.monotonic() + seconds
        self._events.end()
        while (
            self.poll() and time.monotonic() < until and not self._events.held.take() and not should_close()
        ):
            surface = self._window.get_surface()
            if self._last is not None:
                self._blit_still(surface, *self._last)
            draw_end(surface, end, self._writer, _picture_area(surface))
            self._window.flip()
            pygame.time.wait(_END_STEP_MS)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._events.open = False
            self._window.destroy()

    def _paint(self, picture: Picture | None, hud: Hud) -> None:
        if picture is not None:
            self._fit_window(picture)
        surface = self._window.get_surface()
        self._blit_still(surface, picture, hud)
        area, menu = _picture_area(surface), self._events.menu
        draw_mark(surface, hud, area.bottom, lit=bool(self._events.held.down) and hud.slot != WATCHING)
        self._draw_notes(surface, hud, area, has_picture=picture is not None)
        if menu.is_open:
            draw_menu(surface, menu, self._rows(), self._writer, area, running=True)

    def _blit_still(self, surface: pygame.Surface, picture: Picture | None, hud: Hud) -> None:
        """What only a new frame changes is drawn once for it, however often the window is."""
        still = self._still
        if still is None or still.get_size() != surface.get_size():
            if still is None:
                still = self._spare_surface(surface)
            if still.get_size() != surface.get_size():
                still = pygame.Surface(surface.get_size(), 0, surface)
            area = _picture_area(still)
            still.fill(BACKGROUND)
            if picture is not None:
                box = self._blit_fitted(still, picture, area)
                draw_halves(still, hud.halves, self._writer, box)
            draw_bar(still, hud, self._writer, area.bottom)
            self._still = self._kept_surface = still
        surface.blit(still, (0, 0))

    def _spare_surface(self, surface: pygame.Surface) -> pygame.Surface:
        if self._kept_surface is None:
            self._kept_surface = pygame.Surface(surface.get_size(), 0, surface)
        return self._kept_surface

    def _rows(self) -> list[KeyRow]:
        return without_pads(self._events.menu.rows, self._events.pads.count)

    def _blit_fitted(self, target: pygame.Surface, picture: Picture, area: pygame.Rect) -> pygame.Rect:
        """Scale straight into the window, from a copy in its own pixel format: several times as fast.

        Returns where it is now.
        """
        height, width = picture.shape[:2]
        if self._copy is None or self._copy.get_size() != (width, height):
            self._copy = pygame.Surface((width, height), 0, target)
            self._copied = None
        if picture is not self._copied:
            pixels = np.ascontiguousarray(picture)  # this way it takes a third of what surfarray takes
            self._copy.blit(pygame.image.frombuffer(pixels.data, (width, height), "RGB"), (0, 0))
            self._copied = picture
        box = pygame.Rect((0, 0), _fitted((width, height), area.size))
        box.center = area.center
        scale = pygame.transform.scale if box.width >= width else pygame.transform.smoothscale
        scale(self._copy, box.size, target.subsurface(box))
        return box

    def _draw_notes(self, surface: pygame.Surface, hud: Hud, area: pygame.Rect, *, has_picture: bool) -> None:
        menu = self._events.menu
        if menu.shows_figures:
            self._plots.draw(surface, hud, self._writer, area)
        notice = f"waiting for {hud.waiting_for}" if hud.waiting_for else hud.notice
        if notice:
            draw_pill(surface, notice, self._writer, area.centerx, area.top + 2 * GAP)
        if not has_picture or menu.is_open:
            return
        now = time.monotonic()
        if self._keys_until is None:
            self._keys_until = now + _KEYS_SECONDS
        if now < self._keys_until or menu.shows_figures:
            more = [_MENU_KEY, _FIGURES_KEY]
            if menu.shows_figures and hud.slot != WATCHING:
                more.append(_DELAY_KEYS)
            draw_strip(surface, [*self._rows(), *more], self._writer, area, self._events.held.down)

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
