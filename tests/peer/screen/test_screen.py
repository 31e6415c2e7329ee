"""With a display or without: what opens, and what is said when it cannot."""

from __future__ import annotations

import subprocess
import sys

import pygame
import pytest

from netcode.errors import NetplayError
from peer.displays import choose_driver
from peer.screen import End, Hud, Screen, check_display, headless, open_screen


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", True),
        ({"DISPLAY": ""}, "linux", True),
        ({"DISPLAY": ":0"}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ({"DISPLAY": ":0", "SDL_VIDEODRIVER": "dummy"}, "linux", True),
        ({"DISPLAY": ":0", "SDL_VIDEODRIVER": "x11"}, "linux", False),
        ({}, "darwin", False),
        ({}, "win32", False),
        ({"SDL_VIDEODRIVER": "offscreen"}, "win32", True),
    ],
)
def test_headless(environ: dict[str, str], platform: str, expected: bool) -> None:
    assert headless(environ, platform) is expected


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> None:
    """A display that is said to be there, and is not."""
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")


def test_without_a_display_nothing_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    screen: Screen = open_screen("title")
    assert type(screen) is Screen
    assert not screen.visible
    assert screen.poll()
    assert screen.pressed_keys() == ()
    screen.draw(None, Hud("ann", 0))
    screen.show_end(End("over", True), seconds=1000)  # does not wait
    screen.close()


def test_a_missing_pygame_is_told(monkeypatch: pytest.MonkeyPatch, display: None) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(NetplayError, match=r"pip install 'netplay\[window\]'"):
        open_screen("title")


def test_the_other_pygame_is_told(monkeypatch: pytest.MonkeyPatch, display: None) -> None:
    monkeypatch.delattr(pygame, "Window")
    with pytest.raises(NetplayError, match="pip uninstall pygame"):
        open_screen("title")


def test_a_display_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch, display: None) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "nosuch")
    with pytest.raises(NetplayError, match=r"cannot open a window: .*; unset DISPLAY"):
        open_screen("title")


def test_pygame_is_imported_only_when_a_window_opens() -> None:
    code = "import sys, peer.screen, peer.controllers; sys.exit('pygame' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("environ", "driver"),
    [
        ({}, "offscreen"),
        ({"DISPLAY": ":7"}, "x11"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "wayland"),
        ({"DISPLAY": ":7", "WAYLAND_DISPLAY": "wayland-0"}, None),
        ({"DISPLAY": ":7", "SDL_VIDEODRIVER": "dummy"}, "dummy"),
    ],
)
def test_the_driver_is_the_one_of_the_display_that_is_named(environ: dict[str, str], driver: str) -> None:
    choose_driver(environ, "linux")
    assert environ.get("SDL_VIDEODRIVER") == driver


def test_a_window_that_nobody_would_see_is_told(monkeypatch: pytest.MonkeyPatch, display: None) -> None:
    """An environment has opened pygame's display before us, where no display answered."""
    pygame.display.quit()
    monkeypatch.setenv("SDL_VIDEODRIVER", "offscreen")
    pygame.display.init()
    monkeypatch.delenv("SDL_VIDEODRIVER")
    for opening in (lambda: open_screen("title"), check_display):
        with pytest.raises(NetplayError, match="does not answer; unset DISPLAY"):
            opening()
    pygame.display.quit()
