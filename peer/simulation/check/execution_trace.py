"""What an environment's code did, line by line, in a form that two runs can be compared by.

Two runs of what should be the same frame part somewhere: at the first line after which a variable, a returned
value or the way taken differs, though everything before was equal. That line is the culprit, or reads what it
hid.
"""

from __future__ import annotations

import _random
import gc
import math
import sys
import types
from collections import deque
from collections.abc import Callable
from hashlib import blake2b
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

import numpy as np

from peer.simulation.source_lines import Whose, type_name, whose_frame
from peer.simulation.state.types import KINDS, Role

MAX_EVENTS: Final = 100_000  # lines of one run; what comes after is not looked at
DEPTH: Final = 3  # of values inside values that are compared
_BREADTH: Final = 64  # of the items of one
_WRAPPERS: Final = ("gymnasium.", "pettingzoo.")


class Event(NamedTuple):
    """A line that is about to run, or (`returns`) a call that is over."""

    file: str
    line: int
    function: str
    call: int  # number of the call it belongs to
    returns: bool
    seen: bytes  # digest of the local variables, or of the value returned


Trace = list[Event]
AtLine = Callable[
    [FrameType, bool], bool
]  # asked at each line, and (True) when a call is over; False: enough


def trace(call: Callable[[], Any], at_line: AtLine | None = None) -> Trace:
    """Run `call` and note every line of the environment's code. Some 100 times slower than without.

    at_line: asked at each line before it runs, instead of noting what it sees.
    """
    recorder = _Recorder(at_line)
    # Held to the end: CPython does not hold it while it calls it, and at_line may have enough meanwhile.
    enter = recorder.enter
    before, collects = sys.gettrace(), gc.isenabled()
    gc.disable()  # what finalizers do, and when, is not of these lines
    sys.settrace(enter)
    try:
        call()
    finally:
        sys.settrace(before)
        if collects:
            gc.enable()
    return recorder.events


def parting(ours: Trace, theirs: Trace) -> int | None:
    """Index in `ours` of the line after which two runs first differ; None if they do not."""
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one == other:
            continue
        if one.returns and one[:-1] == other[:-1]:
            return _line_before(ours, index, one.call)
        if one.call == other.call and not one.returns and not other.returns:
            return _line_before(ours, index, one.call)
        return _any_line_before(ours, index)
    if len(ours) != len(theirs):
        return _any_line_before(ours, min(len(ours), len(theirs)))
    return None


def _line_before(events: Trace, index: int, call: int) -> int | None:
    """The newest line of that call; of its caller if it has none: it was given something else."""
    for before in range(index - 1, -1, -1):
        if events[before].call == call and not events[before].returns:
            return before
    return _any_line_before(events, index)


def _any_line_before(events: Trace, index: int) -> int | None:
    """The newest line of a call that was not over."""
    over: set[int] = set()
    for before in range(index - 1, -1, -1):
        if events[before].returns:
            over.add(events[before].call)
        elif events[before].call not in over:
            return before
    return None


class _Recorder:
    def __init__(self, at_line: AtLine | None) -> None:
        self.events: Trace = []
        self._at_line = at_line
        self._calls = 0
        self._numbers: dict[FrameType, int] = {}
        self._traced: dict[CodeType, bool] = {}

    def enter(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        traced = self._traced.get(code)
        if traced is None:
            traced = self._traced[code] = _is_traced(frame)
        if not traced or len(self.events) >= MAX_EVENTS:
            return None
        self._calls += 1
        self._numbers[frame] = self._calls
        return self._within

    def _within(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event not in ("return", "line"):
            return self._within
        returns = event == "return"
        if self._at_line is None:
            self._note(frame, returns, fingerprint_of(argument) if returns else _locals_of(frame))
        elif not self._at_line(frame, returns):
            sys.settrace(None)
            return None
        if returns:
            self._numbers.pop(frame, None)
        return self._within

    def _note(self, frame: FrameType, returns: bool, seen: bytes) -> None:
        if len(self.events) < MAX_EVENTS:
            code, number = frame.f_code, self._numbers.get(frame, 0)
            self.events.append(
                Event(code.co_filename, frame.f_lineno, code.co_qualname, number, returns, seen)
            )


def _is_traced(frame: FrameType) -> bool:
    """Module bodies run once in a process, so no second run has them."""
    name = str(frame.f_globals.get("__name__", ""))
    if frame.f_code.co_name == "<module>" or frame.f_code.co_filename.startswith("<"):
        return False
    return whose_frame(frame) is Whose.ENVIRONMENT or name.startswith(_WRAPPERS)


def _locals_of(frame: FrameType) -> bytes:
    hasher = blake2b(digest_size=8)
    for name, value in frame.f_locals.items():
        hasher.update(f"{name}={describe(value, DEPTH)};".encode(errors="backslashreplace"))
    return hasher.digest()


def fingerprint_of(value: Any) -> bytes:
    """8 bytes: equal if the value is, as far as one can look into it without running its code."""
    return blake2b(describe(value, DEPTH).encode(errors="backslashreplace"), digest_size=8).digest()


def describe(value: Any, depth: int = DEPTH) -> str:
    """A text without addresses, and without the order of sets."""
    cls = type(value)
    if value is None or cls in (bool, int, float, complex, str, bytes):
        return repr(value)
    if isinstance(value, np.ndarray):
        return f"array {value.dtype.str}{value.shape}{_bytes_of(value)}"
    if isinstance(value, np.generic):
        return f"{value.dtype.str} {value!r}"
    if isinstance(value, np.random.Generator):
        return describe(value.bit_generator.state, 3)
    if isinstance(value, _random.Random):
        return f"Random {hash(_random.Random.getstate(value))}"  # of whole numbers: the same everywhere
    name = type_name(cls)
    if depth == 0:
        return name
    if cls in (tuple, list, deque):
        items = [describe(item, depth - 1) for item, _ in zip(value, range(_BREADTH), strict=False)]
        return f"{name} {len(value)} [{','.join(items)}]"
    if isinstance(value, dict):
        pairs = [
            f"{describe(key, 1)}:{describe(item, depth - 1)}"
            for (key, item), _ in zip(value.items(), range(_BREADTH), strict=False)
        ]
        return f"{name} {len(value)} {{{','.join(pairs)}}}"
    if isinstance(value, (set, frozenset)):
        return f"{name} {len(value)} {sorted(describe(item, 1) for item in value)[:_BREADTH]}"
    if isinstance(value, types.FunctionType):
        cells = value.__closure__ or ()
        return (
            f"{value.__module__}.{value.__qualname__} {[_describe_cell(cell, depth - 1) for cell in cells]}"
        )
    if KINDS[cls].role is not Role.WALKED or isinstance(value, type):
        return name
    held = getattr(value, "__dict__", None)
    if type(held) is dict:
        return f"{name}({describe(held, depth - 1)})"
    parts = [part for handler in KINDS[cls].handlers for part in handler.parts(handler.capture(value))]
    return f"{name}({','.join(describe(part, depth - 1) for _, part in parts[:_BREADTH])})"


def _describe_cell(cell: types.CellType, depth: int) -> str:
    try:
        return describe(cell.cell_contents, depth)
    except ValueError:
        return "empty"


def _bytes_of(array: np.ndarray[Any, Any]) -> str:
    if array.dtype.hasobject or math.prod(array.shape) > 1_000_000:
        return ""
    return blake2b(array.tobytes(), digest_size=8).hexdigest()
