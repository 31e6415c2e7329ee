"""From a key to its action on the screen: through the real loop, session and window, on a scripted clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pygame
import pytest

from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from peer.frame_loop import FrameLoop
from peer.screen import MatchView
from peer.screen.look import BAR_HEIGHT
from peer.screen.window import Window
from peer.timing import TimedSimulation

PRESSED = (250, 20, 20)


class LampGame:
    """Shows the input of the newest frame: red while the key is down."""

    def __init__(self) -> None:
        self.lit = 0
        self.renders = 0

    def step(self, inputs: Sequence[bytes]) -> bytes:
        self.lit = inputs[0][0]
        return inputs[0]

    def capture(self) -> int:
        return self.lit

    def restore(self, snapshot: int) -> None:
        self.lit = snapshot

    def digest(self, snapshot: int | None = None) -> bytes:
        return bytes(8)

    def flatten(self, snapshot: int | None = None) -> dict[str, int]:
        return {}

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return len(data) == 1

    def render(self) -> np.ndarray:
        self.renders += 1
        return np.full((40, 60, 3), PRESSED if self.lit else (0, 0, 90), np.uint8)


class ScriptedClock:
    """Time passes only in naps; `at` tells what happens at which instant."""

    overslept = 0.0

    def __init__(self, at: dict[float, Callable[[], None]]) -> None:
        self._now = self._due = 0.0
        self._at = dict(at)

    def now(self) -> float:
        return self._now

    def left(self, seconds: float) -> float:
        return self._due + seconds - self._now

    def wait(self, seconds: float, between: Callable[[float], float]) -> None:
        self._due += seconds
        while (left := self._due - self._now) > 1e-9:
            self._now += between(left)
            for when in [when for when in self._at if when <= self._now]:
                self._at.pop(when)()


def nothing(*arguments: Any, **named: Any) -> tuple[()]:
    return ()


def loop_of(window: Window, clock: ScriptedClock, fps: float, delay: int) -> tuple[FrameLoop, LampGame]:
    settings = MatchSettings(env="lamp", players=1, fps=fps, input_delay=delay)
    game = LampGame()
    timed = TimedSimulation(game)
    session = PlayerSession(settings, (0,), (), (1,), (bytes(1),), {}, timed, 0.0)
    view = MatchView(window, game, "ann", clock.now)
    loop = FrameLoop(
        session,
        timed,
        SimpleNamespace(drain=nothing),
        SimpleNamespace(send=nothing),
        SimpleNamespace(receive=nothing, send=nothing),
        lambda frame: {0: bytes([pygame.K_w in window.pressed_keys()])},
        view,
        SimpleNamespace(write=nothing),
        SimpleNamespace(add=nothing),
        nothing,
    )
    loop._clock = clock
    return loop, game


def seen(window: Window) -> bool:
    surface = window._window.get_surface()
    return surface.get_at((surface.get_width() // 2, (surface.get_height() - BAR_HEIGHT) // 3))[:3] == PRESSED


@pytest.mark.parametrize("delay", [0, 1, 3])
@pytest.mark.parametrize("fps", [15.0, 60.0])
@pytest.mark.parametrize("phase", [0.02, 0.5, 0.98])
def test_it_takes_the_input_delay_and_one_frame_at_most(
    window: Window, monkeypatch: pytest.MonkeyPatch, delay: int, fps: float, phase: float
) -> None:
    period = 1 / fps
    pressed_at = (6 + phase) * period
    shown_at: list[float] = []

    def press() -> None:
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_w))

    clock = ScriptedClock({pressed_at: press})
    redraw = window.redraw

    def watched_redraw() -> None:
        redraw()
        if seen(window):
            shown_at.append(clock.now())

    monkeypatch.setattr(window, "redraw", watched_redraw)
    loop, _ = loop_of(window, clock, fps, delay)
    while not shown_at and clock.now() < 2.0:
        loop.tick()
    assert shown_at, "the action was never seen"
    assert pressed_at < shown_at[0] <= pressed_at + (delay + 1) * period + 1e-6


def test_a_frame_that_is_put_off_is_played_when_its_inputs_are_there(window: Window) -> None:
    loop, game = loop_of(window, ScriptedClock({}), 60.0, 0)
    answers, asked, received = [{0: b"\1"}, None, None, {0: b"\0"}], [], []

    def sample(frame: int) -> dict[int, bytes] | None:
        asked.append(frame)
        return answers.pop()

    loop._sample = sample
    loop._audience.receive = lambda arrivals: received.append(arrivals) or ()
    frames = []
    while answers:
        loop.tick()
        frames.append(loop.session.frame)
    first = asked[0]
    assert asked == [first, first + 1, first + 1, first + 1]
    assert frames[-4:] == [first + 1, first + 1, first + 1, first + 2]
    assert game.lit == 1
    assert len(received) == len(frames), "the network is looked after all the time"


def test_drawn_60_times_a_second_and_rendered_once_a_frame(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    redraw = window.redraw
    monkeypatch.setattr(window, "redraw", lambda: (drawn.append(clock.now()), redraw()))
    clock = ScriptedClock({})
    loop, game = loop_of(window, clock, 15.0, 2)
    for _ in range(15):
        loop.tick()
    assert 58 <= len(drawn) <= 61
    assert game.renders == loop.session.frame == 15
