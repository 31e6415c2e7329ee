"""How a state is told, as both sides know it.

    ["name", ...]                  names of classes and functions
    [[class, ...], ...]            objects born, in the order of their numbers (after those of the beginning)
    [[number, class, ...], ...]    contents by handler of each object that is new or has changed
    [[width, height, ...], ...]    pictures made since
    [bytes, ...]                   whatever is long: text, arrays, pixels

Plain values stand for themselves, [n] for object n; all others are lists that begin with a letter (see Tag).
"""

from __future__ import annotations

import types
from typing import Any, Final, final

import numpy as np

from netcode.limits import MAX_STATE_WORK
from peer.simulation.state.contents import UnsendableError


@final
class Tag:
    """First in a list that is not a reference."""

    BYTES: Final = "b"  # number of the long bytes
    TEXT: Final = "s"  # the same, as UTF-8
    PATH: Final = "f"  # of a file, as portable_paths.beneath says it
    BIG_INT: Final = "i"  # signed, little-endian
    COMPLEX: Final = "c"
    RANGE: Final = "r"
    SLICE: Final = "l"
    SCALAR: Final = "n"  # numpy: dtype, bytes
    DTYPE: Final = "d"
    TUPLE: Final = "t"  # class or None, items
    FROZENSET: Final = "z"
    ENUM: Final = "e"  # class, member's name
    CLASS: Final = "T"
    FUNCTION: Final = "F"
    METHOD: Final = "m"  # its object, its name
    PICTURE: Final = "p"  # the receiver's own: owner's number, handler, key
    PIXELS: Final = "x"  # number of the picture
    KEEP: Final = "k"  # whatever picture the receiver has there, if any
    MISSING: Final = "o"  # a slot without a value


INLINE_TEXT: Final = 128  # characters, or bytes; longer ones go to the end
MOST_DEPTH: Final = 24  # of tuples within tuples
MOST_INT_BYTES: Final = 512
_COLLISIONS_AT_A_TIME: Final = 16
_TRIED_MEMBERS: Final = 64  # of a set; see SetItems
_BYTES_A_MEMBER: Final = 128  # of a set's table, at the most while it only grows
_SPARE_TABLE: Final = 2**16


class Work:
    """What an honest state may cost to put together beside its length; the same count on both sides."""

    def __init__(self) -> None:
        self._left = MAX_STATE_WORK

    def spend(self, units: int) -> None:
        self._left -= units
        if self._left < 0 or units < 0:
            raise UnsendableError("takes too much work to put together")

    def hash_keys(self, keys: list[Any]) -> None:
        """Numbers can be chosen to collide; strings cannot."""
        others = sum(type(key) is not str for key in keys)
        self.spend(others * others // _COLLISIONS_AT_A_TIME)

    def refill_set(self, members: int, size: int) -> None:
        tries = members if members <= _TRIED_MEMBERS else 1
        self.spend(members * tries)
        if size > max(_SPARE_TABLE, _BYTES_A_MEMBER * members):
            raise UnsendableError("once held too many members")
        if size > _BYTES_A_MEMBER * members:
            self.spend(size * max(1, tries))


def axes_in_memory(elements: np.ndarray[Any, Any]) -> list[int]:
    """The axes from the one with the longest stride to the one with the shortest."""
    return sorted(range(elements.ndim), key=lambda axis: (-elements.strides[axis], axis))


SENDABLE_DTYPES: Final = frozenset("biufcSU")


def find_method(obj: Any, name: str) -> types.FunctionType | None:
    """The plain function that is the method `name` of `obj`'s class. Runs no code of the class."""
    for cls in type(obj).__mro__:
        if name in vars(cls):
            found = vars(cls)[name]
            return found if type(found) is types.FunctionType else None
    return None
