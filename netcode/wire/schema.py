"""Messages as their dataclasses describe them: on the wire each is the list of its fields, in their order.

A field is annotated with the check that reads it, and its bounds: `slot: Annotated[int, integer, 0, 15]`.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgpack

from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.settings import MatchSettings
from netcode.wire.fields import list_of

M = TypeVar("M")


class Message:
    """A dataclass whose fields have to fit each other."""

    def check(self) -> None:
        """Raises: RemoteProtocolError"""


def read(cls: type[M], values: object) -> M:
    """Raises: RemoteProtocolError naming the field that is out of bounds."""
    checks = _checks(cls)  # type: ignore[arg-type]
    listed = list_of(cls.__name__, values, len(checks), len(checks))
    try:
        found = cls(
            *[
                check(name, value, *bounds)
                for (name, check, *bounds), value in zip(checks, listed, strict=True)
            ]
        )
    except LocalProtocolError as error:  # its own rules
        raise RemoteProtocolError(str(error)) from None
    if isinstance(found, Message):
        found.check()
    return found


def write(value: object) -> bytes:
    """Messages at any depth, and all that `pack` takes."""
    return msgpack.packb(value, default=_plain)  # type: ignore[no-any-return]


def values_of(message: Any) -> list[object]:
    return [getattr(message, field.name) for field in fields(message)]


def record(_: str, value: object, cls: type[M]) -> M:
    """A message within a message."""
    return read(cls, value)


@cache
def _checks(cls: type) -> list[tuple[Any, ...]]:
    """Of each field: its name, its check and the bounds."""
    hints = get_type_hints(cls, include_extras=True)
    return [(field.name, *hints[field.name].__metadata__) for field in fields(cls)]


def _plain(value: Any) -> object:
    if isinstance(value, MatchSettings):
        return value.model_dump()
    if is_dataclass(value):
        return values_of(value)
    raise TypeError(f"{str(value)[:40]} is out of range")
