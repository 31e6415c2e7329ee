"""What did this player do, last time it was like this? Counted, not trained.

Inputs are read as *runs*: the same input for a number of frames. For each context - the input held now,
and what was held before it, up to three runs back - two things are counted: how long such runs lasted, and
which input came next. Both are looked up in all contexts that fit, from the loosest to the closest, each
correcting the one before as far as it has been seen often enough (so one sighting does not outweigh fifty).

A frame is then predicted as the likeliest of: still held, the next input, or the one after that. Nothing is
predicted to change unless it is likelier than not that it has changed by then: a guess that is late costs
frames, and so does one that is early.

From this folder: `netplay match --env CartPole-v1 --players 2 --prediction learned:Learned`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import mul, sub
from typing import Final

LEARNED_CONTEXTS: Final = 512  # in either half of a slot's memory (0.5 MB); the older half is forgotten
LEARNED_INPUTS: Final = 128  # different inputs of a slot; with more it is not learned from but repeated
LONGEST_RUN: Final = 64  # frames; what has been held for longer is held on: people who hold, hold
RUNS_BEFORE: Final = 3  # how far back a context looks
SHORT_RUN: Final = 20  # frames
# How many runs a looser context counts for, beside those seen in the closer one.
LOOSER_LENGTHS: Final = 6.0
LOOSER_NEXT: Final = 2.0  # times the number of different inputs that followed: many mean little is known
SPREAD: Final = 4  # a run of n frames says something about runs of n - n/4 to n + n/4 frames

Key = tuple[bytes | bool | None, ...]


class Context:
    """What followed in one context."""

    __slots__ = ("followed", "outlived")

    def __init__(self) -> None:
        self.outlived = array("d", bytes(8 * (LONGEST_RUN + 1)))  # [n]: runs of at least n frames
        self.followed: dict[bytes, int] = {}  # next input -> times

    def add(self, length: int, next_input: bytes) -> None:
        """A run of `length` frames has ended, and `next_input` followed."""
        outlived, spread = self.outlived, length // SPREAD
        surely = max(length - spread, 1)
        outlived[: surely + 1] = array("d", [times + 1.0 for times in outlived[: surely + 1]])
        for n in range(surely + 1, min(length + spread, LONGEST_RUN) + 1):
            outlived[n] += (length + spread + 1 - n) / (2 * spread + 1)
        self.followed[next_input] = self.followed.get(next_input, 0) + 1


class Memory:
    """Contexts by key, at most 2 x LEARNED_CONTEXTS. Beyond, those not met for longest are forgotten."""

    def __init__(self) -> None:
        self._young: dict[Key, Context] = {}
        self._old: dict[Key, Context] = {}

    def find(self, keys: Sequence[Key]) -> list[Context]:
        """Those that are known, in the same order."""
        young, old = self._young, self._old
        found = [young.get(key) or old.get(key) for key in keys]
        return [context for context in found if context is not None]

    def meet(self, key: Key) -> Context:
        """The context of that key, new if need be."""
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None) or Context()
            if len(self._young) >= LEARNED_CONTEXTS:
                self._old, self._young = self._young, {}
            self._young[key] = found
        return found

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Outlook:
    """What is to be expected of one run: how long it lasts, and what comes next."""

    __slots__ = ("_contexts", "_held_on", "chance", "next_input")

    def __init__(self, contexts: Sequence[Context]) -> None:
        """`contexts` are those that the run is in, loosest first."""
        self.next_input, self.chance = _likeliest_next(contexts)
        self._contexts = contexts
        self._held_on = [1.0]

    def held_on(self, frames: int) -> list[float]:
        """[n]: the chance that the run lasts at least n frames, for n up to `frames`. Above 0 throughout."""
        if len(self._held_on) <= frames:
            # Most runs are short: the rest is worked out for those that are not.
            self._held_on = _chances_to_hold_on(
                self._contexts, LONGEST_RUN if frames > SHORT_RUN else SHORT_RUN
            )
        return self._held_on


class Learned:
    """Predicts what this player did in like contexts; repeats the last input as long as it knows too little.

    Made for buttons. Of a player who gives more than LEARNED_INPUTS different inputs (analog sticks, real
    numbers) it learns nothing and repeats the last one.
    """

    def __init__(self, default: bytes) -> None:
        self._default = default
        self._held = default
        self._age = 0  # frames since it was pressed
        self._before: tuple[bytes | None, ...] = (None,) * RUNS_BEFORE  # the runs before, newest first
        self._different = {default}
        self._memory: Memory | None = Memory()  # None: these are not buttons
        self._now: Outlook | None = None
        self._next: Outlook | None = None

    @property
    def contexts(self) -> int:
        """How many are remembered; at most 2 x LEARNED_CONTEXTS."""
        return 0 if self._memory is None else len(self._memory)

    def learn(self, data: bytes) -> None:
        if data == self._held:
            self._age += 1
            return
        if self._memory is not None:
            self._different.add(data)
            if len(self._different) > LEARNED_INPUTS:
                self._memory = self._now = self._next = None
                self._different.clear()
            else:
                self._end_run(self._memory, data)
        self._held, self._age = data, 1

    def predict(self, ahead: int) -> bytes:
        now = self._now
        if now is None or now.next_input is None:
            return self._held
        now_at, then_at = min(self._age, LONGEST_RUN), min(self._age + ahead, LONGEST_RUN)
        held_on = now.held_on(then_at)
        still = held_on[then_at] / held_on[now_at]
        if still > 0.5:
            return self._held
        if self._next is None:
            self._next = self._outlook(now.next_input, (self._held, *self._before[:-1]))
        after = self._next
        once = _changed_once(held_on[now_at : then_at + 1], after.held_on(then_at - now_at)) / held_on[now_at]
        chances = {self._held: still}
        chances[now.next_input] = chances.get(now.next_input, 0.0) + now.chance * once
        if after.next_input is not None:
            more = now.chance * after.chance * (1.0 - still - once)
            chances[after.next_input] = chances.get(after.next_input, 0.0) + more
        return max(chances, key=chances.__getitem__)  # of equals the first: what is held

    def _end_run(self, memory: Memory, data: bytes) -> None:
        """`data` begins a new run: count the one that ended, and look up what is known of the new one."""
        for key in self._keys(self._held, self._before):
            memory.meet(key).add(self._age, data)
        self._before = (self._held, *self._before[:-1])
        self._now = self._outlook(data, self._before)
        self._next = None  # looked up when it is asked for

    def _outlook(self, held: bytes, before: tuple[bytes | None, ...]) -> Outlook:
        return Outlook(self._memory.find(self._keys(held, before)) if self._memory is not None else [])

    def _keys(self, held: bytes, before: tuple[bytes | None, ...]) -> list[Key]:
        """Of the contexts of a run, loosest first: pressed or not, then `held` after ever more runs."""
        return [(held == self._default,), *((held, *before[:runs]) for runs in range(RUNS_BEFORE + 1))]


def _chances_to_hold_on(contexts: Sequence[Context], frames: int) -> list[float]:
    """[n]: the chance that a run lasts at least n frames, for n up to `frames`."""
    ends = [0.0] * frames  # [n]: the chance that a run that has lasted n frames goes on no longer
    for context in contexts:
        outlived = context.outlived[: frames + 1]
        ends = [
            (here - longer + LOOSER_LENGTHS * looser) / (here + LOOSER_LENGTHS)
            for here, longer, looser in zip(outlived, outlived[1:], ends, strict=False)
        ]
    return list(accumulate(ends, lambda chance, end: chance * (1.0 - end), initial=1.0))


def _changed_once(held_on: Sequence[float], next_held_on: Sequence[float]) -> float:
    """The chance that a run ends within these frames (the first is now) and the next lasts to their end."""
    changed = map(sub, held_on, held_on[1:])
    return float(sum(map(mul, changed, reversed(next_held_on[1 : len(held_on)]))))


def _likeliest_next(contexts: Sequence[Context]) -> tuple[bytes | None, float]:
    """The likeliest next input and its chance."""
    chances: dict[bytes, float] = {}
    for context in contexts:
        followed = context.followed
        looser = LOOSER_NEXT * len(followed) if chances else 0.0
        seen = sum(followed.values()) + looser
        chances = {data: chance * looser / seen for data, chance in chances.items()}
        for data, times in followed.items():
            chances[data] = chances.get(data, 0.0) + times / seen
    if not chances:
        return None, 0.0
    best = max(chances, key=chances.__getitem__)
    return best, chances[best]
