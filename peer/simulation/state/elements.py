"""Elements of small arrays, rects and vectors: those of all such objects in one go.

To copy an array takes most of a microsecond, however small it is; to read a word among others, nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import Handler, Span
from peer.simulation.state.graph import Other


class Elements:
    """Of all objects of a plan whose contents are a few words that refer to nothing."""

    def __init__(self) -> None:
        self._objects: list[tuple[Handler, Any, int, int, Any]] = []  # with its words, and its form
        self._addresses: list[int] = []
        self._places = state_memory.places([])

    def __len__(self) -> int:
        return len(self._objects)

    def copy(self) -> Elements:
        """One that may be added to."""
        more = Elements()
        more._objects, more._addresses = [*self._objects], [*self._addresses]
        return more

    def add(self, handler: Handler, obj: Any, span: Span) -> None:
        address, count, _ = span
        start = len(self._addresses)
        self._addresses += range(address, address + 8 * count, 8)
        self._objects.append((handler, obj, start, start + count, handler.form(obj)))

    def settle(self) -> None:
        """All have been added."""
        self._places = state_memory.places(self._addresses)

    def take(self) -> state_memory.Words:
        return state_memory.read(self._places)

    def put(self, saved: state_memory.Words) -> None:
        """All of them: to find out which differ takes longer."""
        state_memory.write(self._places, saved)

    def told(self, saved: state_memory.Words) -> Iterator[Other]:
        """As a walk would have taken them."""
        for handler, obj, start, end, form in self._objects:
            yield handler, obj, handler.from_words(form, saved[start:end])
