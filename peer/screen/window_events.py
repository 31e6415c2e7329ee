"""What a window hears: keys and pads for the game, keys for the menu, its own few keys, and its closing."""

from __future__ import annotations

from typing import Any, Final

import pygame

from peer.controllers.pad_keys import is_pad, on_first_pad, pad_code
from peer.screen.gamepads import Gamepads
from peer.screen.held_keys import HeldKeys
from peer.screen.menu import Menu

_DELAY_STEPS: Final = {pygame.K_F2: -1, pygame.K_F3: 1}
_START: Final = pad_code("pad_7")  # opens the menu, unless it is one of the game's keys


class WindowEvents:
    """Reads pygame's queue; the same whether the window is drawn or not."""

    def __init__(self) -> None:
        self.held = HeldKeys()
        self.pads = Gamepads(self.held)
        self.menu = Menu()
        self.open = True
        self._delay_steps = 0

    def poll(self) -> bool:
        """Handle what has come. False: the player closed the window, or left in the menu."""
        for event in pygame.event.get():
            self._hear(event)
        return self.open and not self.menu.left

    def take_delay_steps(self) -> int:
        steps, self._delay_steps = self._delay_steps, 0
        return steps

    def end(self) -> None:
        """Nothing more is played: any key closes."""
        self.menu = Menu()
        self.held.release_all()

    def _hear(self, event: Any) -> None:
        match event.type:
            case pygame.QUIT | pygame.WINDOWCLOSE:
                self.open = False
            case pygame.KEYDOWN:
                self._key_down(event.key)
            case pygame.KEYUP:
                self.held.release(event.key)
            case pygame.WINDOWFOCUSLOST:  # keys that come up now are never heard of
                self.held.release_all()
                self.pads.let_go()
            case _:
                for code in self.pads.hear(event):
                    self._pad_down(code)

    def _key_down(self, code: int) -> None:
        if code == pygame.K_F1:
            self.menu.shows_figures = not self.menu.shows_figures
        elif code in _DELAY_STEPS:
            self._delay_steps += _DELAY_STEPS[code]
        elif self.menu.is_open:
            self.menu.press(code)
        elif code == pygame.K_ESCAPE:
            self._open_menu()
        else:
            self.held.press(code)

    def _pad_down(self, code: int) -> None:
        """The pad has pressed it already."""
        if self.menu.is_open:
            self.held.release_all()
            self.menu.press(code)
        elif on_first_pad(code) == _START and not self._is_the_games(code):
            self._open_menu()

    def _is_the_games(self, code: int) -> bool:
        code = on_first_pad(code) if is_pad(code) else code
        return any(code in row.codes for row in self.menu.rows)

    def _open_menu(self) -> None:
        self.held.release_all()
        self.menu.open()
