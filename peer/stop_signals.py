"""Signals that ask a command to stop: Ctrl-C, SIGTERM, and SIGHUP of a terminal that closes.

Imports nothing that takes long: it is in force before the rest of the command is loaded.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Final

REASONS: Final = {
    "SIGINT": "Ctrl-C was pressed",
    "SIGTERM": "SIGTERM came",
    "SIGHUP": "the terminal was closed",
}


class Stopped(BaseException):
    """A signal has come. No Exception, nor KeyboardInterrupt: whoever handles those means other things."""

    def __init__(self, number: int) -> None:
        super().__init__(reason(number))
        self.number = number


def exit_code(number: int) -> int:
    """What a command ends with that signal `number` has stopped; the shell's convention."""
    return 128 + number


def reason(number: int) -> str:
    """The signal as a person reads it."""
    return REASONS[signal.Signals(number).name]


def on_stop(do: Callable[[int], object], hangup: bool = False) -> None:
    """From now on `do(number)` is called, in the main thread, whenever a signal asks to stop.

    hangup: also SIGHUP that is ignored here; who said `nohup` wants it ignored.
    """
    terminals = [fd for fd in _outputs() if os.isatty(fd)]

    def come(number: int, _frame: FrameType | None) -> None:
        if signal.Signals(number).name == "SIGHUP":
            _say_no_more(terminals)
        do(number)

    for name in REASONS:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is None or (name == "SIGHUP" and not hangup and signal.getsignal(number) is signal.SIG_IGN):
            continue
        signal.signal(number, come)


def _outputs() -> set[int]:
    """Descriptors that we write to; sys.stdout may have another than 1, see own_output.py."""
    try:
        return {1, 2, sys.stdout.fileno()}
    except (AttributeError, OSError, ValueError):
        return {1, 2}  # closed, or none of a file


def _say_no_more(terminals: Sequence[int]) -> None:
    """To a terminal that is gone every word is an error, and would keep us from what is still to do."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for terminal in terminals:
        os.dup2(nowhere, terminal)
    os.close(nowhere)


def leave_at_once() -> None:
    """While nothing has begun there is nothing to end: not even a traceback of a half done import."""
    on_stop(lambda number: os._exit(exit_code(number)))


def keep_code(code: object) -> None:
    """The exit code is decided (`code` as sys.exit takes it): a signal only makes the command end sooner."""
    decided = code if isinstance(code, int) else int(code is not None)
    on_stop(lambda _number: os._exit(decided))


def ignore_stops() -> None:
    """For the last moments of Python, which takes all handlers back: then a signal would kill us."""
    for name in REASONS:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)


class StopRequest:
    """The first signal to stop. It raises `Stopped` where it comes, or is kept while we hold it back."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._held = False
        on_stop(self._come)

    def __bool__(self) -> bool:
        return self.number is not None

    @property
    def reason(self) -> str:
        """As a person reads it; "" while none has come."""
        return "" if self.number is None else reason(self.number)

    @property
    def exit_code(self) -> int:
        """0 while none has come."""
        return 0 if self.number is None else exit_code(self.number)

    @contextmanager
    def held(self, hold: bool = True) -> Iterator[None]:
        """Whoever has to clean up asks now and then `if request`."""
        before, self._held = self._held, hold
        try:
            yield
        finally:
            self._held = before

    def raising(self) -> AbstractContextManager[None]:
        """Amid what is held back: something long that may be cut off, also by one more signal."""
        return self.held(False)

    def _come(self, number: int) -> None:
        self.number = self.number or number
        if not self._held:
            raise Stopped(self.number)
