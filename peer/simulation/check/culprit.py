"""The line of an environment's code at which two runs part that should be one, and the likely cause in words.

A scenario plays both runs, twice: once to find the line, once more to look at what its names stand for there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from peer.simulation.check.execution_trace import Event, Trace, parting, trace
from peer.simulation.check.line_names import Named, names_on_line
from peer.simulation.source_lines import line_of, short_path, type_name

MOST_LINES: Final = 4000  # of a call, while the line is looked for that writes a field
MOST_SECONDS: Final = 10.0  # the same: a state with many fields takes long to look through


@dataclass(frozen=True, slots=True)
class Culprit:
    """A line, and what on it is the likely cause (`cause` may be empty)."""

    file: str
    line: int
    function: str
    cause: str = ""
    names: tuple[str, ...] = ()  # what the cause is called in the code

    @property
    def code(self) -> str:
        return line_of(self.file, self.line)

    def __str__(self) -> str:
        cause = f" ({self.cause})" if self.cause else ""
        return f"{short_path(self.file)}:{self.line}: {self.code}{cause}"

    def as_dict(self) -> dict[str, Any]:
        """For reports."""
        return {
            "file": short_path(self.file),
            "line": self.line,
            "function": self.function,
            "code": self.code,
            "cause": self.cause,
        }


@dataclass(frozen=True, slots=True)
class Probe:
    """What is to be found out of a run: its trace, or what is named on its `number`-th line."""

    number: int | None = None

    def __call__(self, run: Callable[[], Any]) -> list[Any]:
        """Returns: events, or names; plain values in tuples."""
        if self.number is None:
            return trace(run)
        named: list[Named] = []
        left = [self.number]

        def look(frame: FrameType, returns: bool) -> bool:
            if left[0] == 0 and not returns:
                named.extend(names_on_line(frame))
                return False
            left[0] -= not returns
            return True

        trace(run, look)
        return named


Scenario = Callable[[Probe], tuple[list[Any], list[Any]]]  # both runs, each probed


def find_culprit(scenario: Scenario, processes_differ: bool = False) -> Culprit | None:
    """Where the two runs of a scenario part, or None if their code takes no part in it.

    processes_differ: they are in two processes, where hashes and addresses differ.
    """
    ours, theirs = (_events(found) for found in scenario(Probe()))
    index = parting(ours, theirs)
    if index is None:
        return None
    number = sum(not event.returns for event in ours[:index])
    here, there = ([Named(*one) for one in found] for found in scenario(Probe(number)))
    found = ours[index]
    cause, names = _cause(here, there, processes_differ)
    return Culprit(found.file, found.line, found.function, cause, names)


def _events(found: list[Any]) -> Trace:
    return [Event(*one) for one in found]


WORDS: Final = {
    "set": "the order of {chain} differs, as sets have none that can be relied on",
    "hash": "hash() of text is another one in each process",
    "id": "id() is an address, another one in each process",
    "free": "{chain} is a variable of the enclosing function that a snapshot does not reach",
    "global": "{chain} is a global of the module that a snapshot does not reach",
    "class": "{chain} is an attribute of the class that a snapshot does not reach",
    "closure": "{chain} keeps variables of the function around it, where a snapshot does not reach",
    "picture": "{chain} is a {kind}, which counts as presentation and is not put back",
    "opaque": "{chain} is a {kind}, which hides its state",
}


def _cause(here: list[Named], there: list[Named], processes_differ: bool) -> tuple[str, tuple[str, ...]]:
    """What on the line is not the same in both runs; else what may hide that it is not."""
    differing = {one.chain for one, other in zip(here, there, strict=False) if one != other}
    ranks = ["free", "global", "class", "closure", "opaque", "picture"]
    ranks = ["set", "hash", "id", *ranks] if processes_differ else [*ranks, "set", "id"]
    for rank in ranks:
        for one in here:
            hides = rank in ("set", "hash", "id", "opaque", "picture")
            if one.rank == rank and (hides or one.chain in differing):
                return WORDS[rank].format(chain=one.chain, kind=one.kind), (one.chain.rpartition(".")[2],)
    for one in here:
        if one.chain in differing:
            return f"{one.chain} differs", (one.chain.rpartition(".")[2],)
    return "", ()


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


def find_namesake(call: Callable[[], Any], names: tuple[str, ...]) -> Culprit | None:
    """The first line of `call` that has to do with one of `names`, or None."""
    found: list[Culprit] = []

    def look(frame: FrameType, _returns: bool) -> bool:
        if any(set(one.chain.split(".")) & set(names) for one in names_on_line(frame)):
            found.append(Culprit(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname))
        return not found

    trace(call, look)
    return found[0] if found else None
