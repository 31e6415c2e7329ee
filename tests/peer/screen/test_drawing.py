"""A game that cannot draw itself is played all the same."""

from __future__ import annotations

import numpy as np

from netcode.errors import GameError
from peer.screen.drawing import drawn
from peer.screen.screen import Picture

BEFORE: Picture = np.zeros((2, 3, 3), np.uint8)


class Fails:
    def render(self) -> Picture:
        raise GameError("no ink")


class Draws:
    def render(self) -> Picture:
        return BEFORE + np.uint8(1)


def test_where_drawing_fails_the_picture_stands_still() -> None:
    assert drawn(Fails(), BEFORE) is BEFORE
    assert drawn(Fails(), None) is None
    picture = drawn(Draws(), BEFORE)
    assert picture is not None and picture.all()
