"""Honest games of two players, each with one trait that is first used when some frames have been played.

What a snapshot should remember of it, or that it cannot, shows only then. See test_late_traits.py.
"""

from __future__ import annotations

import enum
import io
import itertools
import queue
import threading
import weakref
from typing import Any, ClassVar

import numpy as np
import pygame
from gymnasium import spaces
from pettingzoo import ParallelEnv

LATE = 10  # frames until the trait is used


class Late(ParallelEnv[str, Any, Any]):
    """`play` gives the value of a frame from what the two press; `late` says whether it is time."""

    metadata: ClassVar[dict[str, Any]] = {"name": "late", "render_fps": 60}
    length = 500

    def __init__(self) -> None:
        self.possible_agents = ["left", "right"]
        self.agents: list[str] = []
        self.frame, self.score = 0, 0

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Box(-np.inf, np.inf, (1,))

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(4)

    @property
    def late(self) -> bool:
        return self.frame > LATE

    def begin(self) -> None:
        pass

    def play(self, left: int, right: int) -> int:
        raise NotImplementedError

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.rng = np.random.default_rng(seed)
        self.agents, self.frame, self.score = self.possible_agents[:], 0, 0
        self.begin()
        return self._all(np.zeros(1)), self._all({})

    def step(self, actions: dict[str, int]) -> Any:
        self.frame += 1
        value = int(self.play(*(int(actions[agent]) for agent in self.possible_agents)))
        self.score = (self.score * 31 + value) % 65_521
        over, told = self.frame >= self.length, np.array([self.score])
        results = (self._all(told), self._all(float(value)), self._all(over), self._all(False), self._all({}))
        if over:
            self.agents = []
        return results

    def _all(self, value: Any) -> dict[str, Any]:
        return dict.fromkeys(self.agents, value)


# ------------------------------------------------------------ remembered


class SpawnedGenerators(Late):
    def play(self, left: int, right: int) -> int:
        return int(self.rng.spawn(1)[0].integers(99)) if self.late and left == right else left


class SpawnedSeeds(Late):
    def begin(self) -> None:
        self.seeds = np.random.SeedSequence(7)

    def play(self, left: int, right: int) -> int:
        if not self.late or left < 2:
            return left
        return int(self.seeds.spawn(1)[0].generate_state(1)[0]) % 99


class ClosedArray(Late):
    def begin(self) -> None:
        self.grid = np.zeros(16, int)

    def play(self, left: int, right: int) -> int:
        if not self.late or self.grid.flags.writeable:
            self.grid[left * 4 + right] += 1
        if self.late:
            self.grid.flags.writeable = left > 0
        return int(self.grid @ np.arange(16))


class ResizedArray(Late):
    def begin(self) -> None:
        self.grid = np.ones(4)

    def play(self, left: int, right: int) -> int:
        if self.late and left == 1:
            self.grid.resize(4 + right * 3, refcheck=False)
        self.grid[-1] += left
        return int(self.grid.sum()) + len(self.grid)


class ReshapedArray(Late):
    def begin(self) -> None:
        self.grid = np.arange(12)

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.grid.shape = (3, 4) if left > 1 else (12,)
        self.grid.flat[right] += 1
        return int(self.grid.sum()) * self.grid.ndim


class ArrayOfAnotherType(Late):
    def begin(self) -> None:
        self.grid = np.arange(6, dtype=np.int64)

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.grid.dtype = np.float64 if left > 1 else np.int64  # type: ignore[misc]
        return self.grid.dtype.num


class Record(Late):
    def begin(self) -> None:
        self.unit = np.zeros(3, [("x", int), ("y", int)])[1].copy()

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.unit["x"] = (self.unit["x"] * 3 + left) % 101
        return int(self.unit["x"])


class GrownBytes(Late):
    def begin(self) -> None:
        self.memory = bytearray(4)

    def play(self, left: int, right: int) -> int:
        if self.late and left == 1:
            self.memory += bytes(right)
        self.memory[right] = (self.memory[right] + 1) % 256
        return sum(self.memory) + len(self.memory)


class Deck(spaces.Discrete):
    hand = 0


class AttributeOfASpace(Late):
    def begin(self) -> None:
        self.deck = Deck(4)

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.deck.hand += left * right
            self.deck.n = np.int64(2 + right)
        return self.deck.hand + int(self.deck.n)


