"""The planted games are reached as `planted_games:Name`, as a user's own would be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3] / "docs/diagrams"))  # for environments_page.py


@pytest.fixture(autouse=True)
def _planted_games(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
