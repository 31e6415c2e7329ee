"""A game whose state holds one of everything that a travelling state must carry."""

from __future__ import annotations

import array
import collections
import enum
import random
import types
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pygame
from gymnasium import spaces
from pettingzoo import ParallelEnv


class Mood(enum.Enum):
    CALM = 1
    CROSS = 2


class Spot(NamedTuple):
    x: int
    y: int


@dataclass(frozen=True)
class Cell:
    x: int
    y: int


@dataclass(slots=True)
class Slotted:
    number: int
    other: Any = None
    never: Any = field(init=False)


class Thing:
    """Born in play; knows its game and its picture."""

    def __init__(self, game: Any, number: int) -> None:
        self.game = game
        self.number = number
        self.image = pygame.Surface((4 + number % 3, 4), pygame.SRCALPHA)
        self.image.fill((number % 256, 1, 2, 200))
        self.rect = self.image.get_rect(center=(number, -number))
        self.heading = pygame.Vector2(0.1, -0.0)
        self.act = self.walk

    def walk(self) -> int:
        return int(self.rect.x) + self.image.get_width()


class Caterpillar(Thing):
    pass


class Butterfly(Thing):
    def walk(self) -> int:
        return 1000 + self.number


def twice(number: int) -> int:
    return 2 * number