class NestedClass(Late):
    class Rules:
        class Speed:
            now = 1

    def begin(self) -> None:
        self.Rules.Speed.now = 1

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.Rules.Speed.now = (self.Rules.Speed.now * 3 + left) % 101
        return self.Rules.Speed.now


class Tree(enum.Enum):
    OAK = 1
    ASH = 2


class AttributeOfAnEnumMember(Late):
    def begin(self) -> None:
        vars(Tree.ASH).pop("cut", None)

    def play(self, left: int, right: int) -> int:
        if self.late:
            Tree.ASH.cut = getattr(Tree.ASH, "cut", 0) + left  # type: ignore[attr-defined]
        return getattr(Tree.ASH, "cut", 0) % 97


def count_up(by: int) -> int:
    count_up.total = getattr(count_up, "total", 0) + by  # type: ignore[attr-defined]
    return int(count_up.total) % 97  # type: ignore[attr-defined]


class AttributeOfAFunction(Late):
    def begin(self) -> None:
        vars(count_up).clear()

    def play(self, left: int, right: int) -> int:
        return count_up(left) if self.late else 0


class DefaultArgument(Late):
    def push(self, value: int, *, history: list[int] = []) -> int:  # noqa: B006
        history.append(value)
        return sum(history[-9:])

    def play(self, left: int, right: int) -> int:
        return self.push(left) if self.late else 0


class DefaultOfAProperty(Late):
    @property
    def looks(self, seen: list[int] = []) -> int:  # noqa: B006, PLR0206
        seen.append(1)
        return len(seen)

    def play(self, left: int, right: int) -> int:
        return self.looks if self.late and left > 1 else 0


def _counter() -> Any:
    total = 0

    def add(value: int) -> int:
        nonlocal total
        total += value
        return total % 97

    return add


add = _counter()


class ClosureOfAFunction(Late):
    def play(self, left: int, right: int) -> int:
        return int(add(left)) if self.late else 0


def chase(left: int, right: int) -> int:
    return left


def flee(left: int, right: int) -> int:
    return 5 * right


rule = chase


class NameOfAFunction(Late):
    def begin(self) -> None:
        global rule  # noqa: PLW0603
        rule = chase

    def play(self, left: int, right: int) -> int:
        global rule  # noqa: PLW0603
        value = rule(left, right)
        if self.late:
            rule = flee if left > right else chase
        return value


class Point:
    __slots__ = ("x",)

    def __init__(self, x: int) -> None:
        self.x = x

    def __hash__(self) -> int:
        return hash(self.x)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and self.x == other.x


class SetByValue(Late):
    def begin(self) -> None:
        self.points = [Point(0), Point(100), Point(200)]
        self.members = set(self.points)

    def play(self, left: int, right: int) -> int:
        if self.late:
            point = self.points[left % 3]
            self.members.discard(point)
            point.x += right + 1
            self.members.add(point)
        return sum(point in self.members for point in self.points) * 10 + len(self.members)


class FileInMemory(Late):
    def begin(self) -> None:
        self.file: io.StringIO | None = None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.file = io.StringIO("\n".join(str(i * 7 % 13) for i in range(999)))
        return int(self.file.readline()) if self.file and left == right else left


class BytesInMemory(Late):
    def begin(self) -> None:
        self.file = io.BytesIO(bytes(range(100)))

    def play(self, left: int, right: int) -> int:
        if self.late and left == 1:
            self.file.write(bytes([right]))
        if self.late and left == 2:
            self.file.close()
            self.file = io.BytesIO(b"again")
        return self.file.tell() + (self.file.read(1) or b"\0")[0]


class ThingsInAnError(Late):
    def begin(self) -> None:
        self.error = ValueError([0])

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.error.args[0][0] += left
            self.error.add_note(str(right))
        return int(self.error.args[0][0]) + len(getattr(self.error, "__notes__", ()))


class QueueOfTheLibrary(Late):
    def begin(self) -> None:
        self.queue: queue.Queue[int] | None = None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.queue = queue.Queue()
        if self.queue is None:
            return 0
        self.queue.put(left)
        return self.queue.get() if right == 1 else 0


class PygameEvent(Late):
    def begin(self) -> None:
        self.event = pygame.event.Event(pygame.USEREVENT, total=0)

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.event.total = (self.event.total * 3 + left) % 101
        return int(self.event.total)


