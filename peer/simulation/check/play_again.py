"""A game played again to one of its frames, and watched there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from peer.simulation.check.execution_trace import Trace, trace
from peer.simulation.environment_simulation import EnvironmentSimulation

Inputs = Sequence[Sequence[bytes]]
Make = Callable[[], EnvironmentSimulation]


def traced_in(make: Make, inputs: Inputs, frame: int) -> Trace:
    """The lines of frame `frame`; -1: those while the game is made and begins."""
    if frame < 0:
        make()  # whatever is imported, is imported now
        return trace(make)
    game = played_to(make, inputs, frame)
    return trace(lambda: game.step(inputs[frame]))


def played_to(make: Make, inputs: Inputs, frame: int) -> EnvironmentSimulation:
    """A new game, `frame` frames later."""
    game = make()
    for each in inputs[:frame]:
        game.step(each)
    return game
