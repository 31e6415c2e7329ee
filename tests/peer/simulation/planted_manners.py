"""Small honest games, each with one bad habit towards the process it runs in. All are ParallelEnvs of two.

Habits come late: what is looked at once, in the beginning, does not show them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

LATE = 40  # frame


class Plain(ParallelEnv):
    """Scores by what both do."""

    metadata: ClassVar[dict[str, Any]] = {"name": "manners", "render_fps": 60}
    frames = 150

    def __init__(self, render_mode: str | None = None) -> None:
        self.possible_agents, self.render_mode = ["a", "b"], render_mode
        self.agents: list[str] = []
        self.t = self.score = 0

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Box(-1e9, 1e9, (2,))

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(4)

    def _seen(self) -> dict[str, Any]:
        return {agent: np.array([self.score, self.t], np.float32) for agent in self.agents}

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.rng, self.t, self.score = np.random.default_rng(seed), 0, 0
        self.agents = self.possible_agents[:]
        self.begin()
        return self._seen(), {agent: {} for agent in self.agents}

    def step(self, actions: Any) -> Any:
        self.t += 1
        value = self.play([int(actions[agent]) for agent in self.possible_agents])
        self.score = (self.score * 3 + value) % 9973
        seen, over, agents = self._seen(), self.t >= self.frames, self.agents
        if over:
            self.agents = []
        return (
            seen,
            {agent: self.reward(value) for agent in agents},
            dict.fromkeys(agents, over),
            dict.fromkeys(agents, False),
            {agent: {} for agent in agents},
        )

    def begin(self) -> None: ...

    def play(self, actions: list[int]) -> int:
        if self.t == LATE:
            self.late()
        return actions[0] * 4 + actions[1] + int(self.rng.integers(5))

    def late(self) -> None: ...

    def reward(self, value: int) -> Any:
        return float(value)


class Exits(Plain):
    def late(self) -> None:
        sys.exit(3)


class ExitsWell(Plain):
    def late(self) -> None:
        sys.exit(0)


class Vanishes(Plain):
    def late(self) -> None:
        os._exit(0)


class Interrupts(Plain):
    def late(self) -> None:
        raise KeyboardInterrupt


class GivesUp(Plain):
    def late(self) -> None:
        raise GeneratorExit


class Wanders(Plain):
    """Reads its files by short names, in a folder of its own."""

    folder = "/"

    def begin(self) -> None:
        os.chdir(self.folder)

    def late(self) -> None:
        os.chdir("/tmp" if os.path.isdir("/tmp") else "/")  # noqa: PTH112
        self.folder = os.getcwd()  # noqa: PTH109


class Talks(Plain):
    """By all ways there are."""

    def play(self, actions: list[int]) -> int:
        print("talk " * 100)
        sys.stdout.write('{"say": "by the environment"}\n')
        os.write(1, b"by descriptor\n")
        if sys.__stdout__ is not None:
            print("by the first stdout", file=sys.__stdout__, flush=True)
        return super().play(actions)


class TakesSignals(Plain):
    def late(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


class NoReward(Plain):
    def reward(self, value: int) -> Any:
        return None


class HugeReward(Plain):
    def reward(self, value: int) -> Any:
        return 10**400 if self.t == LATE else 1


class WordReward(Plain):
    def reward(self, value: int) -> Any:
        return "much"


class FourValues(Plain):
    """As gym's had before Gymnasium."""

    def step(self, actions: Any) -> Any:
        return super().step(actions)[:4]


class NoAgents(Plain):
    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode)
        self.possible_agents = []


class Brittle(Plain):
    """Fails where both press 3, half changed: never so in the true game of the scripts of the tests."""

    def play(self, actions: list[int]) -> int:
        self.score += 1
        if actions == [3, 3]:
            raise RuntimeError("illegal")
        return actions[0]


class NegativeRate(Plain):
    metadata: ClassVar[dict[str, Any]] = {"name": "manners", "render_fps": -5}


class Rude(Talks):
    """All of it at once; and its order is that of a set of texts."""

    def begin(self) -> None:
        os.chdir("/")
        self.order = list({"onion", "tomato", "plate", "pot", "soup", "counter", "floor", "wall"})

    def late(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Thread(target=threading.Event().wait, name="left").start()

    def play(self, actions: list[int]) -> int:
        return super().play(actions) * len(self.order[(actions[0] + self.t) % 8]) + self.order.index("pot")


class Slams(Plain):
    """The door, when it goes."""

    def close(self) -> None:
        sys.exit(5)


class Gags(Plain):
    """Everybody."""

    def late(self) -> None:
        sys.stderr = sys.stdout = None  # type: ignore[assignment]


class Blinks(Plain):
    """May be played in the dark, and shows nothing of some moments: not even those of the true game."""

    def observe(self, agent: str) -> Any:
        if self.t == LATE * 2:
            raise RuntimeError("too bright")
        return np.array([self.score, self.t], np.float32)

    def _seen(self) -> dict[str, Any]:
        return {agent: self.observe(agent) for agent in self.agents}


class _MuteError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class Mutters(Plain):
    def late(self) -> None:
        raise _MuteError


class Shouts(Plain):
    """In red, with a bell."""

    def late(self) -> None:
        raise RuntimeError("\x1b[31mred\x07\n\ud800 " + "loud " * 1000)
