"""An environment whose physics depend on the machine: it drifts off, a little, at step 100.

With DRIFT=always whenever that step is played; with DRIFT=once until the process has played on from it, so
that a later replay goes right, and no rollback; with DRIFT=FILE likewise, in the first process that makes it.
"""

import os
from pathlib import Path

import gymnasium
import numpy as np
from pettingzoo import ParallelEnv

OBSERVATIONS = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float64)
WINDOW = 9  # frames after which nothing is rolled back any more
ACTIONS = gymnasium.spaces.Discrete(2)


def drifts_now():
    how = os.environ.get("DRIFT", "")
    if "/" in how:
        try:
            Path(how).touch(exist_ok=False)
            how = "once"
        except FileExistsError:
            how = "never"
        os.environ["DRIFT"] = how  # of the process, and no part of the game
    return how in ("always", "once")


class Drifting(ParallelEnv):
    """A point on a line, pushed left or right by two players."""

    metadata = {"name": "drifting_v0"}  # noqa: RUF012

    def __init__(self):
        self.possible_agents = ["one", "two"]
        self.agents = []
        self.steps = 0
        self.x = 0.0

    def observation_space(self, agent):
        return OBSERVATIONS

    def action_space(self, agent):
        return ACTIONS

    def reset(self, seed=None, options=None):
        self.agents = list(self.possible_agents)
        self.steps = 0
        self.x = float(np.random.default_rng(seed).random())
        return self._of_all(np.array([self.x])), self._of_all({})

    def step(self, actions):
        self.steps += 1
        self.x += 0.1 * sum(actions.values()) - 0.1
        if self.steps == 100 and drifts_now():
            self.x += 1e-9
        if self.steps == 100 + WINDOW and os.environ.get("DRIFT") == "once":
            os.environ["DRIFT"] = "never"
        seen = np.array([self.x])
        return self._of_all(seen), *map(self._of_all, (0.0, False, False, {}))

    def _of_all(self, value):
        return dict.fromkeys(self.agents, value)
