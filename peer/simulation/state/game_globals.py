"""Whose globals are in place: games of one process share their modules, and take turns.

Each game puts its own values in before its environment goes on, and keeps them when another's turn comes.
They may not play in two threads. The runners of a race are one game, and share them on every peer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from netcode.errors import UncapturableStateError
from peer.simulation.state.graph import StateSnapshot
from peer.simulation.state.module_globals import OwnGlobals
from peer.simulation.state.watch import Watch


class GameGlobals:
    """One game's values of its environment's globals."""

    def __init__(self) -> None:
        self.root: OwnGlobals | None = None
        self._watch = Watch()
        self._saved: StateSnapshot | None = None
        self._memos: dict[int, dict[Any, Any]] = {}  # by number: what looks have put into dicts

    def are_known(self, env_id: str, env_args: Mapping[str, Any]) -> bool:
        """Has that environment been made in this process before? If not, no other game is in its way."""
        self.root = _process.by_id.get((env_id, repr(env_args)))
        if self.root is None:
            _process.take_turns(None)
        return self.root is not None

    def belong_to(self, base: Any, env_id: str, env_args: Mapping[str, Any]) -> bool:
        """Now it is made for the first time. Returns whether it has any, and so must be made again."""
        env = base[0] if isinstance(base, (tuple, list)) else base
        self.root = _process.by_class.get(type(env))
        if self.root is None:
            self.root = _process.by_class[type(env)] = OwnGlobals(env)
        _process.by_id[env_id, repr(env_args)] = self.root
        return bool(self.root.values())

    def claim(self) -> None:
        """Put ours in place, if another game's are there."""
        if _process.in_place is not self and self.root is not None:
            _process.take_turns(self)
            if self._saved is not None:
                self._watch.restore(self._saved)

    def begin(self) -> None:
        """As they were at first."""
        if self.root is not None:
            self.claim()
            self.root.reset()

    def leave(self) -> None:
        """Remember ours, and tidy up."""
        if self.root is not None:
            try:
                self._saved = self._watch.capture((self.root,))
            except UncapturableStateError:  # it has come up in play
                self._saved = None
            self.root.reset()

    @contextmanager
    def with_memos(self) -> Iterator[None]:
        """A look in here will be taken back; what it puts into dicts is there again in the next one.

        Else a cache of pictures that a class keeps would be empty at each drawing.
        """
        dicts = self.root.dicts_at_first if self.root is not None else []
        sizes = [len(memo) for memo in dicts]
        for number, known in self._memos.items():
            for key, value in known.items():
                dicts[number].setdefault(key, value)
        yield
        for number, (memo, size) in enumerate(zip(dicts, sizes, strict=True)):
            if len(memo) > size:
                self._memos[number] = dict(list(memo.items())[size:])


class _Process:
    """What its games must know of each other."""

    def __init__(self) -> None:
        self.in_place: GameGlobals | None = None
        self.by_class: dict[type, OwnGlobals] = {}
        self.by_id: dict[tuple[str, str], OwnGlobals] = {}

    def take_turns(self, game: GameGlobals | None) -> None:
        if self.in_place is not None:
            self.in_place.leave()
        self.in_place = game


_process: Final = _Process()
