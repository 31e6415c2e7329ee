"""A person at the game's window, with keys or a gamepad."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from peer.controllers.controller import PlayedGame
from peer.controllers.key_map import NO_STRENGTHS, KeyMap

PressedKeys = Callable[[], Sequence[int]]  # the keys down now, oldest first
Strengths = Callable[[], Mapping[int, float]]  # how far those are pressed that are no plain keys, 0 to 1


class KeyboardController:
    """Plays the keys that are down. The key map may be another from one frame to the next."""

    def __init__(
        self, key_map: KeyMap, pressed_keys: PressedKeys, strengths: Strengths | None = None
    ) -> None:
        self.key_map = key_map
        self._pressed_keys = pressed_keys
        self._strengths: Strengths = strengths or (lambda: NO_STRENGTHS)

    @property
    def is_touched(self) -> bool:
        """Is a key of this player's down?"""
        return not self.key_map.keys.isdisjoint(self._pressed_keys())

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        return self.key_map.choose(
            self._pressed_keys(), simulation.codecs[slot], simulation.action_mask(slot), self._strengths()
        )
