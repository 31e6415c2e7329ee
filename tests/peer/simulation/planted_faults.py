"""Games with one fault each, out of reach of any snapshot or stand-in; the line to blame ends in `# here`.

What is hidden is hidden in a module of the interpreter, which is no part of any environment.
"""

from __future__ import annotations

import _random
import colorsys
import functools
import itertools
import time
from collections.abc import Callable, Iterable
from typing import Any

import pygame
from planted_games import Walk

elsewhere: Any = colorsys


class SeedsItself(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.own = _random.Random()  # here
        return super().reset(seed, options)

    def noise(self) -> float:
        return self.own.random()


class KeptClock(Walk):
    """Took hold of the clock long before its match."""

    def noise(self, clock: Callable[[], float] = time.perf_counter) -> float:
        return clock() % 1  # here


class Zombie:
    def __init__(self, speed: float) -> None:
        self.speed = speed


def weighed(numbers: Iterable[float]) -> float:
    """Another one for nearly every order: two equal ones by luck would hide a fault."""
    return sum(place * number for place, number in enumerate(numbers)) % 997


class AddressOrder(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.alive = {Zombie(number) for number in range(40)}
        return super().reset(seed, options)

    def noise(self) -> float:
        order = list(self.alive)  # here
        return weighed(zombie.speed for zombie in order)


EVERYBODY = {Zombie(number) for number in range(40)}


class AddressOrderOfProcess(Walk):
    """The same order all along a process, so that nothing shows in one."""

    def noise(self) -> float:
        order = list(EVERYBODY)  # here
        return weighed(zombie.speed for zombie in order)


FEW = {Zombie(number) for number in range(3)}


class AddressOrderOfThree(Walk):
    """One of six orders: another process may happen to have the same."""

    def noise(self) -> float:
        order = list(FEW)  # here
        return weighed(zombie.speed for zombie in order)


class TextOrder(Walk):
    """Not a fault in a match, as hashes are the same there; told all the same."""

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.names = {f"zombie_{number}" for number in range(40)}
        return super().reset(seed, options)

    def noise(self) -> float:
        order = list(self.names)  # here
        return weighed(float(name.removeprefix("zombie_")) for name in order)


class Address(Walk):
    def noise(self) -> float:
        return id(self) % 997 / 997  # here


class ForeignGlobal(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        elsewhere.count = 0
        return super().reset(seed, options)

    def noise(self) -> float:
        elsewhere.count += 1
        return float(elsewhere.count)  # here


def counter() -> Callable[[], float]:
    count = 0.0

    def more() -> float:
        nonlocal count
        count += 1
        return count

    return more


class ForeignClosure(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        elsewhere.more = counter()
        return super().reset(seed, options)

    def noise(self) -> float:
        return float(elsewhere.more())  # here


class InC(Walk):
    """The count of a cache is kept in C, and looks like a constant."""

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self.cached = functools.lru_cache(maxsize=None)(abs)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.cached.cache_clear()
        return super().reset(seed, options)

    def noise(self) -> float:
        self.cached(self.frame)
        return float(self.cached.cache_info().hits)  # here


class ForeignIterator(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        elsewhere.numbers = itertools.count()
        return super().reset(seed, options)

    def noise(self) -> float:
        return float(next(elsewhere.numbers))  # here


class DrawingMoves(Walk):
    """In plain sight: taken back after each picture, and told."""

    def render(self) -> Any:
        self.positions["left"] += 1.0  # here
        return super().render()


class DrawingMovesUnseen(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        elsewhere.drawn = 0
        return super().reset(seed, options)

    def noise(self) -> float:
        return super().noise() + elsewhere.drawn  # here

    def render(self) -> Any:
        elsewhere.drawn += 1
        return super().render()


class InPicture(Walk):
    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(1000, render_mode)
        self.screen = pygame.Surface((1, 1))

    def noise(self) -> float:
        ink = (self.screen.get_at((0, 0)).r + 1) % 256  # here
        self.screen.set_at((0, 0), (ink, 0, 0))
        return ink / 256


class Generator(Walk):
    """Cannot be looked into: lockstep."""

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self.beat = (i for i in range(10**9))  # here

    def noise(self) -> float:
        return float(next(self.beat))
