"""A game that takes long on one machine: with SLOW="0.4 300 1500" four tenths of 60 fps in these frames."""

from __future__ import annotations

import os
import time

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

FPS = 60


class Slow(ParallelEnv):
    """Two players, four actions each; every action counts for good."""

    metadata = {"name": "slow_machine", "render_fps": FPS}  # noqa: RUF012
    render_mode = None

    def __init__(self):
        self.possible_agents, self.agents = ["a", "b"], []
        self.score = self.t = 0

    def observation_space(self, agent):
        return spaces.Box(-1e9, 1e9, (2,))

    def action_space(self, agent):
        return spaces.Discrete(4)

    def _observe(self):
        return {agent: np.array([self.score, self.t], np.float32) for agent in self.agents}

    def reset(self, seed=None, options=None):
        self.score = self.t = 0
        self.agents = self.possible_agents[:]
        return self._observe(), {agent: {} for agent in self.agents}

    def step(self, actions):
        speed, first, last = map(float, os.environ.get("SLOW", "1 0 0").split())
        if first <= self.t < last:
            time.sleep(1 / FPS / speed)
        self.t += 1
        self.score = (self.score * 3 + actions.get("a", 0) * 4 + actions.get("b", 0)) % 9973
        nobody = dict.fromkeys(self.agents, False)
        return self._observe(), dict.fromkeys(self.agents, 0.0), nobody, nobody, {a: {} for a in self.agents}
