"""Before the match: who comes, and the countdown."""

from __future__ import annotations

import numpy as np
import pygame
import pytest

from peer.controllers.my_keys import KeyRow
from peer.screen.screen import Lobby
from peer.screen.start import COUNTDOWN, StartScreen, short_name


class Watched:
    """Counts what a window is asked to show."""

    visible = True

    def __init__(self) -> None:
        self.shown: list[Lobby] = []
        self.open = True

    def poll(self) -> bool:
        return self.open

    def wait(self, lobby: Lobby, picture: object = None) -> None:
        self.shown.append(lobby)


@pytest.fixture
def watched() -> Watched:
    return Watched()


class Time:
    def __init__(self) -> None:
        self.now = 10.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def count_down(start: StartScreen, time: Time, stop: float = 99.0) -> None:
    start.count_down(None, lambda: time.now >= stop, COUNTDOWN, lambda: time.now, time.sleep)


def test_it_counts_to_zero_and_is_smooth(watched: Watched) -> None:
    time = Time()
    count_down(StartScreen(watched, "game"), time)
    left = [lobby.countdown for lobby in watched.shown]
    assert left == sorted(left, reverse=True)
    assert left[0] == COUNTDOWN
    assert 0 < left[-1] < 0.05
    assert time.now == pytest.approx(10.0 + COUNTDOWN)
    assert len(left) >= 60 * COUNTDOWN - 1


def test_it_stops_when_asked_to_or_when_the_window_is_closed(watched: Watched) -> None:
    time = Time()
    count_down(StartScreen(watched, "game"), time, stop=11.0)
    assert time.now == pytest.approx(11.0, abs=0.1)
    watched.open = False
    start = StartScreen(watched, "game")
    count_down(start, time := Time())
    assert (time.now, start.closed) == (10.0, True)


def test_the_waiting_says_who_is_there(watched: Watched) -> None:
    start = StartScreen(watched, "pettingzoo:butterfly/knights_v1")
    start.status = "1 of 2"
    assert start.look()
    assert watched.shown == [Lobby("knights_v1", "1 of 2")]
    watched.open = False
    assert not start.look()


def test_names_of_games() -> None:
    assert short_name("CartPole-v1") == "CartPole-v1"
    assert len(short_name("module:" + "x" * 100)) == 40


def test_the_start_screen_shows_status_keys_and_countdown(window) -> None:
    class Board:
        def rows(self) -> list[KeyRow]:
            return [KeyRow("jump", ("Space",), 0, (pygame.K_SPACE,))]

    def shown(**facts: object) -> bytes:
        window.wait(Lobby("game", **{"status": "waiting", **facts}), picture)
        return pygame.surfarray.array3d(window._window.get_surface()).tobytes()

    picture = None
    pictures = {shown(), shown(status="two are here"), shown(countdown=2.5), shown(countdown=1.5)}
    window.offer_keys(Board())
    pictures.add(shown())
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SPACE))
    window.poll()
    pictures.add(shown())
    picture = np.full((90, 160, 3), 200, np.uint8)
    pictures.add(shown())
    assert len(pictures) == 7
