"""A game played again to one of its frames, and looked at there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from peer.simulation.check.culprit import Probe
from peer.simulation.environment_simulation import EnvironmentSimulation

Inputs = Sequence[Sequence[bytes]]
Make = Callable[[], EnvironmentSimulation]


def at_frame(make: Make, inputs: Inputs, frame: int, probe: Probe) -> list[Any]:
    """What a probe finds in frame `frame`; -1: while the game is made and begins."""
    if frame < 0:
        make()  # whatever is imported, is imported now
        return probe(make)
    game = played_to(make, inputs, frame)
    return probe(lambda: game.step(inputs[frame]))


def played_to(make: Make, inputs: Inputs, frame: int) -> EnvironmentSimulation:
    """A new game, `frame` frames later."""
    game = make()
    for each in inputs[:frame]:
        game.step(each)
    return game
