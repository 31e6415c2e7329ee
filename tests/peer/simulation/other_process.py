"""Another process: plays each game for a while, tells where its episode began, plays on, and tells how.

Games in on stdin, answers out on stdout, both as msgpack.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import msgpack

sys.path.insert(0, str(Path(__file__).parent))
os.environ["SDL_VIDEODRIVER"] = "dummy"

from netcode.episodes import Episodes
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation


def random_inputs(simulation: EnvironmentSimulation, frames: int, seed: int) -> list[list[bytes]]:
    rng = random.Random(seed)
    return [[codec.sample(rng) for codec in simulation.codecs] for _ in range(frames)]


def make(game: dict[str, Any]) -> EnvironmentSimulation:
    settings = MatchSettings.parse(game["settings"])
    return EnvironmentSimulation(settings, game["blind"], fresh_episodes=not game["blind"])


def main() -> None:
    games = msgpack.unpackb(sys.stdin.buffer.read())
    answer_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers = []
    for game in games:
        simulation = make(game)
        episodes = Episodes(simulation)
        for index, frame in enumerate(random_inputs(simulation, game["before"], seed=1)):
            episodes.confirm(index, simulation.step(frame))
        simulation.render()  # a screen comes up here, and not there
        digest = simulation.digest()
        outcomes, digests = [], []
        for frame in random_inputs(simulation, game["after"], seed=2):
            outcomes.append(simulation.step(frame))
            digests.append(simulation.digest())
        answers.append(
            {"start": episodes.present, "digest": digest, "outcomes": outcomes, "digests": digests}
        )
    with answer_to:
        answer_to.write(msgpack.packb(answers))


if __name__ == "__main__":
    main()
