"""A game that keeps its state in torch, and draws from torch's generators."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces


class Drift(gymnasium.Env[Any, Any]):
    """A point that is pushed about: in place, in a new tensor, through a view, and by two generators."""

    action_space = spaces.Discrete(3)
    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    metadata = {"render_modes": [], "render_fps": 30}  # noqa: RUF012

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.own = torch.Generator().manual_seed(seed or 0)
        self.grid = torch.zeros(2, 3)
        self.row = self.grid[1]
        self.place = torch.zeros(2)
        self.net = torch.nn.Linear(2, 2)
        self.frame = 0
        return self.place.numpy().copy(), {}

    def step(self, action: int) -> Any:
        self.frame += 1
        self.row += action - 1
        self.grid[0, 0] += torch.rand((), generator=self.own)
        with torch.no_grad():
            self.net.weight += 0.01 * torch.randn(2, 2)
            self.place = self.net(self.place + self.grid[1, :2]).tanh().clone()
        reward = float(self.place.sum() + self.grid[0, 0])
        return self.place.numpy().copy(), reward, False, self.frame >= 40, {}


class Twins(Drift):
    """Two tensors made in play that look at the same memory."""

    def step(self, action: int) -> Any:
        told = super().step(action)
        self.twin = torch.from_numpy(self.place.numpy())
        return told
