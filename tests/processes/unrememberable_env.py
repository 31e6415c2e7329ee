"""An environment whose state nobody can put back: it lives in a generator."""

import gymnasium
from pettingzoo import ParallelEnv

TOTALS = gymnasium.spaces.Discrete(1_000_000)
ACTIONS = gymnasium.spaces.Discrete(3)


def totals():
    total = 0
    while True:
        total += yield total


class Unrememberable(ParallelEnv):
    """Adds up what its two players say."""

    metadata = {"name": "unrememberable_v0"}  # noqa: RUF012

    def __init__(self):
        self.possible_agents = ["one", "two"]
        self.agents = []
        self.totals = totals()

    def observation_space(self, agent):
        return TOTALS

    def action_space(self, agent):
        return ACTIONS

    def reset(self, seed=None, options=None):
        self.agents = list(self.possible_agents)
        self.totals = totals()
        return self._of_all(next(self.totals)), self._of_all({})

    def step(self, actions):
        total = self.totals.send(int(sum(actions.values())))
        return self._of_all(total), *map(self._of_all, (float(total), False, False, {}))

    def _of_all(self, value):
        return dict.fromkeys(self.agents, value)


class LateUnrememberable(Unrememberable):
    """The same, from frame 100 on; before it, nothing but numbers."""

    def __init__(self):
        super().__init__()
        self.totals = None

    def reset(self, seed=None, options=None):
        told = super().reset(seed, options)
        self.totals, self.total, self.frame = None, 0, 0
        return told

    def step(self, actions):
        self.frame += 1
        if self.frame == 100:
            self.totals = totals()
            next(self.totals)
        if self.totals is not None:
            return super().step(actions)
        self.total += int(sum(actions.values()))
        return self._of_all(self.total), *map(self._of_all, (float(self.total), False, False, {}))
