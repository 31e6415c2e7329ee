"""Somebody else's code runs in this process. What it does to the process is undone when it returns.

However it tries to leave: that is its own failure, and not our exit code.

Out of reach: what C code, a signal or another thread does (abort, a segmentation fault). Whoever started the
process then tells of its end.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, NoReturn, TextIO

from netcode.errors import GameError
from peer.simulation.quoting import one_line
from peer.simulation.source_lines import Whose, module_of, whose

_signal: Final = importlib.import_module("_signal")  # without the enums: it is asked at every step
_NUMBERS: Final = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
]
_PID: Final = os.getpid()
_exit: Final = os._exit


def _refuse_exit(status: int) -> NoReturn:
    if os.getpid() != _PID:
        _exit(status)  # a process that the environment has forked
    raise SystemExit(status)


class Contained:
    """Enter it around each call of an environment's code; may be nested. About 3 us.

    Folder: the environment keeps its own, and we ours. What it prints goes to stderr. Signals stay ours.
    Raises: GameError in place of SystemExit, os._exit, and a KeyboardInterrupt that no key has caused.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._folder = ""  # ours
        self._theirs = ""  # if it is another
        self._handlers: list[Any] = []
        self._streams: tuple[TextIO, TextIO] = sys.stdout, sys.stderr

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > 1:
            return
        self._folder = _folder()
        if self._theirs:
            _go_to(self._theirs)
        self._handlers = [_signal.getsignal(number) for number in _NUMBERS]
        self._streams = sys.stdout, sys.stderr
        sys.stdout = sys.stderr
        os._exit = _refuse_exit

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if not self._depth:
            os._exit = _exit
            sys.stdout, sys.stderr = self._streams
            self._take_folder_back()
            for number, handler in zip(_NUMBERS, self._handlers, strict=True):
                if _signal.getsignal(number) is not handler:
                    _put_back(number, handler)
        if error is not None and not isinstance(error, Exception) and _is_theirs(error):
            raise GameError(one_line(error)) from error

    def _take_folder_back(self) -> None:
        now = _folder()
        self._theirs = now if now != self._folder else ""
        if self._theirs:
            _go_to(self._folder)


contained: Final = Contained()


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  a Path takes three times as long
    except OSError:
        return ""  # it is gone


def _go_to(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError:
        pass  # it is gone: nobody can be there


def _put_back(number: int, handler: Callable[..., object] | int | None) -> None:
    if handler is not None:  # None: not set from Python
        try:
            signal.signal(number, handler)
        except ValueError:
            pass  # not the main thread, which is asked again at the next call


def _is_theirs(error: BaseException) -> bool:
    if isinstance(error, KeyboardInterrupt):
        # Where Ctrl-C raises it, nobody can tell; commands of ours handle it in another way.
        return signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    return whose(module_of(type(error))) is not Whose.OURS
