"""A game that shows its frame number."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from peer.controllers.policy_player import PolicyController
from peer.policies.options import PolicyOptions
from peer.policies.policy import load_here
from peer.simulation.adapters.spaces import make_codec

sys.path.insert(0, str(Path(__file__).parent))  # for acting, which policies are named by


class FakeGame:
    """Two slots of six actions each; what is seen is [frame, episode]."""

    def __init__(self) -> None:
        self.codecs = [make_codec(gymnasium.spaces.Discrete(6), "somebody")] * 2
        self.frame = self.episode = self.looks = 0
        self.mask: Any = None
        self.out = self.takes_turns = False
        self.slot_to_act: int | None = None

    def action_mask(self, slot: int) -> Any:
        return self.mask

    def observe(self, slot: int) -> Any:
        self.looks += 1
        return None if self.out else np.array([self.frame, self.episode])


@pytest.fixture
def game() -> FakeGame:
    return FakeGame()


@pytest.fixture
def player() -> Callable[..., PolicyController]:
    def make(name: str, **options: Any) -> PolicyController:
        chosen = PolicyOptions(**({"patience_ms": 1000.0} | options))
        return PolicyController(load_here(f"acting:{name}", True), chosen)

    return make


@pytest.fixture
def play(game: FakeGame) -> Callable[..., list[Any]]:
    def run(controller: PolicyController, frames: int, first: int = 0) -> list[Any]:
        actions = []
        for frame in range(first, first + frames):
            game.frame = frame
            actions.append(controller.sample(frame, game, 0))
        return actions

    return run
