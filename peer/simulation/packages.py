"""Which packages an environment is made of: those of its classes, and what these import by name."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final

from peer.simulation.source_lines import OTHERS

# Whose modules are no environment's own, though it may import them.
NOT_ITS_OWN: Final = frozenset({"numpy"} | OTHERS | sys.stdlib_module_names) - {"__main__"}


def packages_of(layers: Iterable[Any]) -> set[str]:
    """Top-level names. layers: the environment and the insides of its wrappers.

    Not all of sys.modules: what else a peer has imported (a window, a policy) is no part of the game.
    """
    found: set[str] = set()
    for layer in layers:
        for cls in type(layer).__mro__:
            found.add(cls.__module__)
            module = sys.modules.get(cls.__module__)
            for value in vars(module).values() if module is not None else ():
                found.add(
                    value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))
                )
    return {module.partition(".")[0] for module in found}
