"""What did this player do, last time it was like this? Counted, not trained.

Inputs are read as *runs*: the same input for a number of frames. For each context - the input held now,
and what was held before it, up to three runs back - two things are counted: how long such runs lasted, and
which input came next. Both are looked up in all contexts that fit, from the loosest to the closest, each
correcting the one before as far as it has been seen often enough (so one sighting does not outweigh fifty).

A frame is then predicted as the likeliest of: still held, the next input, or the one after that. Nothing is
predicted to change unless it is likelier than not that it has changed by then: a guess that is late costs
frames, and so does one that is early.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

from netcode.limits import LEARNED_CONTEXTS, LEARNED_INPUTS

LONGEST_RUN: Final = 64  # frames; what has been held for longer is held on: people who hold, hold
FURTHEST: Final = 32  # frames ahead; beyond, the guess for this frame serves
RUNS_BEFORE: Final = 3  # how far back a context looks
# How many runs a looser context counts for, beside those seen in the closer one.
LOOSER_LENGTHS: Final = 6.0
LOOSER_NEXT: Final = 2.0  # times the number of different inputs that followed: many mean little is known
SPREAD: Final = 3  # a run of n frames says something about runs of n - n/3 to n + n/3 frames

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
        for n in range(min(surely, LONGEST_RUN) + 1):
            outlived[n] += 1.0
        for n in range(surely + 1, min(length + spread, LONGEST_RUN) + 1):
            outlived[n] += (length + spread + 1 - n) / (2 * spread + 1)
        self.followed[next_input] = self.followed.get(next_input, 0) + 1


class Memory:
    """Contexts by key, at most 2 x LEARNED_CONTEXTS. Beyond, those not met for longest are forgotten."""

    def __init__(self) -> None:
        self._young: dict[Key, Context] = {}
        self._old: dict[Key, Context] = {}

    def find(self, key: Key) -> Context | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None)
            if found is not None:
                self._keep(key, found)
        return found

    def find_or_make(self, key: Key) -> Context:
        found = self.find(key)
        if found is None:
            found = Context()
            self._keep(key, found)
        return found

    def _keep(self, key: Key, context: Context) -> None:
        if len(self._young) >= LEARNED_CONTEXTS:
            self._old, self._young = self._young, {}
        self._young[key] = context

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Outlook:
    """What is to be expected of one run: the contexts it is in, loosest first, and what comes next."""

    __slots__ = ("chance", "contexts", "next_input")

    def __init__(self, contexts: Sequence[Context]) -> None:
        self.contexts = contexts
        self.next_input, self.chance = _likeliest_next(contexts[1:])  # the loosest does not know the input

    def held_on(self, age: int, ahead: int) -> float:
        """The chance that a run of `age` frames goes on for `ahead` more."""
        chance = 1.0
        until = min(age + ahead, LONGEST_RUN)
        if age < LONGEST_RUN:
            for context in self.contexts:
                outlived = context.outlived
                chance = (outlived[until] + LOOSER_LENGTHS * chance) / (outlived[age] + LOOSER_LENGTHS)
        return chance


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
        now, after = self._now, self._next
        if now is None or now.next_input is None or after is None:
            return self._held
        ahead = min(ahead, FURTHEST)
        still = now.held_on(self._age, ahead)
        if still > 0.5:
            return self._held
        once, twice = self._changes(now, after, ahead)
        chances = {self._held: still}
        chances[now.next_input] = chances.get(now.next_input, 0.0) + now.chance * once
        if after.next_input is not None:
            both = now.chance * after.chance * twice
            chances[after.next_input] = chances.get(after.next_input, 0.0) + both
        return max(chances, key=chances.__getitem__)  # of equals the first: what is held

    def _changes(self, now: Outlook, after: Outlook, ahead: int) -> tuple[float, float]:
        """The chances that by then the input has changed once, and that it has changed more often."""
        once = twice = 0.0
        before = 1.0
        for frame in range(1, ahead + 1):
            still = now.held_on(self._age, frame)
            changed, before = before - still, still
            stayed = after.held_on(1, ahead - frame)
            once += changed * stayed
            twice += changed * (1.0 - stayed)
        return once, twice

    def _end_run(self, memory: Memory, data: bytes) -> None:
        """`data` begins a new run: count the one that ended, and look up what is ahead of us."""
        for key in self._keys(self._held, self._before):
            memory.find_or_make(key).add(self._age, data)
        self._before = (self._held, *self._before[:-1])
        self._now = self._outlook(memory, data, self._before)
        self._next = None
        if self._now is not None and self._now.next_input is not None:
            self._next = self._outlook(memory, self._now.next_input, (data, *self._before[:-1]))

    def _outlook(self, memory: Memory, held: bytes, before: tuple[bytes | None, ...]) -> Outlook | None:
        found = [memory.find(key) for key in self._keys(held, before)]
        contexts = [context for context in found if context is not None]
        return Outlook(contexts) if contexts else None

    def _keys(self, held: bytes, before: tuple[bytes | None, ...]) -> list[Key]:
        """Of the contexts of a run, loosest first: pressed or not, then `held` after ever more runs."""
        return [(held == self._default,), *((held, *before[:runs]) for runs in range(RUNS_BEFORE + 1))]


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
