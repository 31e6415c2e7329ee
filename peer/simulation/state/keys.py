"""What may be a key of a dict or a member of a set in a state from elsewhere."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from typing import Any, Final

from netcode.errors import RemoteProtocolError
from peer.simulation.state.format import Work
from peer.simulation.state.types import KINDS, Role, foundation_of

_HASHED_BY_ADDRESS: Final = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def check_keys(keys: list[Any], work: Work, inside: bool = False) -> None:
    """Hashing and comparing them must be quick, and run no code but the interpreter's.

    inside: what they hold may not be there yet, so none may hash by it.

    Raises: RemoteProtocolError.
    """
    work.hash_keys(keys)
    for key in keys:
        _check_key(key, work, inside)


def _check_key(key: Any, work: Work, inside: bool) -> None:
    cls = type(key)
    kind = KINDS[cls]
    written: Any = cls.__hash__
    work.spend(1)
    if cls is str or cls is bytes:
        work.spend(len(key) // 64)
    elif cls in (tuple, frozenset) or (foundation_of(cls) is tuple and written == tuple.__hash__):
        for item in key:
            _check_key(item, work, inside)
    elif kind.role is not Role.WALKED or written == object.__hash__ or cls in _HASHED_BY_ADDRESS:
        pass
    elif inside or not _is_frozen_dataclass(cls):
        raise RemoteProtocolError("a key that hashes in its own way")
    else:
        for handler in kind.handlers:
            for child in handler.children(handler.take(key)):
                _check_key(child, work, inside=True)


def _is_frozen_dataclass(cls: type) -> bool:
    """One whose hash and comparison are those that `dataclass` wrote."""
    written = [getattr(getattr(cls, name), "__code__", None) for name in ("__hash__", "__eq__")]
    return is_dataclass(cls) and all(code is not None and code.co_filename == "<string>" for code in written)
