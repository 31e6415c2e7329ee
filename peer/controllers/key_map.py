"""Which key does what, for one player; and what the keys held now mean together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from peer.controllers.action_leaves import action_at_rest, leaves_of, with_leaves
from peer.controllers.actions import is_allowed
from peer.controllers.controller import ActionCodec, ActionMask

NO_STRENGTHS: Final[Mapping[int, float]] = {}


@dataclass(frozen=True, slots=True)
class Binding:
    """These keys together mean this action; `name` is its word for the player, may be empty."""

    keys: frozenset[int]
    action: Any  # with `axis`: the number that it gets
    name: str = ""
    axis: int | None = None  # of an action of several numbers: only this one is set, the others are free


@dataclass(frozen=True, slots=True)
class KeyMap:
    """All bindings of one player; `idle` is the action while no key is down (None: the default)."""

    bindings: tuple[Binding, ...]
    idle: Any | None = None

    @property
    def keys(self) -> set[int]:
        """All that mean something."""
        return {key for binding in self.bindings for key in binding.keys}

    def choose(
        self,
        held: Sequence[int],
        codec: ActionCodec,
        mask: ActionMask | None,
        strengths: Mapping[int, float] = NO_STRENGTHS,
    ) -> Any | None:
        """The action for the keys held, oldest first: the longest chord wins, then the newest key.

        Numbers of an action that have keys of their own are set beside each other, by a stick as far as it
        is pressed.
        """
        best, best_rank = self.idle, (0, -1)
        numbers: dict[int, tuple[tuple[int, int], float, float]] = {}
        for binding in self.bindings:
            if not binding.keys <= set(held):
                continue
            rank = (len(binding.keys), max(held.index(key) for key in binding.keys))
            if binding.axis is not None:
                strength = min(strengths.get(key, 1.0) for key in binding.keys)
                if rank > numbers.get(binding.axis, ((0, -1),))[0]:
                    numbers[binding.axis] = (rank, float(binding.action), strength)
            elif rank > best_rank and is_allowed(binding.action, codec, mask):
                best, best_rank = binding.action, rank
        if numbers:
            return _blend(action_at_rest(codec) if best is None else best, numbers)
        return best if best is None or is_allowed(best, codec, mask) else None

    def renamed(self, swaps: Mapping[int, int]) -> KeyMap:
        """The same with other keys: `swaps` tells which key stands in for which."""
        return replace(
            self,
            bindings=tuple(
                replace(binding, keys=frozenset(swaps.get(key, key) for key in binding.keys))
                for binding in self.bindings
            ),
        )


def _blend(rest: Any, numbers: Mapping[int, tuple[tuple[int, int], float, float]]) -> Any:
    """`rest` with some of its numbers set; those with fractions only as far as a stick is pressed."""
    leaves = leaves_of(rest)
    for axis, (_, value, strength) in numbers.items():
        part = strength if isinstance(leaves[axis], float) else 1.0
        leaves[axis] += (value - leaves[axis]) * part
    return with_leaves(rest, leaves)
