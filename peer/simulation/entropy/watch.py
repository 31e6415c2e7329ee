"""Every call of the environment's code looked at: what asks for luck or the time past our stand-ins.

`clock=time.time` as a default argument, or a class that kept `datetime.now`, was bound before any match.
"""

from __future__ import annotations

import datetime
import os
import sys
import time
import types
from types import FrameType
from typing import Any, Final

from peer.simulation.entropy.match_entropy import UNTOUCHED, EntropyUse, asking

_CLOCKS: Final = ("time", "monotonic", "perf_counter", "process_time", "thread_time")
_CALLS: Final = {
    **{getattr(time, name): f"time.{name}" for name in _CLOCKS},
    **{getattr(time, f"{name}_ns"): f"time.{name}_ns" for name in _CLOCKS},
    os.urandom: "os.urandom",
    os.getpid: "os.getpid",
    os.times: "os.times",
}
_PRESENT: Final = frozenset({"now", "utcnow", "today"})


class EntropyWatch:
    """Watches this thread between enter and exit. `uses`: what was asked and not answered by the match."""

    def __init__(self) -> None:
        self.uses: dict[EntropyUse, None] = {}
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = sys.getprofile()
        sys.setprofile(self._look)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)

    def _look(self, frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or (source := _source(called)) is None:
            return
        found = asking(frame)
        if found is not None:
            asker = found[0]
            self.uses.setdefault(EntropyUse(source, asker.f_code.co_filename, asker.f_lineno, UNTOUCHED))


def _source(called: Any) -> str | None:
    if type(called) is not types.BuiltinFunctionType:
        return None
    owner = called.__self__
    if isinstance(owner, type) and issubclass(owner, datetime.date) and called.__name__ in _PRESENT:
        return f"datetime.{owner.__name__}.{called.__name__}"
    return _CALLS.get(called) if isinstance(owner, types.ModuleType) else None
