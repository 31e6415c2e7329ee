"""A player who does something else every frame."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from peer.controllers.controller import PlayedGame


class RandomController:
    """A new random action every frame, drawn from the allowed ones. Same seed and slot, same sequence."""

    def __init__(self, seed: int, slot: int) -> None:
        self._rng = np.random.default_rng([seed, slot])
        self._frame = -1
        self._action: Any = None

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any:
        if frame != self._frame:
            self._frame, self._action = frame, self._draw(simulation, slot)
        return self._action

    def _draw(self, simulation: PlayedGame, slot: int) -> Any:
        mask, codec = simulation.action_mask(slot), simulation.codecs[slot]
        if mask is None or not isinstance(codec.space, gymnasium.spaces.Discrete):
            return codec.sample(self._rng)
        allowed = np.flatnonzero(mask)
        if allowed.size == 0:  # not this slot's turn
            return None
        return int(codec.space.start + self._rng.choice(allowed))
