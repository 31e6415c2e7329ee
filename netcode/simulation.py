"""What a session asks of a game. `peer.simulation` makes one of any environment; tests make small ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Snapshot = Any  # opaque to netcode: whatever capture() returned


class Simulation(Protocol):
    """One deterministic game, advanced a frame at a time.

    A frame takes one input per slot (`bytes` of the slot's fixed size). Termination, reset and the
    next episode's seed happen inside `step`, so a rollback may cross an episode's end.
    """

    def step(self, inputs: Sequence[bytes]) -> bytes:
        """Play one frame. Returns its outcome (rewards and end flags, packed), opaque to netcode."""
        ...

    def capture(self) -> Snapshot:
        """Remember the whole state. The snapshot stays valid while the game goes on."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Put the state back exactly. A snapshot may be restored any number of times."""
        ...

    def digest(self, snapshot: Snapshot | None = None) -> bytes:
        """8 bytes that are equal on all peers iff the state is: of `snapshot`, or of the present."""
        ...

    def flatten(self, snapshot: Snapshot | None = None) -> Mapping[str, object]:
        """Every field by a path a person knows, with a plain value: of `snapshot`, or of the present.

        Equal on all peers iff the state is, as far as paths can say; asked only when digests differ.
        """
        ...

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        """Could `data` be an input of `slot`? Asked of every input that comes from the network."""
        ...
