"""Objects of C that never change once they are made, told by what they are made of. Found by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from peer.simulation.handlers.handler import Handler, Part, Unchanging


class Constant(Unchanging):
    tag = b"C"

    def __init__(self, tell: Callable[[Any], list[Part]]) -> None:
        """tell: what it is made of."""
        self._tell = tell

    def parts(self, saved: Any) -> list[Part]:
        return self._tell(saved)


HANDLERS: Final[dict[str, Handler]] = {
    "shapely.lib.Geometry": Constant(lambda geometry: [(".wkb", geometry.wkb)]),
    "scipy.spatial._ckdtree.cKDTree": Constant(
        lambda tree: [(".data", tree.data.tobytes()), (".leafsize", tree.leafsize)]
    ),
    "zoneinfo.ZoneInfo": Constant(lambda zone: [(".key", zone.key)]),
}
# Compiled functions, and indexes of what is held beside them.
LEAVES: Final = frozenset({"numba.core.registry.CPUDispatcher", "shapely.lib.STRtree"})
