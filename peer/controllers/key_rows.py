"""The keys of those who play here, as a screen shows them and as its player changes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What some keys of this player do: a row of the start screen and of the menu."""

    word: str  # what they do; "" where nobody knows a word for it
    keys: tuple[str, ...]  # as shown on the keys
    player: int = 0  # of several at this keyboard
    codes: tuple[int, ...] = ()  # pygame's numbers, in the order of `keys`


class KeyBoard(Protocol):
    """The keys of those who play in this window, and how they change them."""

    def rows(self) -> Sequence[KeyRow]: ...

    def rebind(self, row: int, code: int) -> str:
        """Let the key `code` do what the row says. Returns: one line that tells what was changed."""
        ...

    def reset(self) -> str:
        """As it was before anything was changed. Returns: one line that says so."""
        ...
