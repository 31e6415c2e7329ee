"""A game without an environment: slots with real codecs, and masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest

from peer.simulation.adapters.spaces import make_codec


class FakeGame:
    def __init__(self, spaces: Sequence[gymnasium.Space[Any]], env: Any) -> None:
        self.codecs = [make_codec(space, "somebody") for space in spaces]
        self.env = env
        self.masks: dict[int, np.ndarray] = {}

    def action_mask(self, slot: int) -> np.ndarray | None:
        return self.masks.get(slot)


@pytest.fixture
def game() -> Callable[..., FakeGame]:
    def make(*spaces: gymnasium.Space[Any] | int, env: Any = None) -> FakeGame:
        real = [gymnasium.spaces.Discrete(space) if isinstance(space, int) else space for space in spaces]
        return FakeGame(real or [gymnasium.spaces.Discrete(6)] * 2, env or SimpleNamespace())

    return make
