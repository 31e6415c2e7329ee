"""Takeover: a controller in a process of its own plays for somebody who is lost, until a person comes back.

It comes into the match as anybody would who comes late; whoever announces starts it. If we end, it ends.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
        self._empty_since: dict[int, float] = {}  # slot -> since when only a substitute plays it
        self._starts: dict[int, int] = {}
        self._children: dict[int, Child] = {}
        # A process takes milliseconds to start, which a frame does not have.
        self._starter = ThreadPoolExecutor(1, "stand-in")
        self._starting: dict[int, Future[Child]] = {}

    def look(self, session: PlayerSession, now: float) -> None:
        """Start who is missing, if that is up to us; say who could not play."""
        if not self._controller:
            return
        empty = session.substituted.keys() - session.expected
        self._empty_since = {slot: self._empty_since.get(slot, now) for slot in empty}
        for slot, start in list(self._starting.items()):
            if start.done():
                self._started(slot, self._starting.pop(slot))
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
        self._starter.shutdown()
        for slot, start in self._starting.items():
            self._started(slot, start)
        self._starting.clear()
        for child in self._children.values():
            _end(child)
        self._children.clear()

    def _start(self, slot: int) -> None:
        self._starts[slot] = self._starts.get(slot, 0) + 1
        self.started += 1
        name = f"{self._names[slot][: MAX_NAME_CHARS - 11]}'s stand-in"
        self._say(f"{self._controller} takes over for {self._names[slot]}")
        words = ["peer", "--into", self._match_id, "--slot", str(slot), "--stand-in", "--name", name]
        words += ["--controller", self._controller, "--no-window", "--status-json", "--obey-stdin"]
        words += ["--join-timeout", str(WAIT_FOR_SLOT), *self._arguments]
        self._starting[slot] = self._starter.submit(_child, f"stand-in-{slot}", words)

    def _started(self, slot: int, start: Future[Child]) -> None:
        error = start.exception()
        if error is None:
            self._children[slot] = start.result()
        else:
            self._say(f"the stand-in for {self._names[slot]} cannot be started: {error}")

    def _gone(self, slot: int, child: Child) -> None:
        words = child.last_words()
        if _end(child):
            self._say(f"the stand-in for {self._names[slot]} is gone: {words}")


def _child(name: str, words: Sequence[str]) -> Child:
    """A process, with a folder for what it says on stderr. Raises: OSError"""
    folder = Path(tempfile.mkdtemp(prefix="netplay-"))
    try:
        return Child(name, words, folder / "stderr")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _end(child: Child) -> int:
    """Ended by now if it was not; returns its exit code."""
    code = child.end()
    shutil.rmtree(child.stderr.parent, ignore_errors=True)
    return code
