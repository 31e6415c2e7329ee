"""What a session asks of a game. `peer.simulation` makes one of any environment; tests make small ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from netcode.errors import UncapturableStateError

Snapshot = Any  # opaque to netcode: whatever capture() returned


class Simulation(Protocol):
    """One deterministic game, advanced a frame at a time.

    A frame takes one input per slot (`bytes` of the slot's fixed size). Termination, reset and the
    next episode's seed happen inside `step`, so a rollback may cross an episode's end.
    """

    def step(self, inputs: Sequence[bytes]) -> bytes:
        """Play one frame. Returns its outcome (rewards and end flags, packed), opaque to netcode.

        Raises: GameError if the game fails. The state may be half changed then: only `restore` mends it.
        """
        ...

    def capture(self) -> Snapshot:
        """Remember the whole state. The snapshot stays valid while the game goes on.

        Raises: UncapturableStateError while the game holds what could not be put back. So long, frames are
        played with confirmed inputs only.
        """
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Put the state back exactly. A snapshot may be restored any number of times."""
        ...

    def digest(self, snapshot: Snapshot | None = None) -> bytes:
        """8 bytes that are equal on all peers iff the state is: of `snapshot`, or of the present.

        Of what cannot be captured: iff all else is. That it cannot be must depend on the state alone, too.
        """
        ...

    def flatten(self, snapshot: Snapshot | None = None) -> Mapping[str, object]:
        """Every field by a path a person knows, with a plain value: of `snapshot`, or of the present.

        Equal on all peers iff the state is, as far as paths can say; asked only when digests differ.
        """
        ...

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        """Could `data` be an input of `slot`? Asked of every input that comes from the network."""
        ...


@runtime_checkable
class FiniteSimulation(Simulation, Protocol):
    """A game that may come to an end by itself."""

    def is_last(self, outcome: bytes) -> bool:
        """Does nothing move any more after the frame with this outcome?"""
        ...


@runtime_checkable
class EpisodicSimulation(Simulation, Protocol):
    """A game made of episodes, each of which begins as the match's settings and its number alone say.

    Without this, a peer that comes late replays the match from frame 0.
    """

    def episode_of(self, outcome: bytes) -> int:
        """The number of the episode that the frame with this outcome belonged to. The first one is 0."""
        ...

    def begin_episode(self, number: int) -> None:
        """Put the game to the beginning of that episode, whatever it was before.

        Raises: GameError if the game fails.
        """
        ...


def readable_state(simulation: Simulation) -> Snapshot:
    """The present for a digest, whether it could be put back or not."""
    try:
        return simulation.capture()
    except UncapturableStateError as error:
        return error.readable


def last_of(simulation: Simulation) -> Callable[[bytes], bool] | None:
    """Its `is_last`, if it may come to an end."""
    return simulation.is_last if isinstance(simulation, FiniteSimulation) else None
