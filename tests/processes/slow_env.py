"""An environment of which a frame takes long on some machines: those with SLOW=1."""

import os
import time

from drifting_env import Drifting

STEP_S = 0.008


class Slow(Drifting):
    """As its base, for three."""

    metadata = {"name": "slow_v0"}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.possible_agents = ["one", "two", "three"]

    def step(self, actions):
        if os.environ.get("SLOW") == "1":
            time.sleep(STEP_S)
        return super().step(actions)
