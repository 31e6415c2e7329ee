"""Machines keep the same packages in other folders: what names a file there is no difference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgpack
import pytest
from other_process import make, random_inputs

from netcode.settings import MatchSettings
from peer.simulation.state import digest as state_digest
from peer.simulation.state.portable_paths import beneath, portable

SENDER = Path(__file__).parents[1] / "other_process.py"
GAME = """
from pathlib import Path

import planted_games


class Filed(planted_games.Walk):
    def __init__(self, render_mode=None):
        super().__init__(render_mode=render_mode)
        self.level = str(Path(__file__).with_name("level.txt"))
        self.levels = [self.level, "level"]
        self.seen = {self.level: 0}

    def noise(self):
        self.seen[self.level] += 1
        self.levels = [*self.levels[-5:], self.level]
        return len(Path(self.level).read_text()) / 100
"""
TOLD = {
    "settings": MatchSettings(env="filed_game:Filed", players=2, seed=7).model_dump(),
    "blind": False,
    "before": 30,
    "after": 30,
}


def install(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "filed_game.py").write_text(GAME)
    (folder / "level.txt").write_text("four")
    return folder


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What another process says of the game, which lies elsewhere for it than here."""
    path = [str(install(tmp_path / "another" / "machine")), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SENDER)],
        input=msgpack.packb([TOLD]),
        capture_output=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
    )
    monkeypatch.syspath_prepend(install(tmp_path / "here"))
    monkeypatch.delitem(sys.modules, "filed_game", raising=False)
    (answer,) = msgpack.unpackb(done.stdout)
    return answer


def test_where_a_package_lies_makes_no_difference(there, tmp_path):
    simulation = make(TOLD)
    for frame in random_inputs(simulation, 30, seed=1):
        simulation.step(frame)
    assert simulation.digest() == there["digest"]
    env = simulation.layers()[-1]
    assert Path(env.level).parent == tmp_path / "here"
    assert list(env.seen) == [env.level] and env.levels[-1] == env.level
    for frame, outcome in zip(random_inputs(simulation, 30, seed=2), there["outcomes"], strict=True):
        assert simulation.step(frame) == outcome


def test_it_would_without(there, monkeypatch):
    monkeypatch.setattr(state_digest, "portable", str)
    simulation = make(TOLD)
    for frame in random_inputs(simulation, 30, seed=1):
        simulation.step(frame)
    assert simulation.digest() != there["digest"]


@pytest.mark.parametrize("text", ["", "level", "relative/level.txt", "/", "/nowhere/at/all", "http://a/b"])
def test_other_texts_stay_as_they_are(text):
    assert portable(text) == text and beneath(text) is None


def test_the_nearest_folder_counts(tmp_path, monkeypatch):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(inner), *sys.path])
    file = inner / "c.txt"
    assert beneath(str(file)) == "c.txt"
