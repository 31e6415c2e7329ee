"""Slots whose values could be asked for by name, and those that something hides."""

from __future__ import annotations

from typing import Any

import pytest

from peer.simulation.state.graph import capture, restore


class Plain:
    __slots__ = ("a", "b")


class Hidden(Plain):
    """Another attribute of the same name stands before a slot."""

    a = property(lambda self: pytest.fail("asked for by name"))  # type: ignore[assignment]


class Answering(Plain):
    def __getattr__(self, name: str) -> Any:
        pytest.fail("asked for by name")


class Watching(Plain):
    def __getattribute__(self, name: str) -> Any:
        if name in ("a", "b"):
            pytest.fail("asked for by name")
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("cls", [Plain, Hidden, Answering, Watching])
@pytest.mark.parametrize("unset", ["a", "b", None])
def test_slots_are_remembered_without_asking_the_class(cls: type[Plain], unset: str | None) -> None:
    slots = {name: getattr(Plain, name) for name in ("a", "b")}
    thing = cls()
    held = {name: [name] for name in slots if name != unset}
    for name, value in held.items():
        slots[name].__set__(thing, value)
    before = capture([thing])
    for name, slot in slots.items():
        if name in held:
            held[name].append("later")
            slot.__delete__(thing)
        else:
            slot.__set__(thing, 1)
    restore(before)
    for name, slot in slots.items():
        if name == unset:
            with pytest.raises(AttributeError):
                slot.__get__(thing)
        else:
            assert slot.__get__(thing) is held[name]
            assert held[name] == [name]
