"""What a window asks of a game, and what it shows where the game cannot draw itself."""

from __future__ import annotations

from typing import Protocol

from netcode.errors import GameError
from peer.screen.screen import Picture


class Renderable(Protocol):
    """The part of a simulation that can be drawn."""

    def render(self) -> Picture:
        """Height x width x 3, RGB. Raises: GameError."""
        ...


def drawn(game: Renderable, before: Picture | None) -> Picture | None:
    """The present; or `before` again, where drawing fails: that ends no match."""
    try:
        return game.render()
    except GameError:
        return before
