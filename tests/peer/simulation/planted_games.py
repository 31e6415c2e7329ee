"""Small games with one fault each, which certification must find; and honest ones beside them."""

from __future__ import annotations

import _random
import colorsys
import random
from typing import Any

import gymnasium
import numpy as np
import pygame
from gymnasium import spaces
from pettingzoo import AECEnv, ParallelEnv

elsewhere: Any = colorsys  # a module of the interpreter, which is no part of any environment


class Walk(ParallelEnv[str, Any, Any]):
    """Two walkers on a line; honest. A fault is planted by overriding one method."""

    metadata = {"name": "walk", "render_modes": ["rgb_array"], "render_fps": 30}  # noqa: RUF012

    def __init__(self, length: int = 40, render_mode: str | None = None) -> None:
        self.possible_agents = ["left", "right"]
        self.agents: list[str] = []
        self.length = length
        self.render_mode = render_mode
        self.np_random = np.random.default_rng(0)
        self.positions = dict.fromkeys(self.possible_agents, 0.0)
        self.frame = 0

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Box(-np.inf, np.inf, (2,))

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(3)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = self.possible_agents[:]
        self.np_random = np.random.default_rng(seed)
        self.positions = dict.fromkeys(self.agents, 0.0)
        self.frame = 0
        return self.observations(), {agent: {} for agent in self.agents}

    def noise(self) -> float:
        return float(self.np_random.random())

    def step(self, actions: dict[str, int]) -> Any:
        self.frame += 1
        for agent in self.agents:
            self.positions[agent] += (actions[agent] - 1) * self.noise()
        over = self.frame >= self.length
        rewards = {agent: self.positions[agent] for agent in self.agents}
        observations = self.observations()
        ends = dict.fromkeys(self.agents, over)
        alive = dict.fromkeys(self.agents, False)
        infos: dict[str, Any] = {agent: {} for agent in self.agents}
        if over:
            self.agents = []
        return observations, rewards, alive, ends, infos

    def observations(self) -> dict[str, Any]:
        return {agent: self.observe(agent) for agent in self.agents}

    def observe(self, agent: str) -> Any:
        return np.array([self.positions[agent], self.frame], np.float32)

    def render(self) -> Any:
        return np.full((4, 4, 3), self.frame % 256, np.uint8)


class HiddenState(Walk):
    """Moves by what another package holds, which no snapshot does; reset puts it right."""

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        elsewhere.hidden = 0
        return super().reset(seed, options)

    def noise(self) -> float:
        elsewhere.hidden += 1
        return elsewhere.hidden / 100


class Unseeded(Walk):
    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self.own = _random.Random()  # seeds itself in C, where nobody can answer for it

    def noise(self) -> float:
        return self.own.random()


class ObserveChangesState(Walk):
    def observe(self, agent: str) -> Any:
        self.positions[agent] += 0.001
        return super().observe(agent)


class ObserveChangesCache(Walk):
    """Harmless: a cache that only observing fills. It is undone after each look."""

    last: Any = None

    def observe(self, agent: str) -> Any:
        self.last = super().observe(agent)
        return self.last


class RenderChangesState(Walk):
    """In plain sight: taken back after each picture."""

    def render(self) -> Any:
        self.positions["left"] += 1.0
        return super().render()


class RenderChangesHiddenState(HiddenState):
    """Out of sight: only found by playing on."""

    def render(self) -> Any:
        elsewhere.hidden += 1
        return super().render()


class ProcessRng(Walk):
    """Honest: both process-wide RNGs, seeded by the match."""

    def noise(self) -> float:
        return random.gauss(0, 1) + float(np.random.standard_normal())


class WornOut(Walk):
    """`reset` of a used one is not a fresh start."""

    uses = 0

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.uses += 1
        return super().reset((seed or 0) + self.uses, options)


class Endless(Walk):
    """Holds a generator, which nobody can look into."""

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self.beat = (i for i in range(10**9))

    def noise(self) -> float:
        return float(next(self.beat))


class Wordless(Walk):
    def __init__(self, length: int = 40, render_mode: str | None = None) -> None:
        assert length > 99
        super().__init__(length, render_mode)


class Undrawable(Walk):
    def render(self) -> Any:
        raise RuntimeError("no\nOpenGL here")


class Nim(AECEnv[str, Any, Any]):
    """Turn-based: take 1 to 3 of 7; who takes the last wins. More than are left is illegal."""

    metadata = {"name": "nim", "render_modes": [], "is_parallelizable": False}  # noqa: RUF012

    def __init__(self) -> None:
        self.possible_agents = ["a", "b"]
        self.render_mode = None

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(3)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Dict({"observation": spaces.Discrete(8), "action_mask": spaces.MultiBinary(3)})

    def reset(self, seed: int | None = None, options: Any = None) -> None:
        self.agents = self.possible_agents[:]
        self.left = 7
        self.agent_selection = "a"
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = {agent: {} for agent in self.agents}

    def observe(self, agent: str) -> Any:
        mask = np.array([self.left >= take for take in (1, 2, 3)], np.int8)
        return {"observation": self.left, "action_mask": mask}

    def step(self, action: int | None) -> None:
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        assert action is not None and self.left > action, "an illegal move got through"
        self.left -= action + 1
        other = "b" if agent == "a" else "a"
        self.rewards = dict.fromkeys(self.agents, 0.0)
        if self.left == 0:
            self.rewards = {agent: 1.0, other: -1.0}
            self.terminations = dict.fromkeys(self.agents, True)
        self.agent_selection = other
        self._accumulate_rewards()

    def render(self) -> None:
        return None


class Tiny(gymnasium.Env[Any, Any]):
    """A Gymnasium environment without a picture, with a NOOP that is not 0, and its own `fps`."""

    metadata = {"render_modes": [], "render_fps": 12}  # noqa: RUF012

    def __init__(self, noops: int = 2) -> None:
        self.action_space = spaces.Discrete(4, start=1)
        self.observation_space = spaces.Box(-1, 1, (3,))
        self.noops = noops

    def get_action_meanings(self) -> list[str]:
        return ["LEFT", "RIGHT", "NOOP", "UP"]

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.t = 0
        return np.zeros(3, np.float32), {}

    def step(self, action: int) -> Any:
        self.t += 1
        seen = self.np_random.random(3).astype(np.float32)
        return seen, float(action), self.t >= 10 + action * 5, False, {}


OldGym = type("OldGym", (), {"__module__": "gym.envs.classic", "metadata": {}})


def not_an_environment() -> object:
    return object()


def breaks() -> object:
    raise RuntimeError("no licence\nfound")


class Bare(Tiny):
    """Old environments have no metadata, or None in its place."""

    metadata = None  # type: ignore[assignment]


class BreaksDown(Walk):
    def step(self, actions: dict[str, int]) -> Any:
        if self.frame == 12:
            raise IndexError("no\nframe 13")
        return super().step(actions)


class NeverBegins(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        raise KeyError("left")


class InkOnScreen(Walk):
    """Keeps state in a picture, which counts as presentation, and has an empty one only when new."""

    def __init__(self, length: int = 1000, render_mode: str | None = None) -> None:
        super().__init__(length, render_mode)
        self.screen = pygame.Surface((1, 1))

    def noise(self) -> float:
        ink = (self.screen.get_at((0, 0)).r + 1) % 256
        self.screen.set_at((0, 0), (ink, 0, 0))
        return ink / 256