class Zoo(ParallelEnv[str, Any, Any]):
    """Every frame makes new objects of every kind, and reads old ones back into the reward."""

    metadata = {"name": "zoo", "render_modes": ["rgb_array"], "render_fps": 30}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None, length: int = 10_000) -> None:
        self.possible_agents = ["one", "two"]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self.length = length
        self.screen: Any = None
        self.pupa = Caterpillar(self, 7)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Box(-np.inf, np.inf, (3,))

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(5)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = self.possible_agents[:]
        self.frame = 0
        self.rng = np.random.default_rng(seed)
        self.things: list[Any] = []
        self.held: dict[str, Any] = {}
        self.kept: dict[str, Any] = {"list": [], "set": {1, 2, 3}, "array": np.zeros((2, 3))}
        return {agent: np.zeros(3, np.float32) for agent in self.agents}, {a: {} for a in self.agents}

    def step(self, actions: dict[str, int]) -> Any:
        self.frame += 1
        frame, pressed = self.frame, sum(actions.values())
        if pressed % 3 == 0:
            self.things.append(Thing(self, frame))
        if pressed % 4 == 1 and self.things:
            self.things.pop(0)
        if frame % 10 == 0:
            self.pupa.__class__ = Butterfly if type(self.pupa) is Caterpillar else Caterpillar
        self.fill(frame, pressed)
        self.kept["list"].append(frame)
        self.kept["set"].add(frame * 2)
        self.kept["array"][frame % 2] += pressed
        reward = float(self.rng.random() + self.use())
        observation = np.array([frame, pressed, reward], np.float32)
        over = frame >= self.length
        agents, self.agents = self.agents, [] if over else self.agents
        return (
            dict.fromkeys(agents, observation),  # one array for both
            dict.fromkeys(agents, reward),
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, over),
            {agent: {} for agent in agents},
        )

    def fill(self, frame: int, pressed: int) -> None:
        memory = np.arange(12, dtype=np.float64) * frame
        shared: list[Any] = [frame]
        key = Thing(self, frame)
        bits = np.random.PCG64(frame)
        self.held = {
            "nan": float("nan"),
            "minus zero": -0.0,
            "infinite": float("inf"),
            "big": -(3**200) * frame,
            "text": "zeichen é \ud800" + "lang" * 80,
            "bytes": bytes(range(200)),
            "complex": complex(frame, -0.0),
            "range": range(0, frame, 2),
            "slice": slice(None, frame),
            "none": None,
            "truth": True,
            "enum": Mood.CROSS if pressed % 2 else Mood.CALM,
            "spot": Spot(frame, pressed),
            "nested": (1, (2, (3, shared))),
            "aliases": [shared, shared, {"again": shared}],
            "frozen": frozenset({frame, (1, 2)}),
            "set": {frame, frame + 1, "word", Cell(frame, 1), (frame, None)},
            "keys": {Cell(frame, 2): 1, Spot(1, 2): 2, key: 3, 4: 4, (5, "a"): 5, Mood.CALM: 6},
            "key": key,
            "ordered": collections.OrderedDict(b=1, a=frame),
            "default": collections.defaultdict(list, {frame: [1]}),
            "deque": collections.deque([frame, shared], maxlen=3),
            "buffer": bytearray(b"ab" * frame),
            "array": array.array("d", [frame, 0.5]),
            "space": types.SimpleNamespace(frame=frame),
            "slotted": Slotted(frame, shared),
            "memory": memory,
            "view": memory[2:8:2],
            "turned": memory.reshape(3, 4).T,
            "own turned": np.array(np.ones((2, 3, 4)).transpose(1, 2, 0) * frame),
            "read only": np.broadcast_to(np.array(frame), (3,)),
            "scalar": np.float32(0.1) * frame,
            "flags": np.array([True, False]),
            "names": np.array(["a", "bé"]),
            "dtype": np.dtype(np.int16),
            "generators": [np.random.Generator(bits), bits, np.random.Philox(frame), np.random.SFC64(3)],
            "legacy": np.random.RandomState(frame),
            "python": random.Random(frame),
            "rects": [pygame.Rect(1, 2, 3, frame), pygame.FRect(0.5, 1, 2, 3), pygame.Vector3(1, 2, 3)],
            "colour": pygame.Color(1, 2, 3, 4),
            "mask": pygame.Mask((9, 3), fill=bool(frame % 2)),
            "class": Butterfly,
            "function": twice,
            "method": key.walk,
            "picture": key.image,
        }
        self.held["cycle"] = self.held
        self.held["legacy"].standard_normal()
        self.held["python"].gauss(0, 1)

    def use(self) -> float:
        held = self.held
        held["aliases"][0].append(1)
        held["memory"][4] += 1  # seen through the views
        total = len(held["nested"][1][1][1]) + len(held["deque"][1]) + float(held["view"][1])
        total += (
            held["generators"][0].random() + held["legacy"].standard_normal() + held["python"].gauss(0, 1)
        )
        total += held["function"](3) + held["method"]() + held["keys"][held["key"]] + len(held["set"])
        total += float(held["turned"][0, 1]) + held["slotted"].number + held["mask"].count()
        total += sum(thing.act() for thing in self.things) + self.pupa.walk()
        total += sum(order * n for order, n in enumerate(self.kept["set"])) % 1000
        total += float(held["own turned"].sum()) + len(held["default"]["new"])
        return float(total)

    def observe(self, agent: str) -> Any:
        return np.zeros(3, np.float32)

    def render(self) -> Any:
        if self.screen is None:
            self.screen = pygame.Surface((8, 8))
        return np.zeros((8, 8, 3), np.uint8)


class Hard(Zoo):
    """With something that cannot be sent."""

    def fill(self, frame: int, pressed: int) -> None:
        super().fill(frame, pressed)
        self.secret = self.make()

    def make(self) -> Any:
        return lambda: 1


class Big(Hard):
    def make(self) -> Any:
        return np.random.default_rng(1).random(2**20 + 1)


class Typeless(Hard):
    def make(self) -> Any:
        return type("Local", (), {"__module__": "nowhere"})()


class Inked(Hard):
    def make(self) -> Any:
        return [pygame.Surface((300, 300))]


class OfObjects(Hard):
    def make(self) -> Any:
        return np.array([{}, []], object)


class Tangled(Hard):
    """A set whose order follows from which member came first."""

    def make(self) -> Any:
        found = set()
        for member in (187, 19, 176):
            found.add(member)
        return found


class Finalized:
    def __del__(self) -> None:
        pass
