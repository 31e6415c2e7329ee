"""The beginning of an episode, which every peer can reach by itself: a state that travels is told from there.

It follows from the settings and the episode's number alone. Its objects are numbered in an order that all
processes share, so that a number names the same object everywhere, and only what has changed since must
be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from netcode.limits import DIGEST_BYTES
from peer.simulation.entropy.process_rng import ProcessRngState, process_rng_parts
from peer.simulation.handlers.handler import Handler
from peer.simulation.handlers.python_objects import Attributes, DictItems, Frozenset, SetItems
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import Contents, StateSnapshot, contents_of
from peer.simulation.state.types import KINDS, PLAIN, Role

PictureKey = tuple[int, int, str | int]  # its owner's number, which of its handlers, name or index there


@dataclass(frozen=True)
class Beginning:
    """The state right after the reset that began an episode."""

    episode: int
    graph: StateSnapshot
    rngs: ProcessRngState

    @cached_property
    def places(self) -> Places:
        return Places(self.graph)

    @cached_property
    def digest(self) -> bytes:
        """Equal on two peers iff their numbers mean the same."""
        state = digest_snapshot(self.graph, self.graph.roots[:-1], process_rng_parts(self.rngs))
        types = "|".join(f"{cls.__module__}:{cls.__qualname__}" for cls in self.places.types)
        return blake2b(state + types.encode(), digest_size=DIGEST_BYTES).digest()


class Places:
    """Everything reached at the beginning, by number.

    Objects with an identity are numbered at first sight; tuples, functions of the interpreter and other
    constants at each sight, since two processes may share them differently. Plain values have no numbers.
    What is reached only through a set has none either: sets have no order that processes share.
    """

    def __init__(self, graph: StateSnapshot) -> None:
        self.objects: list[Any] = []
        self.types: list[type] = []
        self.numbers: dict[int, int] = {}  # id -> (first) number
        self.contents: dict[int, Contents] = graph.contents()
        self.pictures: dict[
            int, PictureKey
        ] = {}  # id of a surface, font, clock ... -> where it was first seen
        self.unnumbered: set[int] = set()  # ids of objects that hold others without a number
        self._changed_classes = graph.changed_classes()
        self._walk(graph.roots)

    def _walk(self, roots: Sequence[Any]) -> None:
        queue = list(flat_roots(roots))
        for value in queue:
            cls = type(value)
            kind = KINDS[cls]
            if kind.numbered and kind.role is Role.WALKED and id(value) in self.numbers:
                continue
            number = len(self.objects)
            self.numbers.setdefault(id(value), number)
            self.objects.append(value)
            self.types.append(self._changed_classes.get(id(value), cls))
            if kind.role is Role.WALKED:
                queue.extend(self._children(number, value))

    def _children(self, number: int, value: Any) -> Iterator[Any]:
        for index, (handler, saved) in enumerate(contents_of(self.contents, value)):
            ordered = not isinstance(handler, (SetItems, Frozenset))
            for key, child in keyed_children(handler, saved):
                cls = type(child)
                if child is None or cls in PLAIN:
                    continue
                if KINDS[cls].role is Role.PRESENTATION:
                    self.pictures.setdefault(id(child), (number, index, key))
                elif ordered:
                    yield child
                else:
                    self.unnumbered.add(id(value))

    def picture(self, key: PictureKey) -> Any:
        """The picture at that place here, or None: one peer draws, another never does."""
        number, index, name = key
        held = contents_of(self.contents, self.objects[number])
        for found, child in keyed_children(*held[index]):
            if found == name and child is not None and KINDS[type(child)].role is Role.PRESENTATION:
                return child
        return None


def flat_roots(roots: Iterable[Any]) -> Iterator[Any]:
    """Roots without the tuple or list that a race puts its runners in."""
    for root in roots:
        if type(root) in (tuple, list):
            yield from root
        else:
            yield root


def keyed_children(handler: Handler, saved: Any) -> Iterator[tuple[str | int, Any]]:
    """Children by a key that does not depend on who draws: an attribute's name, else the index."""
    if isinstance(handler, Attributes):
        yield from saved[1].items()
    elif isinstance(handler, DictItems):
        yield from enumerate(child for pair in saved.items() for child in pair)
    else:
        yield from enumerate(handler.children(saved))
