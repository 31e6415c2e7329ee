"""What a program may read of us: standard output and the exit code, whatever an environment does in here."""

from __future__ import annotations

import io
import os
import sys
import threading


def keep_output() -> None:
    """From here on descriptor 1 is stderr's, for whatever prints there from C, and sys.stdout is another one.

    sys.stdout itself is out of an environment's reach by peer.simulation.contained.
    """
    before = sys.stdout
    if before is None:
        return
    before.flush()
    try:
        ours = os.dup(1)
        os.dup2(2, 1)
    except OSError:
        return  # one of them is closed
    sys.stdout = io.TextIOWrapper(
        os.fdopen(ours, "wb", closefd=False),  # as of any stdout
        encoding=before.encoding,
        errors=before.errors,
        line_buffering=os.isatty(ours),
        write_through=bool(getattr(before, "write_through", False)),
    )


def leave_threads_behind(code: object) -> None:
    """Our work is done, and threads that an environment has left would keep the process alive for ever: where
    there are any, it ends here, with `code` as sys.exit takes it."""
    mine = threading.current_thread()
    if all(thread is mine or thread.daemon for thread in threading.enumerate()):
        return
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                code = code or 1
    os._exit(code if isinstance(code, int) else int(code is not None))
