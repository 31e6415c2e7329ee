"""Which keys count for a frame, oldest first."""

from __future__ import annotations


class HeldKeys:
    """Keys that are down, and keys tapped so briefly that they came up again before a frame asked for them.

    At 15 frames a second a tap is often shorter than a frame; it still counts for one.
    """

    def __init__(self) -> None:
        self._down: dict[int, bool] = {}  # key -> seen by a frame; the order is that of pressing
        self._released: set[int] = set()

    def press(self, key: int) -> None:
        self._down.pop(key, None)
        self._released.discard(key)
        self._down[key] = False

    def release(self, key: int) -> None:
        if self._down.get(key):
            del self._down[key]
        elif key in self._down:
            self._released.add(key)

    def release_all(self) -> None:
        """The window lost the focus: keys that come up now would never be heard of."""
        self._down.clear()
        self._released.clear()

    @property
    def down(self) -> frozenset[int]:
        """Those that are down now; asking changes nothing."""
        return frozenset(self._down.keys() - self._released)

    def take(self) -> tuple[int, ...]:
        """The keys for a frame, oldest first; those that have come up are forgotten with it."""
        keys = tuple(self._down)
        self._down = {key: True for key in keys if key not in self._released}
        self._released.clear()
        return keys
