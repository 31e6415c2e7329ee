"""Takeover: a controller in a process of its own plays for somebody who is lost, until a person comes back.

It comes into the match as anybody would who comes late; whoever announces starts it. If we end, it ends.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from netcode.limits import MAX_NAME_CHARS
from netcode.session import PlayerSession
from peer.fleet.processes import Child

PATIENCE: Final = 0.5  # seconds a substitute plays before we start somebody: he may be coming back just now
MOST_STARTS: Final = 3  # a slot; a controller that fails again and again is no help
WAIT_FOR_SLOT: Final = 10.0  # seconds


class StandIns:
    """Looked at once a frame; processes are started beside it."""

    def __init__(
        self,
        controller: str,
        match_id: str,
        names: Sequence[str],
        arguments: Sequence[str],
        say: Callable[[str], None],
    ) -> None:
        """`controller`: "" starts nobody. `arguments`: options of `netplay peer` that are ours too."""
        self.started = 0
        self._controller = controller
        self._match_id = match_id
        self._names = names
        self._arguments = tuple(arguments)
        self._say = say
        self._folder: Path | None = None  # for what they say on stderr
        self._empty_since: dict[int, float] = {}  # slot -> since when only a substitute plays it
        self._starts: dict[int, int] = {}
        self._children: dict[int, Child] = {}
        self._starting: dict[int, threading.Thread] = {}

    def look(self, session: PlayerSession, now: float) -> None:
        """Start who is missing, if that is up to us; say who could not play."""
        if not self._controller:
            return
        empty = session.substituted.keys() - session.expected
        self._empty_since = {slot: self._empty_since.get(slot, now) for slot in empty}
        for slot, child in list(self._children.items()):
            if child.exit_code is not None:
                self._gone(slot, self._children.pop(slot))
        if not session.announces:
            return
        for slot, since in self._empty_since.items():
            at_work = slot in self._starting or slot in self._children
            if now - since >= PATIENCE and not at_work and self._starts.get(slot, 0) < MOST_STARTS:
                self._start(slot)

    def close(self) -> None:
        """End those we started; they may still have a goodbye to say."""
        for thread in self._starting.values():
            thread.join()
        for child in self._children.values():
            child.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, slot: int) -> None:
        self._starts[slot] = self._starts.get(slot, 0) + 1
        self.started += 1
        name = f"{self._names[slot][: MAX_NAME_CHARS - 11]}'s stand-in"
        self._say(f"{self._controller} takes over for {self._names[slot]}")
        words = ["peer", "--into", self._match_id, "--slot", str(slot), "--stand-in", "--name", name]
        words += ["--controller", self._controller, "--no-window", "--status-json", "--obey-stdin"]
        words += ["--join-timeout", str(WAIT_FOR_SLOT), *self._arguments]
        thread = threading.Thread(target=self._run, args=(slot, words), name="stand-in")
        self._starting[slot] = thread
        thread.start()

    def _run(self, slot: int, words: list[str]) -> None:
        """A process takes milliseconds to start, which a frame does not have."""
        self._folder = self._folder or Path(tempfile.mkdtemp(prefix="netplay-"))
        self._children[slot] = Child(f"stand-in-{slot}", words, self._folder / f"{slot}.stderr")
        del self._starting[slot]

    def _gone(self, slot: int, child: Child) -> None:
        if child.end():
            self._say(f"the stand-in for {self._names[slot]} is gone: {child.last_words()}")
