"""Stand-ins in force only while an environment's code runs, and gone the moment it returns.

So nobody else's clock is ever touched. To other threads, meanwhile, a stand-in passes the call on.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from peer.simulation.entropy.match_entropy import MatchEntropy, answer_from
from peer.simulation.entropy.sources import SOURCES, StandIns, seed_random

_SEED: Final = random.Random.seed
_Random: Final[Any] = random.Random


@dataclass(frozen=True, slots=True)
class _Binding:
    """A module's names that mean something replaced."""

    namespace: dict[str, Any]
    theirs: dict[str, Any]
    ours: dict[str, Any]


class EntropyScope:
    """Enter it around each call of the environment's code. About 2 us; may be nested."""

    def __init__(self, entropy: MatchEntropy) -> None:
        self.entropy = entropy
        self._packages: frozenset[str] = frozenset()
        self._loaded = -1  # how many modules there were when their names were looked through
        self._bindings: list[_Binding] = []
        self._before: list[MatchEntropy | None] = []  # whose turn it was when we entered

    def belongs_to(self, packages: Iterable[str]) -> bool:
        """The top-level packages that the environment is made of: what they import by name is replaced, too.

        Returns: whether there is any, so that what they did before must be done again.
        """
        self._packages, self._loaded = frozenset(packages), len(sys.modules)
        self._bindings = _find_bindings(self._packages)
        return len(self._bindings) > len(_made)

    def __enter__(self) -> None:
        self._before.append(answer_from(self.entropy))
        if self._before[-1] is not None:
            return  # all is in place
        if len(sys.modules) != self._loaded:
            self._bindings, self._loaded = _find_bindings(self._packages), len(sys.modules)
        for binding in self._bindings:
            binding.namespace.update(binding.ours)
        _Random.seed = seed_random

    def __exit__(self, *_: object) -> None:
        before = self._before.pop()
        answer_from(before)
        if before is None:
            for binding in self._bindings:
                binding.namespace.update(binding.theirs)
            _Random.seed = _SEED


_made: Final[dict[str, tuple[StandIns, StandIns]]] = {}  # module -> originals and stand-ins


def _find_bindings(packages: frozenset[str]) -> list[_Binding]:
    """The sources' own names, and those that the environment's modules have taken by `from ... import`."""
    found = []
    for name, make in SOURCES.items():
        module = sys.modules.get(name)
        if module is not None and name not in _made:
            stand_ins = make(vars(module))
            _made[name] = ({key: vars(module)[key] for key in stand_ins}, stand_ins)
        if module is not None:
            found.append(_Binding(vars(module), *_made[name]))
    ours: dict[int, Any] = {}
    for theirs, stand_ins in _made.values():
        for key, stand_in in stand_ins.items():
            ours.setdefault(id(theirs[key]), stand_in)  # `random._urandom` is `os.urandom`
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in packages and module is not None:
            bound = {key: value for key, value in list(vars(module).items()) if id(value) in ours}
            if bound:
                stand_ins = {key: ours[id(value)] for key, value in bound.items()}
                found.append(_Binding(vars(module), bound, stand_ins))
    return found
