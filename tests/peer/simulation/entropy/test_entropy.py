"""Luck and clocks that would differ between machines: answered from the match, told, and undone."""

from __future__ import annotations

import datetime
import gc
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import planted_luck
import pygame
import pytest

from netcode.errors import GameError
from netcode.settings import MatchSettings
from peer.records.entropy_news import EntropyNews, entropy_lines
from peer.simulation.entropy.match_entropy import CLOCKED, EPOCH_S, SEEDED, MatchEntropy
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.make import make_simulation

GAMES = {
    "DefaultRng": ("numpy.random without a seed", SEEDED),
    "LegacyRandomState": ("numpy.random without a seed", SEEDED),
    "PythonRandom": ("random.Random", SEEDED),
    "SystemRandom": ("random.SystemRandom.random", SEEDED),
    "Secrets": ("secrets.randbelow", SEEDED),
    "Urandom": ("os.urandom", SEEDED),
    "BoundUrandom": ("os.urandom", SEEDED),
    "Uuid4": ("uuid.uuid4", SEEDED),
    "Uuid1": ("uuid.uuid1", SEEDED),
    "Reseeds": ("random.seed", SEEDED),
    "ReseedsNumpy": ("numpy.random without a seed", SEEDED),
    "SamplesSpace": ("gymnasium.spaces.box.Box.sample", SEEDED),
    "WallClock": ("time.time", CLOCKED),
    "LocalImport": ("time.monotonic", CLOCKED),
    "BoundClock": ("time.perf_counter", CLOCKED),
    "BoundNanoseconds": ("time.time_ns", CLOCKED),
    "Calendar": ("time.localtime", CLOCKED),
    "Now": ("datetime.datetime.now", CLOCKED),
    "BoundNow": ("datetime.datetime.now", CLOCKED),
    "Today": ("datetime.date.today", CLOCKED),
    "PygameTicks": ("pygame.time.get_ticks", CLOCKED),
    "PygameClock": ("pygame.time.Clock.tick", CLOCKED),
    "BusyWait": ("time.perf_counter", CLOCKED),
}
LINES = Path(planted_luck.__file__).read_text().splitlines()


def made(game: str, seed: int = 3) -> EnvironmentSimulation:
    settings = MatchSettings(env=f"planted_luck:{game}", players=2, seed=seed, env_args={"length": 12})
    return EnvironmentSimulation(settings)


def play(simulation: EnvironmentSimulation, frames: int) -> list[bytes]:
    return [simulation.step([b"\x02", b"\x00"]) for _ in range(frames)]


def positions(simulation: EnvironmentSimulation) -> dict[str, float]:
    return dict(simulation.env.unwrapped.positions)


@pytest.mark.parametrize("game", GAMES)
def test_every_peer_draws_the_same_and_draws_it_again(game: str) -> None:
    one, other = made(game), made(game)
    played = play(one, 40)
    assert play(other, 40) == played
    assert one.digest() == other.digest()
    before = one.capture()
    onward = play(one, 10)
    one.restore(before)
    one.observe(0)
    one.render()
    assert play(one, 10) == onward
    one.begin_episode(2)
    other.begin_episode(2)
    assert one.digest() == other.digest()


@pytest.mark.parametrize("game", ["DefaultRng", "WallClock"])
def test_an_episode_draws_by_its_number_however_it_was_reached(game: str) -> None:
    plain = made(game)
    match = make_simulation(plain.settings)
    assert match.reuses_environment
    play(plain, 12 + 12 + 3)
    play(match, 5)
    match.begin_episode(2)
    play(match, 3)
    assert match.digest() == plain.digest()


@pytest.mark.parametrize("game", GAMES)
def test_every_place_is_told_with_file_and_line(game: str) -> None:
    simulation = made(game)
    play(simulation, 20)
    told = [use.as_dict() for use in simulation.entropy]
    source, treatment = GAMES[game]
    found = next(use for use in told if use["code"].endswith("# the draw"))
    assert (found["source"], found["treatment"]) == (source, treatment)
    assert found["file"] == "planted_luck.py"
    class_begins = next(i for i, line in enumerate(LINES) if line.startswith(f"class {game}("))
    assert class_begins < found["line"] <= class_begins + 10


def test_other_seeds_bring_other_luck_and_frames_differ() -> None:
    one, other = made("Urandom", seed=1), made("Urandom", seed=2)
    play(one, 5), play(other, 5)
    assert positions(one) != positions(other)
    entropy = MatchEntropy(1)
    drawn = set()
    for moment in [("make", 0, 0), ("reset", 0, 0), ("step", 0, 1), ("step", 0, 2), ("step", 1, 1)]:
        entropy.at(*moment)
        drawn |= {entropy.draw(8), entropy.draw(8)}
    assert len(drawn) == 10


