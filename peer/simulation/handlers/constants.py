"""Objects of C that never change once they are made, told by their bytes. To hold one is to remember it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from peer.simulation.handlers.handler import CONSTANT, Handlers, Part, Unchanging


class Told(Unchanging):
    tag = b"C"

    def __init__(self, bytes_of: Callable[[Any], bytes]) -> None:
        self._bytes_of = bytes_of

    def parts(self, saved: Any) -> list[Part]:
        return [(".bytes", self._bytes_of(saved))]


def _elements(array: Any) -> bytes:
    elements = np.asarray(array)
    return f"{elements.dtype}{elements.shape}".encode() + elements.tobytes()


_ARRAY: Final[Handlers] = (Told(_elements),)
_KEY: Final[Handlers] = (Told(lambda key: _elements(key._base_array)),)
HANDLERS: Final[Mapping[str, Handlers]] = {
    "jaxlib._jax.ArrayImpl": _ARRAY,
    "jaxlib.xla_extension.ArrayImpl": _ARRAY,  # before 0.6
    "jax._src.random.prng.PRNGKeyArray": _KEY,
    "jax._src.prng.PRNGKeyArray": _KEY,  # before 0.10
    "jaxlib": CONSTANT,  # functions, devices, layouts
    "shapely.lib.Geometry": (Told(lambda geometry: geometry.wkb),),
    "shapely.lib.STRtree": CONSTANT,  # an index of what is held beside it
    "scipy.spatial._ckdtree.cKDTree": (Told(lambda tree: b"%d;" % tree.leafsize + _elements(tree.data)),),
    "zoneinfo.ZoneInfo": (Told(lambda zone: zone.key.encode()),),
    "numba.core.registry.CPUDispatcher": CONSTANT,  # a compiled function
}
