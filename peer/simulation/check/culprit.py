"""The line of an environment's code at which two runs part that should be one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from peer.simulation.check.execution_trace import Trace, parting, trace
from peer.simulation.source_lines import line_of, short_path, type_name

MOST_LINES: Final = 4000  # of a call, while the line is looked for that writes a field
MOST_SECONDS: Final = 10.0  # the same: a state with many fields takes long to look through


@dataclass(frozen=True, slots=True)
class Culprit:
    file: str
    line: int
    function: str

    @property
    def code(self) -> str:
        return line_of(self.file, self.line)

    def __str__(self) -> str:
        return f"{short_path(self.file)}:{self.line}: {self.code}"

    def as_dict(self) -> dict[str, Any]:
        """For reports."""
        return {
            "file": short_path(self.file),
            "line": self.line,
            "function": self.function,
            "code": self.code,
        }


Scenario = Callable[[], tuple[Trace, Trace]]  # both runs


def find_culprit(scenario: Scenario) -> Culprit | None:
    """Where the two runs of a scenario part, or None if their code takes no part in it."""
    ours, theirs = scenario()
    index = parting(ours, theirs)
    if index is None:
        return None
    found = ours[index]
    return Culprit(found.file, found.line, found.function)


def find_writer(call: Callable[[], Any], read: Callable[[], Any]) -> Culprit | None:
    """The line of `call` after which `read` first returns something else, or None."""
    first = read()
    return _find_after(call, lambda _: read() != first)


def find_origin(call: Callable[[], Any], kind: str) -> Culprit | None:
    """The line of `call` that gives an object an attribute of the type of that name, or None."""

    def holds_it(frame: FrameType) -> bool:
        held = getattr(frame.f_locals.get("self"), "__dict__", None)
        return type(held) is dict and any(type_name(type(value)) == kind for value in held.values())

    return _find_after(call, holds_it)


def _find_after(call: Callable[[], Any], is_so: Callable[[FrameType], bool]) -> Culprit | None:
    """The first line of `call` after which something is so, which was not so before."""
    deadline = time.monotonic() + MOST_SECONDS
    newest: dict[FrameType, int] = {}
    before: list[Culprit] = []
    found: list[Culprit] = []

    def look(frame: FrameType, returns: bool) -> bool:
        code = frame.f_code
        if before and is_so(frame):
            line = newest.get(frame)
            found.append(Culprit(code.co_filename, line, code.co_qualname) if line else before[-1])
        elif returns:
            newest.pop(frame, None)
        else:
            newest[frame] = frame.f_lineno
            before.append(Culprit(code.co_filename, frame.f_lineno, code.co_qualname))
        return not found and len(before) <= MOST_LINES and time.monotonic() < deadline

    trace(call, look)
    return found[0] if found else None