REMEMBERED = (
    *(SpawnedGenerators, SpawnedSeeds, ClosedArray, ResizedArray, ReshapedArray, ArrayOfAnotherType, Record),
    *(GrownBytes, AttributeOfASpace, NestedClass, AttributeOfAnEnumMember, AttributeOfAFunction),
    *(DefaultArgument, DefaultOfAProperty, ClosureOfAFunction, NameOfAFunction, SetByValue, FileInMemory),
    *(BytesInMemory, ThingsInAnError, QueueOfTheLibrary, PygameEvent),
)


# ------------------------------------------------------------ not to be put back: guessing ends


class Generator(Late):
    def begin(self) -> None:
        self.steps: Any = None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.steps = (i * 7 % 13 for i in itertools.count())
        return next(self.steps) if self.steps and left == right else left


class ShortGenerator(Generator):
    length = 30


class Iterator(Late):
    def begin(self) -> None:
        self.orders: Any = None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.orders = itertools.permutations(range(9))
        return sum(next(self.orders)[:left]) if self.orders else left


class OpenFile(Late):
    def begin(self) -> None:
        self.file: Any = None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.file = io.TextIOWrapper(io.BytesIO(b"one\nthree\nfifteen\n" * 99))
        return len(self.file.readline()) if self.file and left == right else left


class SimpleQueue(Late):
    def begin(self) -> None:
        self.queue: Any = None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.queue = queue.SimpleQueue()
        if self.queue is None:
            return 0
        self.queue.put(left)
        return self.queue.get() if right == 1 else 0


class LockThatIsHeld(Late):
    def begin(self) -> None:
        self.lock = threading.Lock()

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.lock.acquire()
        return int(self.lock.locked())


class ViewOfBytes(Late):
    def begin(self) -> None:
        self.memory, self.view = bytearray(4), None

    def play(self, left: int, right: int) -> int:
        if self.late and left == 1 and self.view is not None:
            self.view.release()
            self.memory += bytes(right)
        if self.late:
            self.view: Any = memoryview(self.memory)
        return len(self.memory)


class Thing:
    pass


class WeakMembers(Late):
    def begin(self) -> None:
        self.things, self.seen = [Thing() for _ in range(8)], None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.seen: Any = weakref.WeakSet(self.things)
        if self.late and self.things and left == 1:
            self.things.pop()
        return len(self.seen) if self.seen is not None else 0


class WeakMembersAtOnce(Late):
    def begin(self) -> None:
        self.things = [Thing() for _ in range(8)]
        self.seen = weakref.WeakSet(self.things)

    def play(self, left: int, right: int) -> int:
        if self.things and left == 1:
            self.things.pop()
        return len(self.seen)


class WeakTarget(Late):
    def begin(self) -> None:
        self.things, self.target = [Thing() for _ in range(8)], None

    def play(self, left: int, right: int) -> int:
        if self.frame == LATE:
            self.target: Any = weakref.ref(self.things[-1])
        if self.late and self.things and left == 1:
            self.things.pop()
        return int(self.target is not None and self.target() is None)


class Mortal:
    def __init__(self, graves: list[int]) -> None:
        self.graves = graves

    def __del__(self) -> None:
        self.graves.append(1)


class Finalizer(Late):
    def begin(self) -> None:
        self.things: list[Mortal] = []
        self.graves: list[int] = []

    def play(self, left: int, right: int) -> int:
        if self.late:
            self.things = [Mortal(self.graves)] if left == 1 else []
        return len(self.graves)


ENDS_GUESSING = {
    Generator: "steps is a builtins.generator",
    Iterator: "orders is a itertools.permutations",
    OpenFile: "file is a _io.TextIOWrapper, a file that is read",
    SimpleQueue: "queue is a _queue.SimpleQueue",
    LockThatIsHeld: "_thread.lock, which is held from one frame to another",
    ViewOfBytes: "view is a builtins.memoryview, which cannot be put back once it is released",
    WeakMembers: "seen is a _weakrefset.WeakSet, which depends on when objects are freed",
    WeakTarget: "target is a weakref.ReferenceType, which depends on when objects are freed",
    Finalizer: "things[0] is a late_games.Mortal, which depends on when objects are freed",
}
