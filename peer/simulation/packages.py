"""Which packages an environment is made of, and which of its modules are nobody's but the user's."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from peer.simulation.source_lines import OTHERS

# Whose modules are no environment's own, though it may import them.
NOT_ITS_OWN: Final = frozenset({"numpy"} | OTHERS | sys.stdlib_module_names) - {"__main__"}
# Whose world is in a server of their own: what a game holds of it is a number.
SERVERS: Final = frozenset({"pybullet", "pybullet_utils"})
IN_A_SERVER: Final = "a server of its own"
# Whose objects cannot be remembered, and what to say of them.
REFUSED: Final = {
    **dict.fromkeys(SERVERS, f"whose world is in {IN_A_SERVER}"),
    "pandas": "which shares memory with others of its kind; a numpy array can be remembered",
}
_OURS: Final = frozenset({"peer", "netcode", "broker"})
_MAX_MODULES: Final = 1000  # of the user's own that are read
_INSTALLED: Final = tuple(
    {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
)


def packages_of(layers: Iterable[Any]) -> set[str]:
    """Top-level names: of the environment's classes, and of what their modules import by name.

    layers: the environment and the insides of its wrappers.

    Not all of sys.modules: what else a peer has imported (a window, a policy) is no part of the game.
    """
    return {
        name.partition(".")[0] for module in _modules_of(layers) for name in (module, *_imported_by(module))
    }


def own_code(layers: Iterable[Any]) -> dict[str, str]:
    """Top-level name -> digest of the source, of modules that were not installed and so have no version.

    Those of the environment's classes, and of their kind what these import, and so on.
    """
    queue = sorted(name for name in _modules_of(layers) if _is_own(name))
    for name in queue:
        queue += sorted(found for found in _imported_by(name) if _is_own(found) and found not in queue)
        if len(queue) > _MAX_MODULES:
            break
    sources: dict[str, Any] = {}
    for name in sorted(queue):
        source = Path(str(sys.modules[name].__file__)).read_bytes().replace(b"\r\n", b"\n")
        hasher = sources.setdefault(name.partition(".")[0], blake2b(digest_size=4))
        hasher.update(name.encode() + b"\0" + source)
    return {name: hasher.hexdigest() for name, hasher in sources.items()}


def _modules_of(layers: Iterable[Any]) -> set[str]:
    return {cls.__module__ for layer in layers for cls in type(layer).__mro__}


def _imported_by(name: str) -> Iterator[str]:
    """The modules whose names, or things, a module holds."""
    module = sys.modules.get(name)
    for value in list(vars(module).values()) if module is not None else ():
        yield value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))


def _is_own(name: str) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or not file.endswith(".py") or name.partition(".")[0] in _OURS:
        return False
    return not file.startswith(_INSTALLED) and Path(file).is_file()
