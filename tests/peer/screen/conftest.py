"""A window drawn for real, into memory."""

from __future__ import annotations

from collections.abc import Iterator

import pygame
import pytest

from peer.screen.window import Window


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.quit()
    window = Window("test")
    yield window
    window.close()
    pygame.quit()
