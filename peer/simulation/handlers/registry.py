"""Which handlers tell of which types: ours, and those that other packages bring (docs/handlers.md).

Each table is of the types of one package, and is loaded when the first of these is met.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from peer.simulation.handlers.handler import Handler, Handlers
from peer.simulation.quoting import one_line
from peer.simulation.source_lines import module_of, type_name

GROUP: Final = "netplay.handlers"
_OURS: Final = {
    "Box2D": "box2d_world",
    "ale_py": "atari",
    "gymnasium": "gymnasium_spaces",
    "mujoco": "mujoco_data",
    "multi_agent_ale_py": "atari",
    "peer": "python_objects",
    "pygame": "pygame_values",
    "pymunk": "pymunk_space",
    "torch": "torch_tensors",
    **dict.fromkeys(("jax", "jaxlib", "numba", "scipy", "shapely", "zoneinfo"), "constants"),
}


class BadHandlersError(Exception):
    """A table of handlers cannot be used; the text goes on from the name of a type."""


def registered(cls: type) -> tuple[type, Handlers] | None:
    """The class itself or the nearest base that is in a table, and its handlers; else one whose package is.

    Raises: BadHandlersError.
    """
    tables = [(base, _table_of(module_of(base).partition(".")[0])) for base in cls.__mro__]
    for base, table in tables:
        if (name := type_name(base)) in table:
            return base, table[name]
    for base, table in tables:
        if (package := module_of(base).partition(".")[0]) in table:
            return base, table[package]
    return None


def distributions_for(package: str) -> set[str]:
    """Those that bring handlers for its types."""
    return {point.dist.name for point in _entry_points().get(package, ()) if point.dist is not None}


@cache
def _entry_points() -> dict[str, list[EntryPoint]]:
    """By the package whose types they are for."""
    ours = [
        EntryPoint(package, f"peer.simulation.handlers.{module}:HANDLERS", GROUP)
        for package, module in _OURS.items()
    ]
    found: dict[str, list[EntryPoint]] = {}
    for point in (*ours, *entry_points(group=GROUP)):
        found.setdefault(point.name, []).append(point)
    return found


@cache
def _table_of(package: str) -> dict[str, Handlers]:
    table: dict[str, Handlers] = {}
    whose: dict[str, str] = {}
    for point in _entry_points().get(package, ()):
        for name, handlers in _load(point).items():
            if name in table:
                raise BadHandlersError(
                    f"which both {whose[name]} and {point.value} tell of: uninstall one of the two"
                )
            table[name], whose[name] = handlers, point.value
    return table


def _load(point: EntryPoint) -> dict[str, Handlers]:
    try:
        table = point.load()
    except (Exception, SystemExit) as error:  # somebody else's code
        raise BadHandlersError(
            f"whose handlers, {point.value}, cannot be loaded: {one_line(error)}"
        ) from error
    if not (
        isinstance(table, dict)
        and all(isinstance(name, str) and _are_handlers(table[name]) for name in table)
    ):
        raise BadHandlersError(
            f"whose handlers, {point.value}, are no dict of names of types and tuples of handlers"
        )
    return table


def _are_handlers(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(handler, Handler) for handler in value)
