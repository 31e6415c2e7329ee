"""What a late joiner waits for: a state sent and loaded, beside replaying ten minutes of inputs."""

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
INTO_THE_EPISODE = 20


def rows() -> list[Row]:
    """Six a game."""
    return [row for name in GAMES for row in rows_of(name)]


def rows_of(name: str) -> list[Row]:
    sender, receiver = make_simulation(GAMES[name]), make_simulation(GAMES[name])
    rng = random.Random(1)
    inputs = [[codec.sample(rng) for codec in sender.codecs] for _ in range(REPLAYED)]
    started = time.perf_counter()
    for frame in inputs:
        sender.step(frame)
    rate = REPLAYED / (time.perf_counter() - started)
    while sender.episode_frame != INTO_THE_EPISODE:
        sender.step(rng.choice(inputs))
    encoded, loaded = [], []
    for _ in range(TIMES):
        started = time.perf_counter()
        state = sender.encode_state()
        encoded.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        receiver.load_state(state)
        loaded.append((time.perf_counter() - started) * 1000)
    bare = _bare_rate(name)
    return [
        Row(f"{name}: a state that travels", len(state), "bytes", ""),
        Row(f"{name}: encode", statistics.median(encoded), "ms", ""),
        Row(f"{name}: load", statistics.median(loaded), "ms", ""),
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
