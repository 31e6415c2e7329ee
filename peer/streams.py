"""Standard output and error as they may be: a full disk, a closed pipe, nothing at all."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO


def put(text: str, stream: IO[str] | None, end: str = "\n") -> bool:
    """Print and flush. Returns whether that was possible: nothing is raised if it was not."""
    try:
        print(text, file=stream, end=end, flush=True)
    except (OSError, ValueError):
        return False
    return stream is not None


def let_go(stream: IO[str] | None) -> None:
    """Write there no more: what is still held would fail again at exit, and change the exit code."""
    if stream is None:
        return
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
