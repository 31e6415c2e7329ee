"""Stepping without looking: observations that nobody reads are not computed.

PettingZoo's AEC environments compute an observation for each agent on each step, and some draw the
whole screen for it. Here the base environment's `observe`, and `render` of it and of what it directly
owns, do nothing until somebody asks. Whether the game is the same without is tried out before (trial.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_MARK: Final = "_netplay_blindfold"


class Blindfold:
    """Covers an environment's eyes while it steps. It leaves no trace in state or digest."""

    def __init__(self) -> None:
        self._covered = True
        self._classes: dict[type, type] = {}
        self._missed: set[type] = set()  # covered classes that wanted to draw while stepping

    @contextmanager
    def lifted(self, base: Any) -> Iterator[None]:
        """Inside, `base` draws and observes as written; what stepping did not draw is drawn first."""
        before, self._covered = self._covered, False
        try:
            for drawer in self._drawers(base):
                drawer.render()
            yield
        finally:
            self._covered = before

    def put_on(self, base: Any) -> bool:
        """Cover `base`, an unwrapped PettingZoo environment, after each reset: parts may be new.

        Returns: whether it can be covered.
        """
        if not callable(getattr(type(base), "observe", None)) or not self._cover(base):
            return False
        family = _package(type(base))
        for part in list(vars(base).values()):
            if _package(type(part)) == family and callable(getattr(type(part), "render", None)):
                self._cover(part)
        return True

    def _drawers(self, base: Any) -> list[Any]:
        if not self._missed:
            return []
        return [part for part in (base, *vars(base).values()) if type(part) in self._missed]

    def _cover(self, obj: Any) -> bool:
        cls = type(obj)
        if _MARK in vars(cls):
            return True
        try:
            if cls not in self._classes:
                self._classes[cls] = self._derive(cls)
            obj.__class__ = self._classes[cls]
        except TypeError:
            return False  # a class that cannot be derived from, or memory laid out in its own way
        return True

    def _derive(self, cls: type) -> type:
        """A class of the same name whose `observe` and `render` ask the blindfold first."""
        names = [name for name in ("observe", "render") if callable(getattr(cls, name, None))]
        body: dict[str, Any] = {name: self._covered_method(cls, name) for name in names}
        body |= {"__slots__": (), "__module__": cls.__module__, "__qualname__": cls.__qualname__, _MARK: True}
        return type(cls)(cls.__name__, (cls,), body)

    def _covered_method(self, cls: type, name: str) -> Any:
        written = getattr(cls, name)

        def method(obj: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._covered:
                return written(obj, *args, **kwargs)
            if name == "render":
                self._missed.add(type(obj))
            return None

        return method


def _package(cls: type) -> str:
    return cls.__module__.partition(".")[0]
