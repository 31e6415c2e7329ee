"""A measured figure beside its bar, and beside what others have."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_BAR: Final = re.compile(r"(under|at most|over|at least) ([\d.]+)")


@dataclass(frozen=True)
class Row:
    """`bar` in words, as in "under 2.5" or "at least 20"; empty where there is none. `elsewhere`: what is
    published of, or was measured with, other systems; not in the same run."""

    name: str
    value: float
    unit: str
    bar: str
    elsewhere: str = ""

    @property
    def share(self) -> float | None:
        """How much of the bar is used up: at 1 it is just met. None: the bar has no number."""
        found = _BAR.match(self.bar)
        if found is None or not self.value:
            return None
        limit = float(found[2])
        return self.value / limit if found[1] in ("under", "at most") else limit / self.value


def once_us(call: Callable[[], Any]) -> float:
    """Microseconds that a call takes, this time."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e6
