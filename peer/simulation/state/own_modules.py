"""The loaded modules that are the environment's own: its package, or for a lone file the files beside it."""

from __future__ import annotations

import sys
import types
from pathlib import PurePath
from typing import Final

from peer.simulation.source_lines import Whose, whose

# Too big to be the environment's own package: of them the family it is of.
_LIBRARIES: Final = frozenset({"gymnasium", "pettingzoo", "pygame", "numpy"})
_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE


def own_modules(cls: type) -> dict[str, types.ModuleType]:
    """By name: loaded modules of the packages that the environment's class and its bases come from."""
    homes = {base.__module__ for base in cls.__mro__ if base.__flags__ & _HEAP_TYPE}
    loaded = dict(sys.modules)
    found = {name: loaded[name] for name in loaded if any(_belongs(name, home) for home in homes)}
    for home in homes:
        if home in loaded:
            found[home] = loaded[home]
            found |= _beside(loaded[home])
    own = {module.__name__: module for module in found.values()}
    return {name: module for name, module in own.items() if whose(name) is Whose.ENVIRONMENT}


def _belongs(name: str, home: str) -> bool:
    """Is module `name` of the package that `home` is in?"""
    top, _, rest = home.partition(".")
    if top not in _LIBRARIES:
        return name.startswith(f"{top}.")
    return "." in rest and name.startswith(f"{home.rpartition('.')[0]}.")


def _beside(module: types.ModuleType) -> dict[str, types.ModuleType]:
    """What a module outside of any package imports from its own folder."""
    file = getattr(module, "__file__", None)
    if "." in module.__name__ or file is None:
        return {}
    folder = PurePath(file).parent
    names = {getattr(value, "__module__", None) or "" for value in vars(module).values()}
    names |= {value.__name__ for value in vars(module).values() if isinstance(value, types.ModuleType)}
    found = {}
    for name in names:
        other = sys.modules.get(name) if isinstance(name, str) else None
        other_file = getattr(other, "__file__", None)
        if other is not None and other_file is not None and PurePath(other_file).parent == folder:
            found[name] = other
    return found
