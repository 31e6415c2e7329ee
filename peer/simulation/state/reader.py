"""Puts a written state (writer.py) into the objects of an episode's beginning. Trusts nothing.

No code of the environment runs here and nothing is imported: objects come from `__new__` of built-in layouts,
attributes go straight into `__dict__` and slots, and only classes at hand can be named (classes.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netcode.errors import RemoteProtocolError
from peer.simulation.handlers import python_objects as handle
from peer.simulation.handlers.handler import Handler
from peer.simulation.state.beginning import Beginning
from peer.simulation.state.births import make_object
from peer.simulation.state.contents import codec_of
from peer.simulation.state.graph import contents_of
from peer.simulation.state.keys import check_keys
from peer.simulation.state.types import KINDS, Role, foundation_of
from peer.simulation.state.values import KEEP, Values, check_elements


class Reader:
    """Reads one state. Raises RemoteProtocolError, or what malformed values raise in a type's own code."""

    def __init__(self, beginning: Beginning, structure: object, blobs: object) -> None:
        match structure, blobs:
            case [list() as names, list() as born, list() as filled, list() as pixels], list() as long:
                self._values = Values(beginning.places, names, pixels, long)
            case _:
                raise RemoteProtocolError("not a state")
        self._places = beginning.places
        self._born, self._filled = born, filled

    def read(self) -> None:
        """Make what was born, fill everything; dicts and sets last, when their members' hashes are known."""
        for entry in self._born:
            self._values.objects.append(make_object(self._values, entry))
        hashed: list[tuple[Handler, Any, list[Any]]] = []
        for number, entry in self._unique_entries():
            obj = self._present(number, entry[1])
            handlers = KINDS[type(obj)].handlers
            for handler, told in zip(handlers, entry[2:], strict=True):
                if handler.immutable:
                    continue
                if type(told) is not list:
                    raise RemoteProtocolError("contents must be a list")
                if codec_of(handler).hashes:
                    hashed.append((handler, obj, told))
                else:
                    self._put(handler, obj, self._items(told, number, obj, handler))
        members = [
            (handler, obj, [self._values.value(item) for item in told]) for handler, obj, told in hashed
        ]
        for handler, obj, items in members:
            self._put_hashed(handler, obj, items)
        self._lock_arrays()

    def _unique_entries(self) -> list[tuple[int, list[Any]]]:
        entries: dict[int, list[Any]] = {}
        for entry in self._filled:
            if type(entry) is not list or len(entry) < 2 or type(entry[0]) is not int:
                raise RemoteProtocolError("contents of nothing")
            entries[entry[0]] = entry
        if len(entries) != len(self._filled):
            raise RemoteProtocolError("contents told twice")
        return list(entries.items())

    def _present(self, number: int, cls: object) -> Any:
        """The object of that number; it may have changed its class."""
        obj = self._values.at(self._values.objects, number)
        kind = KINDS[type(obj)]
        if kind.role is not Role.WALKED or not kind.numbered:
            raise RemoteProtocolError("contents of something that has none")
        if cls is not None:
            new = self._values.class_(cls)
            if not self._values.at_hand.can_be_made(new) or foundation_of(new) is not foundation_of(
                type(obj)
            ):
                raise RemoteProtocolError("an object cannot become that")
            obj.__class__ = new
        return obj

    def _items(self, told: list[Any], number: int, obj: Any, handler: Handler) -> list[Any]:
        items = [self._values.value(item) for item in told]
        if not isinstance(handler, handle.Attributes):
            return items
        kept: list[Any] = []
        for name, value in zip(items[::2], items[1::2], strict=True):
            mine = self._own_picture(number, obj, handler, name) if value is KEEP else value
            if mine is not KEEP:
                kept += (name, mine)
        return kept

    def _own_picture(self, number: int, obj: Any, handler: Handler, name: object) -> Any:
        """What the attribute held here at the beginning; KEEP if it was not there."""
        if number >= len(self._places.objects):
            raise RemoteProtocolError("nothing to keep")
        for own, saved in contents_of(self._places.contents, obj):
            if own is handler and name in saved[1]:
                value = saved[1][name]
                if value is not None and KINDS[type(value)].role is not Role.PRESENTATION:
                    raise RemoteProtocolError("only pictures are kept")
                return value
        return KEEP

    def _put(self, handler: Handler, obj: Any, items: list[Any]) -> None:
        if any(item is KEEP for item in items):
            raise RemoteProtocolError("nothing to keep")
        if isinstance(obj, np.ndarray) and isinstance(items[-1], bytes):
            check_elements(obj.dtype, items[-1])
        handler.put(obj, codec_of(handler).contents(obj, items))

    def _put_hashed(self, handler: Handler, obj: Any, items: list[Any]) -> None:
        keys = items[::2]
        if isinstance(handler, handle.SetItems):
            keys = items[1:]
            if not items or type(items[0]) is not int:
                raise RemoteProtocolError("a set without a size")
            self._values.work.refill_set(len(keys), items[0])
        check_keys(keys, self._values.work)
        self._put(handler, obj, items)

    def _lock_arrays(self) -> None:
        """Those that were read-only; last, since all were filled."""
        made = self._values.objects[len(self._places.objects) :]
        for obj, entry in zip(made, self._born, strict=True):
            if type(obj) is np.ndarray and entry[3] is not True:
                obj.flags.writeable = False
