"""Draws docs/window*.png: the real window over a real match, in virtual time. `make docs`

It draws into memory, so it needs no display.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

os.environ["SDL_VIDEODRIVER"] = "dummy"

import pygame

from netcode.settings import MatchSettings
from netcode.simulator.match import VirtualMatch, VirtualPeer
from netcode.simulator.weather import Weather
from peer.controllers.local_players import LocalPlayers
from peer.match_config import load_match_config
from peer.records.scores import Scores
from peer.screen.last_page import last_page
from peer.screen.match_view import MatchView
from peer.screen.start import StartScreen
from peer.screen.window import Window
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.make import make_simulation

DOCS: Final = Path(__file__).parent.parent
BAD_LINK: Final = Weather(delay_ms=150, jitter_ms=40, loss=0.05)
HALFWAY: Final = 11.0  # seconds
ALMOST: Final = 19.5


class Keypad:
    """The environment, played with the simulator's inputs: each stands for one of its actions."""

    def __init__(self, inner: EnvironmentSimulation) -> None:
        self.inner = inner
        self.capture, self.restore, self.digest = inner.capture, inner.restore, inner.digest
        self.flatten = inner.flatten

    def step(self, inputs: Sequence[bytes]) -> bytes:
        return self.inner.step([bytes([(0, 2, 3, 4, 4, 4)[data[0] % 6]]) for data in inputs])

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return len(data) == 1


class SeenMatch(VirtualMatch):
    """The first player has a window."""

    view: MatchView | None = None

    def _tick(self, peer: VirtualPeer) -> float:
        before = peer.session.frame
        if self.view is not None and peer is self.peers[0]:
            self.view.begin_frame()
        wait = super()._tick(peer)
        if self.view is not None and peer is self.peers[0]:
            self.view.show(peer.session, peer.session.frame > before, 1.0)
        return wait


def save(window: Window, name: str) -> None:
    pygame.image.save(window._window.get_surface(), DOCS / name)


def press(*codes: int) -> None:
    for code in codes:
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code))


def release(*codes: int) -> None:
    for code in codes:
        pygame.event.post(pygame.event.Event(pygame.KEYUP, key=code))


def main() -> None:
    config = load_match_config("knights_archers_zombies", display=True)
    settings = MatchSettings.parse(
        config.match | {"fps": 15.0, "digest_interval": 15, "frames": 300, "input_delay": 1}
    )
    simulation = make_simulation(settings)
    window = Window("docs")
    with TemporaryDirectory() as folder:
        players = LocalPlayers(
            {0: "keyboard"},
            1,
            simulation,
            pressed_keys=window.pressed_keys,
            keys=config.keys,
            default_action=config.default_action,
            key_file=Path(folder, "keys.toml"),
        )
        window.offer_keys(players.board)
        draw_start(window, settings, simulation)
        draw_match(window, settings, simulation)


def draw_start(window: Window, settings: MatchSettings, simulation: EnvironmentSimulation) -> None:
    start = StartScreen(window, settings.env)
    start.status = "room 7QK: 1 of 2 players (ann)"
    start.look()
    save(window, "window-start.png")
    start.status = "ann - bob"
    press(pygame.K_a)
    times = iter([0.0, 0.3, 9.0])
    start.count_down(simulation.render(), lambda: False, 3.0, lambda: next(times), lambda seconds: None)
    save(window, "window-countdown.png")
    release(pygame.K_a)
    window.pressed_keys()


def draw_match(window: Window, settings: MatchSettings, simulation: EnvironmentSimulation) -> None:
    games = iter([simulation, make_simulation(settings)])
    match = SeenMatch(settings, BAD_LINK, hold=0.8, game=lambda _: Keypad(next(games)))
    match.view = MatchView(window, simulation, "ann")
    match.run(HALFWAY)
    press(pygame.K_w, pygame.K_SPACE)
    window.poll()
    window.redraw()
    save(window, "window.png")
    release(pygame.K_w, pygame.K_SPACE)
    window.pressed_keys()
    press(pygame.K_F1)
    match.run(ALMOST)
    window._keys_until = 0.0
    window.redraw()
    save(window, "window-figures.png")
    press(pygame.K_F1, pygame.K_ESCAPE, pygame.K_DOWN)
    window.poll()
    window.redraw()
    save(window, "window-menu.png")
    press(pygame.K_RETURN, pygame.K_DOWN, pygame.K_DOWN, pygame.K_RETURN, pygame.K_q)
    window.poll()
    window.redraw()
    save(window, "window-keys.png")
    press(pygame.K_ESCAPE, pygame.K_ESCAPE)
    match.run(2 * ALMOST)
    session = match.peers[0].session
    assert session.ending is not None
    scores = Scores(simulation, 2)
    scores.add(match.peers[0].confirmed)
    end = last_page(session.ending.text, True, ("ann", "bob"), scores)
    window.show_end(replace(end, figures=match.view.figures_of_the_end(session)), seconds=0.02)
    save(window, "window-end.png")


if __name__ == "__main__":
    main()
