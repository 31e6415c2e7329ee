"""Child processes that cannot outlive us: started, watched, and always ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

from netcode.errors import NetplayError
from peer.hash_seed import PINNED
from peer.parent import PARENT

GRACE: Final = 3.0  # seconds between asking a child to stop and killing it
LAST_WORDS: Final = 2**16  # bytes at the end of a child's stderr that are looked through
OURS: Final = "netplay: "  # how our errors begin
LINES_KEPT: Final = 4096  # unread lines of a child's output; the oldest falls out


def _opened(path: Path) -> BinaryIO:
    """Where there is no room for it, nothing is kept."""
    try:
        return path.open("wb")
    except OSError:
        return Path(os.devnull).open("wb")


class Child:
    """A `netplay` command as a process. We hold its stdin: if we end, it sees that and stops."""

    def __init__(
        self, name: str, arguments: Sequence[str], stderr: Path, news: threading.Event | None = None
    ) -> None:
        """`arguments` follow `netplay`; what it says on stderr goes to the file `stderr`.

        news: set whenever it has printed a line, or has ended.
        """
        self.name = name
        self._news = news or threading.Event()
        self.stderr = stderr
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        with _opened(stderr) as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "peer.commands.main", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ
                | {"PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": PINNED, PARENT: str(os.getpid())},
                process_group=0,  # Ctrl-C is ours to pass on
            )
        self._reader = threading.Thread(target=self._read, name=f"read-{name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -N if signal N ended it."""
        return self.process.poll()

    def lines(self) -> list[str]:
        """What it has printed since the last call."""
        lines = []
        while self._lines:
            lines.append(self._lines.popleft())
        return lines

    def messages(self) -> list[dict[str, Any]]:
        """The JSON lines among them."""
        messages = []
        for line in self.lines():
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                messages.append(value)
        return messages

    def order(self, line: str) -> None:
        """Say something to it on its stdin; it may be gone already."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    def signal(self, number: signal.Signals) -> None:
        if self.exit_code is None:
            self.process.send_signal(number)

    def last_words(self) -> str:
        """The last line it wrote on stderr, for telling a person why it failed: its own before what others
        have printed there."""
        try:
            with self.stderr.open("rb") as log:
                log.seek(-min(LAST_WORDS, self.stderr.stat().st_size), os.SEEK_END)
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:  # the folder is gone, or could not be written
            lines = []
        own = [line for line in lines if line.startswith(OURS)]
        return (own or lines or ["said nothing"])[-1].removeprefix(OURS)

    def end(self, grace: float = GRACE) -> int:
        """Ask it to stop, kill it if it does not, wait until it is gone. Returns the exit code."""
        if self.exit_code is None:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)  # a stopped process hears nothing else
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass  # an order it did not live to read
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line.decode(errors="replace").rstrip())
            self._news.set()
        self._news.set()


class Nursery:
    """All children of one run. Leaving it, however, ends every one of them."""

    def __init__(self, folder: Path) -> None:
        """`folder` takes what the children say on stderr.

        Raises: NetplayError if it cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NetplayError(f"cannot make {folder}: {error.strerror}") from None
        self.folder = folder
        self.news = threading.Event()  # set when a child has said something; whoever looks clears it
        self.children: list[Child] = []
        self.pids: set[int] = set()  # of all there ever were

    def start(self, name: str, arguments: Sequence[str]) -> Child:
        child = Child(name, arguments, self.folder / f"{name}.stderr", self.news)
        self.children.append(child)
        self.pids.add(child.pid)
        return child

    def start_broker(self, name: str = "broker", port: int = 0, patience: float = 20.0) -> tuple[Child, str]:
        """A broker on 127.0.0.1 and its address.

        Raises: NetplayError if it does not come up within `patience` seconds.
        """
        child = self.start(
            name, ["broker", "--bind", f"127.0.0.1:{port}", "--no-announce", "--stop-with-parent"]
        )
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and child.exit_code is None:
            for line in child.lines():
                if "listening on " in line:
                    return child, line.split("listening on ", 1)[1].split()[0]
            time.sleep(0.01)
        raise NetplayError(f"the broker did not start: {child.last_words()}")

    def forget(self, child: Child) -> None:
        """A child that has ended needs no more looking after."""
        child.end(0.0)
        self.children.remove(child)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)  # all at once, so that their goodbyes cross
            child.signal(signal.SIGCONT)
        for child in self.children:
            child.end()
        self.children.clear()
