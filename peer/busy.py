"""What a terminal shows while something takes long and says nothing: one line, gone when it is over.

Imports nothing that takes long: the first of what takes long is to import the rest of the command.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

TICK: Final = 1.0  # seconds between two looks at the clock that a person sees
CLEAR: Final = "\r\x1b[2K"  # the line that is written over and over


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Within, a person at a terminal reads `what`, and for how long."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    over = Event()
    clock = Thread(target=_tick, args=(sys.stderr.fileno(), what, over), name="busy", daemon=True)
    clock.start()
    try:
        yield
    finally:
        over.set()
        clock.join()


def _tick(terminal: int, what: str, over: Event) -> None:
    began = time.monotonic()
    try:
        while True:
            seconds = int(time.monotonic() - began)
            # Not by sys.stderr: its lock is not to be held by us should the process end now.
            os.write(terminal, f"{CLEAR}netplay: {what} ...{f' {seconds} s' if seconds else ''}".encode())
            if over.wait(TICK):
                break
        os.write(terminal, CLEAR.encode())
    except OSError:
        pass  # the terminal is gone
