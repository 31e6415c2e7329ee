"""What the rollback asks of a prediction strategy."""

from __future__ import annotations

from typing import Protocol


class Predictor(Protocol):
    """Guesses one slot's inputs. Fed every confirmed input of that slot, in order.

    Any model will do. Each peer predicts for itself: a guess is never sent, and only compared with what
    was confirmed in the end. It may change from one call to the next, and nobody has to guess alike.
    """

    def learn(self, data: bytes) -> None:
        """`data` is the next confirmed input."""
        ...

    def predict(self, ahead: int) -> bytes:
        """The input expected `ahead` frames after the newest confirmed one (1: the very next frame).

        Must be an input that the game takes: the slot's default, or one that was confirmed before.
        """
        ...
