"""pygame's small values and masks, which are state; its surfaces and clocks are not (state/left_out.py)."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Mapping
from typing import Any, Final

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import Handler, Handlers, Part, Span
from peer.simulation.handlers.python_objects import ATTRIBUTES

_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_WORD: Final = 8


class Copied(Handler):
    """pygame's Rect, FRect, Vector2, Vector3, Color: a few numbers, copied and updated in C."""

    tag = b"g"
    flat = True

    def __init__(self, names: str, layout: str = "") -> None:
        """names: a letter each. layout: of the numbers in memory, for `struct`, if they fill whole words."""
        self._names = names
        self._layout = struct.Struct(layout)
        self._laid_out: dict[type, bool] = {}  # were the numbers found there?

    def capture(self, obj: Any) -> Any:
        return tuple(obj)

    def capture_all(self, objects: list[Any]) -> list[Any]:
        return list(map(tuple, objects))

    def restore(self, obj: Any, saved: Any) -> None:
        obj.update(*saved)

    def span(self, obj: Any) -> Span | None:
        if not self._layout.size:
            return None
        kind = next(base for base in type(obj).__mro__ if not base.__flags__ & _HEAP_TYPE)
        if kind not in self._laid_out:
            self._laid_out[kind] = self._is_laid_out(kind)
        if not self._laid_out[kind]:
            return None
        return state_memory.numbers_of(obj), self._layout.size // _WORD, []

    def _is_laid_out(self, kind: Any) -> bool:
        numbers = range(1, len(self._names) + 1)
        probe = kind(*numbers)
        found = ctypes.string_at(state_memory.numbers_of(probe), self._layout.size)
        return found == self._layout.pack(*numbers)

    def from_words(self, form: Any, words: state_memory.Words) -> Any:
        return self._layout.unpack(words.tobytes())

    def parts(self, saved: Any) -> list[Part]:
        return [(f".{name}", value) for name, value in zip(self._names, saved, strict=False)]


class Mask(Handler):
    """pygame.Mask: a bitmap that some games collide with."""

    tag = b"k"
    flat = True

    def capture(self, obj: Any) -> Any:
        return obj.copy()

    def restore(self, obj: Any, saved: Any) -> None:
        obj.clear()
        obj.draw(saved, (0, 0))

    def parts(self, saved: Any) -> list[Part]:
        size = saved.get_size()
        bits = bytes(saved.get_at((x, y)) for y in range(size[1]) for x in range(size[0]))
        return [(".size", size), (".bits", bits)]


_OF_PYGAME: Final[Mapping[str, Handlers]] = {
    "rect.Rect": (Copied("xywh", "4i"),),
    "rect.FRect": (Copied("xywh", "4f"),),
    "math.Vector2": (Copied("xy", "2d"),),
    "math.Vector3": (Copied("xyz", "3d"),),
    "color.Color": (Copied("rgba"),),
    "mask.Mask": (Mask(),),
    "event.Event": (ATTRIBUTES,),
}
HANDLERS: Final[Mapping[str, Handlers]] = {
    **{f"pygame.{name}": handlers for name, handlers in _OF_PYGAME.items()},
    # Some versions name most of them without the module.
    **{f"pygame.{name.partition('.')[2]}": handlers for name, handlers in _OF_PYGAME.items()},
}
