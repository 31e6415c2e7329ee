"""How the contents of each kind of mutable object are taken, put back, and shown.

A handler never copies deeply: what it takes holds references to the same objects as the original did.
Each object's own contents are taken in turn, so a whole state is a flat list of shallow copies.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any, Final

from netcode.errors import UncapturableStateError
from peer.simulation.source_lines import type_name

Span = tuple[int, int, list[int]]  # address, how many words, and addresses of words that tell if it moves
Part = tuple[str, Any]  # how a path goes on (`.x`, `[3]`) and the value there
MISSING: Final = types.new_class("MISSING")  # a slot without a value; a class, since classes are leaves


class RefusedError(UncapturableStateError):
    """Of one object; the walk that met it adds the path."""

    def __init__(self, culprit: Any, why: str) -> None:
        super().__init__(f"the state cannot be remembered: it holds a {type_name(type(culprit))}, {why}")
        self.culprit, self.why = culprit, why


class Handler:
    """Contents of one kind. `capture` must return something no later change of the object can reach."""

    tag = b""  # tells kinds of contents apart in a digest
    immutable = False  # nothing to keep or to put back: the object only leads on to others
    flat = False  # leads nowhere
    first = False  # to be put back before all else
    last = False  # to be put back after all else: it asks its members for their hashes

    def capture(self, obj: Any) -> Any:
        """The contents now. Raises: UncapturableStateError if they could not be put back."""
        raise NotImplementedError

    def restore(self, obj: Any, saved: Any) -> None:
        """Write contents taken earlier back into the same object."""
        raise NotImplementedError  # immutable kinds have nothing to put

    def capture_all(self, objects: list[Any]) -> list[Any]:
        """The same for many at once."""
        return [self.capture(obj) for obj in objects]

    def restore_all(self, objects: list[Any], saved: list[Any]) -> None:
        for obj, contents in zip(objects, saved, strict=True):
            self.restore(obj, contents)

    def words(self, obj: Any) -> list[int] | None:
        """Addresses of words that change whenever the contents do (state_memory.py); None: look each time."""
        return None

    def span(self, obj: Any) -> Span | None:
        """Where all contents lie, if they are no more than a few whole words that refer to nothing."""
        return None

    def form(self, obj: Any) -> Any:
        """What is to be known of it to read the words of its span, whatever form it has by then."""
        return None

    def from_words(self, form: Any, words: Any) -> Any:
        """What `capture` would have returned when these words lay in the span of an object of that form."""
        raise NotImplementedError  # kinds without spans

    def children(self, saved: Any) -> Iterable[Any]:
        """Values inside that may be, or lead to, mutable objects."""
        return ()

    def parts(self, saved: Any) -> list[Part]:
        """Everything a digest or a diff shall see, with the names a person would use."""
        return [(f"[{index}]", child) for index, child in enumerate(self.children(saved))]

    def values(self, saved: Any) -> list[Any]:
        """The parts without their names, for a digest."""
        return [value for _, value in self.parts(saved)]


class Unchanging(Handler):
    """Of an object that never changes: to hold it is to remember it."""

    immutable = True

    def capture(self, obj: Any) -> Any:
        return obj


class ByChildren(Handler):
    """Whose children are all there is to see."""

    def values(self, saved: Any) -> list[Any]:
        return list(self.children(saved))


Handlers = tuple[Handler, ...]  # of one type: together they tell all that its objects hold
CONSTANT: Final[Handlers] = ()  # of a type whose objects never change, and tell nothing
