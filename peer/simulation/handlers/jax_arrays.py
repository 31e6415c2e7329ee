"""jax's arrays and keys, which never change, known by name; jax itself is never imported here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from peer.simulation.handlers.handler import Handler, Part, Unchanging


class Array(Unchanging):
    """Elements, wherever they lie. Nothing to put back: a game that goes on holds other arrays."""

    tag = b"jA"

    def parts(self, saved: Any) -> list[Part]:
        elements = np.asarray(saved)
        facts: list[Part] = [(".dtype", str(elements.dtype)), (".shape", elements.shape)]
        return facts + [(f"[{index}]", value) for index, value in enumerate(elements.ravel().tolist())]

    def values(self, saved: Any) -> list[Any]:
        elements = np.asarray(saved)
        return [str(elements.dtype), elements.shape, elements.tobytes()]


class Key(Unchanging):
    """A key of jax.random, by the array that it is inside."""

    tag = b"jK"

    def children(self, saved: Any) -> Iterable[Any]:
        return (saved._base_array,)

    def parts(self, saved: Any) -> list[Part]:
        return [(".key", saved._base_array)]


_ARRAY, _KEY = Array(), Key()
HANDLERS: Final[dict[str, Handler]] = {
    "jaxlib._jax.ArrayImpl": _ARRAY,
    "jaxlib.xla_extension.ArrayImpl": _ARRAY,  # before 0.6
    "jax._src.random.prng.PRNGKeyArray": _KEY,
    "jax._src.prng.PRNGKeyArray": _KEY,  # before 0.10
}
LIBRARY: Final = "jaxlib"  # whatever else comes from there is a function, a device or a layout: constants
