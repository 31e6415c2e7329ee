"""A game that keeps half of its state in globals of its module and attributes of its classes."""

# ruff: noqa: PLW0603, RUF012

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pygame
from planted_games import Walk

MACHINE = os.environ.get("MACHINE", "")  # constants that differ between machines are no difference
FOLDERS = ["a", "b"] * len(MACHINE)

level = 0
wind = None
scores: dict[str, list[int]] = {}
shots: list[Shot] = []
serial = [0]
grid = np.zeros((2, 3))
drawn = 0

table = list(range(100_000))  # left alone, as are the next three: too long, many or of pictures
many = [[number] for number in range(3000)]
sheet = [pygame.Surface((2, 2))]
games: list[Any] = []


class Shot:
    flying = 0
    pictures: dict[int, Any] = {}

    def __init__(self, power: int) -> None:
        serial[0] += 1
        self.number = serial[0]
        self.power = power


class Shelf(Walk):
    """Honest, if not tidy."""

    def __init__(self, length: int = 40, render_mode: str | None = None) -> None:
        super().__init__(length, render_mode)
        games.append(self)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        global level
        level += 1
        return super().reset(seed, options)

    def noise(self) -> float:
        global level, wind
        shot = Shot(self.frame)
        shots.append(shot)
        Shot.flying += 1
        scores.setdefault(f"power {shot.power % 3}", []).append(shot.number)
        grid[self.frame % 2] += level
        if self.frame % 5 == 0:
            wind = Shot(100)
            del shots[:3]
        elif self.frame % 7 == 0:
            wind = None
            globals()["gust"] = self.frame
        elif self.frame % 9 == 0:
            globals().pop("gust", None)
            level += 1
        told = sum(shot.number * shot.power for shot in shots) + len(scores) + Shot.flying
        told += 0 if wind is None else wind.number
        return float(told % 97 + grid.sum() + globals().get("gust", 0) + super().noise())

    def render(self) -> Any:
        global drawn
        if self.frame not in Shot.pictures:
            drawn += 1
            Shot.pictures[self.frame] = np.full((4, 4, 3), self.frame % 256, np.uint8)
            os.environ["DRAWN"] = str(int(os.environ.get("DRAWN", "0")) + 1)
        return Shot.pictures[self.frame]


class Other(Walk):
    """Another game of the same module."""

    def noise(self) -> float:
        global level
        level += 10
        return float(level)
