"""Globals of the environment's modules and attributes of its classes are state like any other."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgpack
import planted_globals
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from other_process import random_inputs

from netcode.settings import MatchSettings
from peer.simulation.check.certify import certify
from peer.simulation.check.claims import DRAWING
from peer.simulation.check.virtual_match import Entry, play_entry
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.state import module_globals
from peer.simulation.state.diff import differences
from peer.simulation.state.graph import capture, restore
from peer.simulation.state.module_globals import OwnGlobals

SENDER = Path(__file__).parents[1] / "other_process.py"
SHELF = MatchSettings(env="planted_globals:Shelf", players=2, seed=7)
OTHER = MatchSettings(env="planted_globals:Other", players=2, seed=7)
TOLD = {"settings": SHELF.model_dump(), "blind": False, "before": 70, "after": 60}


def played(frames: int, match: MatchSettings = SHELF) -> EnvironmentSimulation:
    simulation = EnvironmentSimulation(match)
    for frame in random_inputs(simulation, frames, seed=1):
        simulation.step(frame)
    return simulation


def step_all(simulation: EnvironmentSimulation, frames: Sequence[Sequence[bytes]]) -> list[bytes]:
    return [simulation.step(frame) for frame in frames]


def test_a_game_that_keeps_its_state_in_globals_is_certified():
    report = certify(SHELF, 120)
    assert report.ok, report
    assert report.mode == "rollback"
    assert report.episodes >= 2
    assert [check.culprit.function for check in report.checks if check.culprit] == ["Shelf.render"]
    assert [check.claim for check in report.checks if check.passed is None] == [DRAWING]


def test_it_is_the_game_that_the_plain_environment_is():
    spec = importlib.util.spec_from_file_location("untouched", planted_globals.__file__)
    untouched = importlib.util.module_from_spec(spec)
    sys.modules["untouched"] = untouched
    spec.loader.exec_module(untouched)
    plain = untouched.Shelf()
    del sys.modules["untouched"]
    plain.reset(seed=1)  # its luck is another: what counts comes from globals
    simulation = EnvironmentSimulation(SHELF)
    for index, frame in enumerate(random_inputs(simulation, 39, seed=1)):
        if index % 6 == 5:
            start = simulation.capture()
            step_all(simulation, random_inputs(simulation, 5, seed=index))
            simulation.restore(start)
        simulation.step(frame)
        plain.step(dict.fromkeys(plain.agents, 2))
        simulation.ask(lambda _: None)  # its globals are in place
        assert [shot.number for shot in planted_globals.shots] == [shot.number for shot in untouched.shots]
        assert planted_globals.scores == untouched.scores
        assert (planted_globals.level, planted_globals.Shot.flying) == (
            untouched.level,
            untouched.Shot.flying,
        )
        assert planted_globals.grid.tolist() == untouched.grid.tolist()
        assert (planted_globals.wind is None) == (untouched.wind is None)
        assert vars(planted_globals).get("gust") == vars(untouched).get("gust")


def test_frames_are_taken_back_and_played_again():
    simulation = played(50)
    for depth in (1, 2, 7, 30, 55):  # over the end of an episode, too
        start, digest, flat = simulation.capture(), simulation.digest(), simulation.flatten()
        frames = random_inputs(simulation, depth, seed=depth)
        outcomes, after = step_all(simulation, frames), simulation.digest()
        assert after != digest
        simulation.restore(start)
        assert simulation.digest() == digest
        assert not differences(simulation.flatten(), flat)
        assert step_all(simulation, frames) == outcomes
        assert simulation.digest() == after


def test_two_games_of_a_process_take_turns():
    alone = [played(70), played(70, OTHER)]
    expected = [game.digest() for game in alone]
    games = [EnvironmentSimulation(match) for match in (SHELF, OTHER, SHELF)]
    frames = random_inputs(games[0], 70, seed=1)
    for frame in frames:
        for game in games:
            game.step(frame)
    assert [game.digest() for game in games] == [*expected, expected[0]]


def test_whole_matches_agree_with_the_plain_game():
    result = play_entry(Entry("planted_globals:Shelf", 2, "Discrete", {"length": 120}), 300)
    assert not result.faults
    assert result.episodes >= 2
    assert result.rollbacks > 50
    assert result.deepest >= 3


def test_episodes_begin_with_them_as_at_first():
    simulation, late = played(100), EnvironmentSimulation(SHELF)
    assert simulation.episode == 2
    late.begin_episode(2)
    step_all(late, random_inputs(late, 100, seed=1)[80:])
    assert late.digest() == simulation.digest()


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, Any]:
    """The same game on a machine with other constants; it draws."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SENDER)],
        input=msgpack.packb([TOLD]),
        capture_output=True,
        check=True,
        timeout=60,
        env={**os.environ, "MACHINE": "another", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    (answer,) = msgpack.unpackb(done.stdout)
    return answer


def test_constants_that_differ_between_machines_are_no_difference(elsewhere):
    simulation = played(70)
    assert simulation.digest() == elsewhere["digest"]
    for index, frame in enumerate(random_inputs(simulation, 60, seed=2)):
        assert simulation.step(frame) == elsewhere["outcomes"][index]
        assert simulation.digest() == elsewhere["digests"][index]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda: setattr(planted_globals, "level", 1000), "globals.planted_globals.level: "),
        (lambda: setattr(planted_globals.Shot, "flying", -1), "globals.planted_globals.Shot.flying: "),
        (lambda: planted_globals.scores["power 0"].append(5), "globals.planted_globals.scores['power 0']["),
        (lambda: planted_globals.grid.__setitem__((1, 2), -1), "globals.planted_globals.grid[1,2]: "),
        (lambda: planted_globals.__dict__.__setitem__("new", 3), "globals.planted_globals.new: "),
        (lambda: planted_globals.__dict__.pop("level"), "globals.planted_globals.level: "),
        (lambda: planted_globals.FOLDERS.append("c"), "type(globals.planted_globals.FOLDERS): (absent) "),
    ],
)
def test_a_difference_is_named(change, path):
    one, other = played(33), played(33)
    digest = other.digest()
    assert one.digest() == digest
    other.ask(lambda _: None)
    change()
    assert other.digest() != digest
    (first, *_) = differences(one.flatten(), other.flatten())
    assert first.startswith(path)


