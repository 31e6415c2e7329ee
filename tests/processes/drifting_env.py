"""An environment whose physics depend on the machine: with DRIFT=1 it drifts off, a little, at step 100."""

import os

import gymnasium
import numpy as np


class Drifting(gymnasium.Env):
    """A point on a line, pushed left or right."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self):
        self.steps = 0
        self.x = 0.0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.x = float(self.np_random.random())
        return np.array([self.x]), {}

    def step(self, action):
        self.steps += 1
        self.x += 0.1 if action else -0.1
        if self.steps == 100 and os.environ.get("DRIFT") == "1":
            self.x += 1e-9
        return np.array([self.x]), 0.0, False, False, {}


def make():
    return Drifting()
