"""What a controller is, and what it may ask of the game it plays."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

ActionMask = NDArray[np.int8]  # one entry an action, 0 = not allowed now


NOT_YET: Final[Any] = object()  # said by a policy that thinks: no input yet, ask again for the same frame


class ActionCodec(Protocol):
    """One slot's actions and their bytes, as `peer.simulation.adapters.spaces` has them."""

    def encode(self, action: Any) -> bytes:
        """Raises: ValueError for what is no action of the slot."""
        ...

    def decode(self, data: bytes) -> Any: ...

    def zero(self) -> bytes:
        """The first action, or the one nearest to doing nothing."""
        ...

    def within(self, action: Any) -> Any:
        """The action with numbers of a Box cut off at its bounds."""
        ...

    def sample(self, rng: Random) -> bytes:
        """A random action."""
        ...


class PlayedGame(Protocol):
    """The part of a simulation that a controller may look at. It never steps or changes it.

    Keyboards also read the key tables of `env`, where a simulation shows it: the environment, or in a
    race a tuple of one for each slot.
    """

    @property
    def codecs(self) -> Sequence[ActionCodec]:
        """One codec a slot."""
        ...

    @property
    def default_inputs(self) -> Sequence[bytes]:
        """What each slot plays where nobody does anything."""
        ...

    @property
    def episode(self) -> int: ...

    @property
    def takes_turns(self) -> bool:
        """Does only one slot act at a time?"""
        ...

    @property
    def slot_to_act(self) -> int | None:
        """Whose turn it is, where turns are taken; None between episodes."""
        ...

    def observe(self, slot: int) -> Any:
        """None once the slot is out."""
        ...

    def action_mask(self, slot: int) -> ActionMask | None:
        """What `slot` may do now, in environments that say so."""
        ...


class Controller(Protocol):
    """Where one slot's input comes from."""

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        """The action of `slot` for `frame`, asked in rising order; None is the default action, and
        NOT_YET (only in a match that is as fast as it can be) puts the frame off."""
        ...
