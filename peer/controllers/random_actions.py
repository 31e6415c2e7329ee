"""A player who does something else every frame."""

from __future__ import annotations

from random import Random
from typing import Any

from peer.controllers.actions import allowed_actions
from peer.controllers.controller import PlayedGame


class RandomController:
    """A new random action every frame, drawn from the allowed ones. Same seed and slot, same sequence."""

    def __init__(self, seed: int, slot: int) -> None:
        self._rng = Random(f"{seed}/{slot}")
        self._frame = -1
        self._action: Any = None

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        """A frame that is asked for again, as after a stall, gets the same answer."""
        if frame != self._frame:
            self._frame, self._action = frame, self._draw(simulation, slot)
        return self._action

    def _draw(self, simulation: PlayedGame, slot: int) -> Any | None:
        codec = simulation.codecs[slot]
        allowed = allowed_actions(codec, simulation.action_mask(slot))
        if allowed is None:
            return codec.decode(codec.sample(self._rng))
        return self._rng.choice(allowed) if allowed else None  # none: not this slot's turn
