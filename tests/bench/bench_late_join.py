"""What a late joiner waits for: an episode begun, and its inputs replayed."""

from __future__ import annotations

import os
import random
import statistics
import time

from rows import Row

from netcode.settings import MatchSettings
from peer.simulation.make import make_simulation

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

GAMES = {
    "KAZ": MatchSettings(
        env="pettingzoo:butterfly/knights_archers_zombies_v11",
        env_args={"num_archers": 1, "num_knights": 1},
    ),
    "cooperative_pong": MatchSettings(env="pettingzoo:butterfly/cooperative_pong_v6"),
    "CartPole": MatchSettings(env="CartPole-v1", players=1),
}
REPLAYED = 3_000
TEN_MINUTES = 600 * 60  # frames at 60 fps
TIMES = 40


def rows() -> list[Row]:
    """Four a game."""
    return [row for name in GAMES for row in rows_of(name)]


def rows_of(name: str) -> list[Row]:
    game = make_simulation(GAMES[name])
    rng = random.Random(1)
    inputs = [[codec.sample(rng) for codec in game.codecs] for _ in range(REPLAYED)]
    started = time.perf_counter()
    for frame in inputs:
        game.step(frame)
    rate = REPLAYED / (time.perf_counter() - started)
    begun = []
    for number in range(TIMES):
        started = time.perf_counter()
        game.begin_episode(number)
        begun.append((time.perf_counter() - started) * 1000)
    bare = _bare_rate(name)
    return [
        Row(f"{name}: an episode begun", statistics.median(begun), "ms", ""),
        Row(f"{name}: replayed frames a second", rate, "/s", ""),
        Row(f"  against the bare environment's loop ({bare:,.0f}/s)", rate / bare, "x", ""),
        Row(f"{name}: ten minutes at 60 fps, replayed", TEN_MINUTES / rate, "s", ""),
    ]


def _bare_rate(name: str) -> float:
    """Frames a second of the environment alone, as anybody would loop over it."""
    plain = make_simulation(GAMES[name], observation_free=False)
    rng = random.Random(1)
    inputs = [[codec.sample(rng) for codec in plain.codecs] for _ in range(REPLAYED // 5)]
    started = time.perf_counter()
    for frame in inputs:
        plain.step(frame)
    return len(inputs) / (time.perf_counter() - started)


if __name__ == "__main__":
    for row in rows():
        print(row)
