"""The window: what drawing takes, and how often it is drawn while a game runs at 15 frames a second.

Drawn into memory: a real display adds what handing over a picture takes there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from statistics import median
from time import perf_counter
from typing import Final

import numpy as np
from rows import Row

from netcode.settings import MatchSettings
from peer.frame_clock import FrameClock
from peer.match_config import load_match_config
from peer.screen import Hud, Screen
from peer.screen.draw_times import DrawTimes, redraw_between
from peer.simulation.make import make_simulation

_DRAWINGS: Final = 100
_FPS: Final = 15
_SECONDS: Final = 3


def rows() -> list[Row]:
    before = os.environ.get("SDL_VIDEODRIVER")
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        return _measured()
    finally:
        if before is None:
            del os.environ["SDL_VIDEODRIVER"]
        else:
            os.environ["SDL_VIDEODRIVER"] = before


def _measured() -> list[Row]:
    from peer.screen.window import Window

    window = Window("bench")
    picture = np.full((720, 1280, 3), 90, np.uint8)

    frames = count()

    def draw() -> None:
        frame = next(frames)
        hud = Hud("ann", 0, frame=frame, ping_ms=frame % 90)
        window.record(hud)
        window.draw(picture, hud)

    found = [
        Row("window: a frame of 1280 x 720", _ms(draw), "ms", ""),
        Row("window: drawn again", _ms(window.redraw), "ms", "under 2"),
    ]
    window._events.menu.shows_figures = True
    found.append(Row("window: drawn again, with plots", _ms(window.redraw), "ms", "under 4"))
    window._events.menu.shows_figures = False
    found += _while_playing(window)
    window.close()
    return found


def _while_playing(window: Screen) -> list[Row]:
    """The real environment's picture, on the real clock."""
    config = load_match_config("knights_archers_zombies", display=True)
    game = make_simulation(MatchSettings.parse(config.match | {"fps": float(_FPS)}))
    times, clock, period = DrawTimes(), FrameClock(), 1 / _FPS
    began, late = perf_counter(), 0
    for frame in range(_SECONDS * _FPS):
        late += clock.left(0.0) < -0.002
        game.step(list(game.default_inputs))
        if times.may_draw(perf_counter(), clock.left(period)):
            started = perf_counter()
            window.draw(game.render(), Hud("ann", 0, frame=frame))
            times.drew(started, perf_counter())
        clock.wait(period, lambda left: redraw_between(window, times, left, perf_counter))
    took = perf_counter() - began
    game.close()
    return [
        Row("window: drawings a second, game at 15", (times.drawn + times.redrawn) / took, "", "at least 58"),
        Row("window: frames that began over 2 ms late", late, f"of {_SECONDS * _FPS}", ""),
    ]


def _ms(action: Callable[[], None]) -> float:
    taken = []
    for _ in range(_DRAWINGS):
        started = perf_counter()
        action()
        taken.append(perf_counter() - started)
    return median(taken) * 1000