def test_the_clock_goes_by_frames() -> None:
    entropy = MatchEntropy(1, fps=50)
    entropy.at("step", 0, 100)
    assert entropy.elapsed() == pytest.approx(2.0, abs=1e-4)
    assert entropy.elapsed() > 2.0
    simulation = made("WallClock")
    read: list[float] = []
    walk: Any = simulation.env.unwrapped
    walk.noise = lambda: read.append(eval("time.time()", vars(planted_luck))) or 0.0
    play(simulation, 4)
    steps = [b - a for a, b in zip(read[::2], read[2::2], strict=False)]
    assert steps == pytest.approx([1 / 30] * 3, abs=1e-5)
    assert 0 < read[0] - EPOCH_S < 1


def test_honest_games_are_not_accused() -> None:
    simulation = made("OfAnotherLibrary")
    play(simulation, 20)
    simulation.render()
    assert simulation.entropy == []


def test_nothing_stays_replaced() -> None:
    def present() -> list[Any]:
        generator = np.random.bit_generator
        names = [time.time, time.perf_counter, os.urandom, datetime.datetime, random.Random.seed, random.seed]
        bound = [planted_luck.urandom, planted_luck.perf_counter, planted_luck.bound_datetime]
        return [*names, *bound, pygame.time.Clock, generator.randbits]

    before = present()
    simulation = made("BoundClock")
    play(simulation, 3)
    assert all(a is b for a, b in zip(present(), before, strict=True))
    assert abs(time.time() - EPOCH_S) > 10**8
    assert os.urandom(8) != os.urandom(8)

    class BreaksError(Exception):
        pass

    def breaks(_: Any) -> Any:
        raise BreaksError

    walk: Any = simulation.env.unwrapped
    walk.step = breaks
    with pytest.raises(GameError):
        play(simulation, 1)
    assert all(a is b for a, b in zip(present(), before, strict=True))


def test_other_threads_keep_their_clock() -> None:
    simulation = made("WallClock")
    seen: list[float] = []
    walk: Any = simulation.env.unwrapped
    honest = walk.step

    def step(actions: Any) -> Any:
        def look() -> None:
            seen.append(eval("time.time()", vars(planted_luck)))

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return honest(actions)

    walk.step = step
    play(simulation, 1)
    assert seen[0] - EPOCH_S > 10**8


def test_news_are_said_once_and_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    simulation = made("WallClock")
    news = EntropyNews(simulation, said.append)
    news.look()
    assert said == []
    play(simulation, 2)
    news.look()
    news.look()
    (line,) = said
    assert line.startswith("time.time at planted_luck.py:")
    assert line.endswith(": goes by the match's frames")
    assert [place["code"] for place in news.told()] == ["return time.time() % 1  # the draw"]
    (verdict,) = entropy_lines([{"entropy": news.told()}, {"entropy": news.told()}, {}])
    assert verdict.startswith("Luck and time taken from the match: time.time at planted_luck.py:")
    assert entropy_lines([{}]) == []
    monkeypatch.setattr("peer.records.entropy_news.LINES", 1)
    play(simulation, 2)
    walk: Any = simulation.env.unwrapped
    walk.noise = planted_luck.Urandom.noise.__get__(walk)
    play(simulation, 1)
    news.look()
    assert said[1:] == ["more such places are in the report"]


def test_what_a_callback_of_the_garbage_collector_asks_is_not_the_games() -> None:
    asked: list[float] = []

    def callback(phase: str, info: dict[str, int]) -> None:
        asked.append(time.perf_counter())

    gc.callbacks.append(callback)
    try:
        simulation = made("Collects")
        play(simulation, 3)
    finally:
        gc.callbacks.remove(callback)
    assert asked and max(asked) <= time.perf_counter()
    assert simulation.entropy == []


def test_modules_are_loaded_by_the_machines_own_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of pandas in C derive from `datetime`, and must not find what stands for it in a game."""
    (tmp_path / "loaded_late.py").write_text(
        "import datetime, time, gymnasium\n"
        "KINDS = [datetime.datetime.__module__, datetime.datetime.__name__, type(time.time).__name__]\n"
        "class Env(gymnasium.Env):\n"
        "    observation_space = action_space = gymnasium.spaces.Discrete(2)\n"
        "    def reset(self, seed=None, options=None):\n"
        "        return 0, {}\n"
        "    def step(self, action):\n"
        "        return 0, time.time() % 1, False, False, {}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    gymnasium.register(id="LoadedLate-v0", entry_point="loaded_late:Env")
    try:
        simulation = EnvironmentSimulation(MatchSettings(env="LoadedLate-v0", players=1))
        play(simulation, 2)
        kinds = sys.modules["loaded_late"].KINDS
    finally:
        del gymnasium.registry["LoadedLate-v0"]
        sys.modules.pop("loaded_late", None)
    assert kinds == ["datetime", "datetime", "builtin_function_or_method"]
    assert [use.source for use in simulation.entropy] == ["time.time"], "but in play it goes by frames"
