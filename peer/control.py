"""What others may ask of a running peer: signals, and lines on stdin from the program that started it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from typing import Final

from peer.exit_codes import ExitCode
from peer.parent import wake_with_parent
from peer.stop_signals import Stopped, exit_code, on_stop, reason

TURN_POLL: Final = 0.05  # seconds a wish to stop may go unseen while we wait for our turn
ENDS_WITHIN: Final = 2.0  # seconds; one more signal after them comes to a game that hangs
OUTLIVES: Final = 20.0  # seconds at most that we outlive the program that started us, to end in good order
_exit: Final = os._exit  # in an environment's code it is another


class Control:
    """Requests are only remembered here; the main thread looks at them once a frame."""

    def __init__(self, obey_stdin: bool = False, in_turn: bool = False) -> None:
        """`obey_stdin`: take orders from stdin, one a line, and stop when it ends: then the program
        that held its other end is gone. `in_turn`: one of them will be to join."""
        self._my_turn = threading.Event()
        if not in_turn:
            self._my_turn.set()
        self.stop_reason: str | None = None
        self.stop_code = ExitCode.STOPPED
        self._asked_at = 0.0
        self.weather_orders: deque[str] = deque(maxlen=16)  # names of weathers; the newest counts
        on_stop(self._on_signal, hangup=obey_stdin)  # SIGHUP is what a stopped orphan is woken with
        if obey_stdin:
            threading.Thread(target=self._read_stdin, name="orders", daemon=True).start()
            wake_with_parent()

    def should_stop(self) -> bool:
        return self.stop_reason is not None

    def wait_for_turn(self) -> None:
        """Until we may join, or should stop."""
        while not self._my_turn.wait(TURN_POLL) and not self.should_stop():
            pass

    def stop(self, why: str) -> None:
        """We are to stop; the first reason counts."""
        if self.stop_reason is None:
            self.stop_reason, self._asked_at = why, time.monotonic()

    def _on_signal(self, number: int) -> None:
        if self.stop_reason is None:
            self.stop_code = ExitCode(exit_code(number))
        elif time.monotonic() - self._asked_at > ENDS_WITHIN:
            raise Stopped(number)  # nobody looks any more: out of the frame that does not end
        self.stop(reason(number))

    def _read_stdin(self) -> None:
        # The raw descriptor: a thread blocked inside sys.stdin would hold its lock at exit.
        pending = b""
        while data := os.read(sys.stdin.fileno(), 4096):
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                self._obey(line.decode(errors="replace").split())
        self.stop("the program that started this peer has ended")
        time.sleep(OUTLIVES)
        _exit(ExitCode.STOPPED)  # the game hangs, and nobody is there to end us

    def _obey(self, words: list[str]) -> None:
        match words:
            case ["weather", name]:
                self.weather_orders.append(name)
            case ["join"]:
                self._my_turn.set()
            case ["stop"]:
                self.stop("the whole match is stopped")
