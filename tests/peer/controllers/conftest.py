"""A game without an environment: slots with spaces, masks, and codecs that note what they encode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest


class FakeCodec:
    def __init__(self, space: gymnasium.Space[Any], default: Any) -> None:
        self.space, self.default = space, default

    def sample(self, rng: np.random.Generator) -> int:
        return int(self.space.start + rng.integers(self.space.n))

    def encode(self, action: Any) -> bytes:
        return np.asarray(action).tobytes()


class FakeGame:
    def __init__(self, spaces: Sequence[gymnasium.Space[Any]], env: Any, default: Any) -> None:
        self.codecs = [FakeCodec(space, default) for space in spaces]
        self.env = env
        self.masks: dict[int, np.ndarray] = {}

    def action_mask(self, slot: int) -> np.ndarray | None:
        return self.masks.get(slot)


@pytest.fixture
def game() -> Callable[..., FakeGame]:
    def make(*spaces: gymnasium.Space[Any] | int, env: Any = None, default: Any = 0) -> FakeGame:
        real = [gymnasium.spaces.Discrete(space) if isinstance(space, int) else space for space in spaces]
        return FakeGame(real or [gymnasium.spaces.Discrete(6)] * 2, env or SimpleNamespace(), default)

    return make
