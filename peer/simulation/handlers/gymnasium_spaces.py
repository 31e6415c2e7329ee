"""Gymnasium's spaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from peer.simulation.handlers import state_memory
from peer.simulation.handlers.handler import Handler, Handlers, Part
from peer.simulation.state.left_out import CONSTANTS_OF_SPACES


class Space(Handler):
    """A Gymnasium space: its attributes, but for bounds and shapes, which are constants.

    These are often as large as a picture; a game that writes into its bounds plays with other actions.
    """

    tag = b"p"

    def capture(self, obj: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live = obj.__dict__
        return live, live.copy()

    def words(self, obj: Any) -> list[int] | None:
        live = obj.__dict__
        place = state_memory.dict_of(obj, live) if type(live) is dict else None
        return None if place is None else [state_memory.version_of_dict(live), place]

    def restore(self, obj: Any, saved: tuple[dict[str, Any], dict[str, Any]]) -> None:
        live, contents = saved
        if obj.__dict__ is not live:
            obj.__dict__ = live
        live.clear()
        live.update(contents)

    def children(self, saved: tuple[dict[str, Any], dict[str, Any]]) -> Iterable[Any]:
        return [value for name, value in saved[1].items() if name not in CONSTANTS_OF_SPACES]

    def parts(self, saved: tuple[dict[str, Any], dict[str, Any]]) -> list[Part]:
        return [(f".{name}", value) for name, value in saved[1].items() if name not in CONSTANTS_OF_SPACES]


HANDLERS: Final[Mapping[str, Handlers]] = {"gymnasium.spaces.space.Space": (Space(),)}
