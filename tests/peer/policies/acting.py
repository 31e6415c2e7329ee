"""Policies for tests, named as `policy:acting:NAME`."""

from __future__ import annotations

import os
import random
import threading
from typing import Any

released = threading.Event()  # what `Slow` waits for


class Counter:
    """Plays how often it was asked in this episode, modulo 6."""

    def __init__(self) -> None:
        self.asked = 0

    def reset(self) -> None:
        self.asked = 0

    def __call__(self, observation: Any, info: Any) -> int:
        self.asked += 1
        return self.asked % 6


def slow(observation: Any, info: Any) -> int:
    assert released.wait(20)
    return 3


def broken(observation: Any, info: Any) -> int:
    raise ValueError("no idea\nat all")


def greedy(observation: Any, info: Any) -> int:
    return 17


def seer(observation: Any, info: Any) -> int:
    return int(observation[0]) % 6


number = 5


def lucky(observation: Any, info: Any) -> int:
    """Draws from the luck that games draw from, too."""
    return random.randrange(6)


def dies() -> None:
    """A factory that takes its process with it."""
    os._exit(3)


def talks(observation: Any, info: Any) -> int:
    print("thinking aloud", flush=True)
    return 1
