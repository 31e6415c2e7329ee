"""Games whose world is kept by a server of the process, as pybullet's are: they know it by a number."""

from __future__ import annotations

import types
from typing import Any

from planted_games import Walk

_worlds: list[float] = []  # in the server's own memory, which is not to be seen


class _Server(types.ModuleType):
    @staticmethod
    def connect() -> int:
        _worlds.append(0.0)
        return len(_worlds) - 1

    @staticmethod
    def push(world: int, force: float) -> float:
        _worlds[world] += force
        return _worlds[world]


pybullet: Any = _Server("pybullet")


class ByNumber(Walk):
    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self.world = pybullet.connect()

    def noise(self) -> float:
        return pybullet.push(self.world, 0.25)  # type: ignore[no-any-return]


Client = type("BulletClient", (), {"__module__": "pybullet_utils.bullet_client"})
