"""A person at the keyboard of the game's window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from peer.controllers.controller import PlayedGame
from peer.controllers.key_map import KeyMap

PressedKeys = Callable[[], Sequence[int]]  # the keys down now, oldest first


class KeyboardController:
    """Plays the keys that are down."""

    def __init__(self, key_map: KeyMap, pressed_keys: PressedKeys) -> None:
        self._key_map = key_map
        self._pressed_keys = pressed_keys

    @property
    def legend(self) -> str:
        """One line that tells the player the keys."""
        return self._key_map.legend()

    @property
    def keys(self) -> set[int]:
        """All that mean something."""
        return {key for binding in self._key_map.bindings for key in binding.keys}

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        return self._key_map.choose(
            self._pressed_keys(), simulation.codecs[slot], simulation.action_mask(slot)
        )
