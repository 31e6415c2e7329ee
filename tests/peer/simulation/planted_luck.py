"""Games whose luck or clock is not the match's, one way each."""

from __future__ import annotations

import datetime
import gc
import os
import random
import secrets
import time
import uuid
from datetime import datetime as bound_datetime
from os import urandom
from time import perf_counter, time_ns
from typing import Any

import numpy as np
import pygame
from gymnasium import spaces
from planted_games import Walk


class _Own(Walk):
    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.own = self.make()
        return super().reset(seed, options)

    def make(self) -> Any:
        raise NotImplementedError


class DefaultRng(_Own):
    def make(self) -> Any:
        return np.random.default_rng()  # the draw

    def noise(self) -> float:
        return float(self.own.random())


class LegacyRandomState(_Own):
    def make(self) -> Any:
        return np.random.RandomState()  # the draw

    def noise(self) -> float:
        return float(self.own.rand())


class PythonRandom(_Own):
    def make(self) -> Any:
        return random.Random()  # the draw

    def noise(self) -> float:
        return float(self.own.gauss(0, 1))


class SystemRandom(Walk):
    def noise(self) -> float:
        return random.SystemRandom().random()  # the draw


class Secrets(Walk):
    def noise(self) -> float:
        return secrets.randbelow(1000) / 1000  # the draw


class Urandom(Walk):
    def noise(self) -> float:
        return os.urandom(1)[0] / 256  # the draw


class BoundUrandom(Walk):
    def noise(self) -> float:
        return urandom(1)[0] / 256  # the draw


class Uuid4(Walk):
    def noise(self) -> float:
        return uuid.uuid4().int / 2**128  # the draw


class Uuid1(Walk):
    def noise(self) -> float:
        return uuid.uuid1().int / 2**128  # the draw


class Reseeds(Walk):
    def noise(self) -> float:
        random.seed()  # the draw
        return random.random()


class ReseedsNumpy(Walk):
    def noise(self) -> float:
        np.random.seed()  # the draw
        return float(np.random.random())


class SamplesSpace(Walk):
    def noise(self) -> float:
        return float(spaces.Box(0, 1, (1,)).sample()[0])  # the draw


class WallClock(Walk):
    def noise(self) -> float:
        return time.time() % 1  # the draw


class LocalImport(Walk):
    def noise(self) -> float:
        import time as clock

        return clock.monotonic() % 1  # the draw


class BoundClock(Walk):
    def noise(self) -> float:
        return perf_counter() % 1  # the draw


class BoundNanoseconds(Walk):
    def noise(self) -> float:
        return time_ns() % 10**9 / 1e9  # the draw


class Calendar(Walk):
    def noise(self) -> float:
        return time.localtime().tm_sec + time.gmtime(7).tm_sec  # the draw


class Now(Walk):
    def noise(self) -> float:
        return datetime.datetime.now().microsecond / 1e6  # the draw


class BoundNow(Walk):
    def noise(self) -> float:
        assert isinstance(bound_datetime(2020, 1, 1), bound_datetime)
        return bound_datetime.now(datetime.UTC).timestamp() % 1  # the draw


class Today(Walk):
    def noise(self) -> float:
        return datetime.date.today().toordinal()  # the draw


class PygameTicks(Walk):
    def noise(self) -> float:
        return pygame.time.get_ticks() / 1000  # the draw


class PygameClock(_Own):
    def make(self) -> Any:
        return pygame.time.Clock()

    def noise(self) -> float:
        return self.own.tick(30) / 1000  # the draw


class BusyWait(Walk):
    """Holds its pace by itself, as if nobody else did."""

    last = 0.0

    def noise(self) -> float:
        while time.perf_counter() - self.last < 1 / 1000:  # the draw
            pass
        self.last = time.perf_counter()
        return 1.0


class OfAnotherLibrary(Walk):
    """Honest: the interpreter's own library may look at the clock."""

    def noise(self) -> float:
        import logging

        logging.getLogger("planted").makeRecord("planted", 10, "", 0, "", (), None)
        return super().noise()


class Collects(Walk):
    def noise(self) -> float:
        gc.collect()  # what its callbacks ask, this game does not
        return 0.0
