"""The menu over the picture: what it shows, and what a key does in it. Drawn in pages.py."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

import pygame

from peer.controllers.my_keys import KeyRow, MyKeys
from peer.controllers.pad_keys import is_pad, on_first_pad, pad_code

_ENTER: Final = frozenset({pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_SPACE, pad_code("pad_a")})
_BACK: Final = frozenset({pygame.K_ESCAPE, pad_code("pad_b")})
_STEPS: Final = {
    pygame.K_UP: -1,
    pygame.K_w: -1,
    pad_code("pad_up"): -1,
    pygame.K_DOWN: 1,
    pygame.K_s: 1,
    pad_code("pad_down"): 1,
}
RESERVED: Final = frozenset({pygame.K_ESCAPE, pygame.K_F1, pygame.K_F2, pygame.K_F3})  # never the game's


class Page(Enum):
    CLOSED = "closed"
    MAIN = "main"
    KEYS = "keys"
    LISTENING = "listening"  # for the key that is to do what the row says


class Choice(Enum):
    """The rows of the main page."""

    BACK = "Play on"
    KEYS = "Change keys"
    FIGURES = "Figures (F1)"
    LEAVE = "Leave"


class Menu:
    """Opened with Escape. While it is open its player's keys go to it, and not to the game."""

    def __init__(self) -> None:
        self.page = Page.CLOSED
        self.row = 0
        self.note = ""  # what the last change was
        self.left = False  # the player wants to leave
        self.shows_figures = False
        self._board: MyKeys | None = None

    def offer(self, board: MyKeys) -> None:
        self._board = board

    @property
    def is_open(self) -> bool:
        return self.page is not Page.CLOSED

    @property
    def rows(self) -> Sequence[KeyRow]:
        """What the keys do."""
        return self._board.rows() if self._board is not None else ()

    @property
    def choices(self) -> tuple[Choice, ...]:
        return tuple(choice for choice in Choice if choice is not Choice.KEYS or self.rows)

    def open(self) -> None:
        self.page, self.row, self.note = Page.MAIN, 0, ""

    def press(self, code: int) -> None:
        """A key went down while the menu is open."""
        if self.page is Page.LISTENING:
            self._bind(code)
            return
        code = on_first_pad(code) if is_pad(code) else code
        if code in _BACK:
            self.page, self.row = (Page.MAIN if self.page is Page.KEYS else Page.CLOSED), 0
        elif code in _STEPS:
            count = len(self.choices) if self.page is Page.MAIN else len(self.rows)
            self.row = (self.row + _STEPS[code]) % max(1, count)
        elif code in _ENTER:
            self._choose()
        elif self.page is Page.KEYS and code == pygame.K_BACKSPACE and self._board is not None:
            self.note = self._board.reset()

    def _choose(self) -> None:
        if self.page is Page.KEYS:
            self.page, self.note = Page.LISTENING, ""
            return
        match self.choices[self.row]:
            case Choice.BACK:
                self.page = Page.CLOSED
            case Choice.KEYS:
                self.page, self.row, self.note = Page.KEYS, 0, ""
            case Choice.FIGURES:
                self.shows_figures, self.page = not self.shows_figures, Page.CLOSED
            case Choice.LEAVE:
                self.left = True

    def _bind(self, code: int) -> None:
        self.page = Page.KEYS
        if code == pygame.K_ESCAPE:
            self.note = ""
        elif code in RESERVED:
            self.note = "this key is the window's own: choose another"
        elif self._board is not None:
            self.note = self._board.rebind(self.row, code)
