"""The menu: what opens it, what it does, and that the game hears nothing meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygame
import pytest

from peer.controllers.my_keys import KeyRow
from peer.controllers.pad_keys import pad_code
from peer.screen import Hud
from peer.screen.menu import Menu, Page
from peer.screen.screen import Lobby

K = pygame


class Board:
    def __init__(self) -> None:
        self.changes: list[tuple[int, int] | str] = []

    def rows(self) -> Sequence[KeyRow]:
        return [KeyRow("left", ("A",), 0, (K.K_a,)), KeyRow("right", ("D",), 0, (K.K_d,))]

    def rebind(self, row: int, code: int) -> str:
        self.changes.append((row, code))
        return "changed"

    def reset(self) -> str:
        self.changes.append("reset")
        return "as at first"


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def menu(board: Board) -> Menu:
    menu = Menu()
    menu.offer(board)
    menu.open()
    return menu


def press(menu: Menu, *codes: int | None) -> None:
    for code in codes:
        assert code is not None
        menu.press(code)


def down(*codes: int) -> None:
    for code in codes:
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code))


def test_a_key_is_changed(menu: Menu, board: Board) -> None:
    press(menu, K.K_DOWN, K.K_RETURN)
    assert menu.page is Page.KEYS
    press(menu, K.K_DOWN, K.K_RETURN)
    assert menu.page is Page.LISTENING
    press(menu, K.K_j)
    assert board.changes == [(1, K.K_j)]
    assert (menu.page, menu.note) == (Page.KEYS, "changed")
    press(menu, K.K_BACKSPACE, K.K_ESCAPE, K.K_ESCAPE)
    assert board.changes[1:] == ["reset"]
    assert not menu.is_open


def test_keys_of_the_window_are_not_given_away(menu: Menu, board: Board) -> None:
    press(menu, K.K_DOWN, K.K_RETURN, K.K_RETURN, K.K_F1)
    assert "choose another" in menu.note
    press(menu, K.K_RETURN, K.K_ESCAPE)
    assert board.changes == []
    assert menu.page is Page.KEYS


def test_with_a_pad(menu: Menu, board: Board) -> None:
    pad_down, a, b = (pad_code(f"pad_{name}", 2) for name in ("down", "a", "b"))
    press(menu, pad_down, a, a, b)
    assert board.changes == [(0, b)], "while it listens, B is a key as any"
    press(menu, b, b)
    assert not menu.is_open


def test_leaving_and_going_round(menu: Menu) -> None:
    press(menu, K.K_UP)
    assert menu.row == len(menu.choices) - 1
    press(menu, K.K_RETURN)
    assert menu.left


def test_without_keys_there_are_none_to_change() -> None:
    menu = Menu()
    menu.open()
    press(menu, K.K_DOWN, K.K_RETURN)
    assert menu.shows_figures
    assert not menu.is_open


def test_while_it_is_open_the_game_hears_nothing(window, board: Board) -> None:
    window.offer_keys(board)
    window.draw(np.zeros((90, 160, 3), np.uint8), Hud("ann", 0))
    before = pygame.surfarray.array3d(window._window.get_surface())
    down(K.K_a, K.K_ESCAPE, K.K_d)
    assert window.pressed_keys() == ()
    window.redraw()
    assert (before != pygame.surfarray.array3d(window._window.get_surface())).any()
    down(K.K_ESCAPE, K.K_d)
    assert window.pressed_keys() == (K.K_d,)


def test_leaving_in_the_menu_closes(window) -> None:
    down(K.K_ESCAPE, K.K_UP, K.K_RETURN)
    assert not window.poll()


def test_it_opens_on_the_start_screen_too(window, board: Board) -> None:
    window.offer_keys(board)
    window.wait(Lobby("game", "waiting"))
    before = pygame.surfarray.array3d(window._window.get_surface())
    down(K.K_ESCAPE)
    window.poll()
    window.wait(Lobby("game", "waiting"))
    assert (before != pygame.surfarray.array3d(window._window.get_surface())).any()