def test_who_draws_and_who_does_not_agree():
    one, other = played(20), played(20)
    for frame in random_inputs(one, 40, seed=4):
        one.render()
        assert one.step(frame) == other.step(frame)
        assert one.digest() == other.digest()


def test_a_cache_of_pictures_stays_warm(monkeypatch):
    monkeypatch.setenv("DRAWN", "0")
    simulation = played(20)
    for _ in range(5):
        simulation.render()
    assert os.environ["DRAWN"] == "1"
    simulation.ask(lambda _: None)
    assert not planted_globals.Shot.pictures, "and is none of the state"


def test_tables_pictures_and_what_leads_to_the_environment_are_left_alone():
    simulation = played(1)
    held = simulation.ask(lambda env: OwnGlobals(env).values())
    assert "planted_globals.shots" in held
    assert not {f"planted_globals.{name}" for name in ("table", "many", "sheet", "games", "Walk")} & set(held)


NAMES = st.sampled_from(["level", "wind", "scores", "shots", "new", "newer"])
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=3))
CHANGES = st.lists(st.tuples(NAMES, st.sampled_from(["set", "class", "delete", "grow"]), VALUES), max_size=12)


@given(CHANGES, CHANGES)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_whatever_is_done_to_them_is_taken_back(before, after):
    root = OwnGlobals(planted_globals.Shelf())
    try:
        change(before)
        snapshot, held = capture((root,)), {name: repr(value) for name, value in root.values().items()}
        change(after)
        restore(snapshot)
        assert {name: repr(value) for name, value in root.values().items()} == held
    finally:
        root.reset()
    assert root.values() == root.first


def change(changes: list[tuple[str, str, Any]]) -> None:
    for name, how, value in changes:
        space: Any = planted_globals.Shot if how == "class" else planted_globals
        if how in ("set", "class"):
            setattr(space, name, value)
        elif how == "delete":
            vars(planted_globals).pop(name, None)
        elif type(vars(planted_globals).get(name)) is list:
            vars(planted_globals)[name].append(value)


FAR_AWAY = """
from late_games import Late

class Game(Late):
    def __init__(self):
        super().__init__()
        {imports}

    def play(self, left, right):
        {imports}
        rules.speed = (rules.speed * 3 + left * 4 + right) % 101
        return rules.speed
"""


@pytest.mark.parametrize(
    "imports", ["from {package} import rules", "from . import rules", "import {package}.rules as rules"]
)
def test_a_module_that_only_functions_import_is_own(imports, tmp_path, monkeypatch):
    package = f"far_away_{len(imports)}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "rules.py").write_text("speed = 1")
    text = FAR_AWAY.format(imports=imports.format(package=package))
    (tmp_path / package / "game.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    result = play_entry(Entry(f"{package}.game:Game", 2, ""), 80)
    assert result.faults == []
    assert result.rollbacks > 5
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def test_more_dots_than_packages_are_no_modules_name():
    code = compile("def go():\n    from ... import rules", "game.py", "exec")
    assert list(module_globals._imported_by(code, "game")) == ["", ".rules"]
