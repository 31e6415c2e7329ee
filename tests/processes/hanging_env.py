"""An environment whose steps never end, once there is a file of the name in HANGS."""

import os
import time
from pathlib import Path

from drifting_env import Drifting


class Hanging(Drifting):
    """As its base, until then."""

    metadata = {"name": "hanging_v0"}  # noqa: RUF012

    def step(self, actions):
        while Path(os.environ.get("HANGS", "/none")).exists():
            time.sleep(0.01)
        return super().step(actions)
