"""A process that another of ours has started does not outlive it: not while it starts, and not frozen.

Its stdin ends with the other. But who is starting does not look there yet, and who is frozen cannot: the
kernel wakes a stopped orphan only if all of its threads stood still already. So, on Linux, it is asked for a
signal when the other ends.
"""

from __future__ import annotations

import os
import sys
from signal import SIGCONT, SIGKILL, Signals
from typing import Final

from peer.stop_signals import exit_code

PARENT: Final = "NETPLAY_PARENT"  # environment variable: the process whose end is to be ours
_PR_SET_PDEATHSIG: Final = 1


def end_with_parent() -> None:
    """For who was started by one of ours: if that ends, so do we, at once. There is nothing to lose yet."""
    parent = os.environ.pop(PARENT, "")  # not meant for what we start
    if parent:
        _when_parent_ends(SIGKILL)
        if parent != str(os.getppid()):
            os._exit(exit_code(SIGKILL))  # it was too quick for us


def wake_with_parent() -> None:
    """From now on we see ourselves that our stdin ends; all that is needed for it is to be awake."""
    _when_parent_ends(SIGCONT)


def _when_parent_ends(number: Signals) -> None:
    """Strictly, when the thread that started us ends."""
    if sys.platform == "linux":
        from ctypes import CDLL

        CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
