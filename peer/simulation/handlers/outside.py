"""What reaches out of the state: files, locks, weak references. The harmless pass, others are refused."""

from __future__ import annotations

import _thread
import io
import types
import weakref
from collections.abc import Iterable
from typing import Any, Final

from peer.simulation.handlers.handler import Handler, Part, RefusedError, Unchanging

FREED: Final = "which depends on when objects are freed: a snapshot keeps them longer; hold the object itself"


class MemoryFile(Handler):
    """io.StringIO and io.BytesIO: contents and position."""

    tag = b"o"
    flat = True

    def capture(self, obj: Any) -> Any:
        return None if obj.closed else obj.__getstate__()[:-1]

    def restore(self, obj: Any, saved: Any) -> None:
        if saved is None:
            obj.close()
            return
        if obj.closed:
            obj.__init__(saved[0])  # opens it again
        obj.__setstate__((*saved, None))

    def parts(self, saved: Any) -> list[Part]:
        if saved is None:
            return [(".closed", True)]
        return [(".getvalue()", saved[0]), (".tell()", saved[-1])]


class File(Unchanging):
    """A file on disk or the like. What is only written to is a record of the game, and no part of it."""

    tag = b"o"

    def capture(self, obj: io.IOBase) -> Any:
        """Raises: RefusedError for one that can be read from."""
        if not obj.closed and obj.readable():
            raise RefusedError(obj, "a file that is read: read it whole when the game is made")
        return obj

    def children(self, saved: Any) -> Iterable[Any]:
        return ()


class Lock(Handler):
    """Of threads. Nobody holds one between two frames."""

    tag = b"o"
    flat = True

    def capture(self, obj: Any) -> None:
        """Raises: RefusedError for one that is held."""
        if _is_held(obj):
            raise RefusedError(obj, "which is held from one frame to another")

    def restore(self, obj: Any, saved: None) -> None:
        while _is_held(obj):
            obj.release()

    def parts(self, saved: None) -> list[Part]:
        return []


def _is_held(lock: Any) -> bool:
    return bool(lock.locked() if isinstance(lock, _thread.LockType) else lock._is_owned())


class WeakReference(Unchanging):
    """To what lives as long as the game: functions, classes, the environment."""

    tag = b"o"

    def capture(self, obj: Any) -> Any:
        """Raises: RefusedError for any other."""
        target = obj() if isinstance(obj, weakref.ref) else obj
        try:
            if _outlives_play(target):
                return obj
        except ReferenceError:  # a proxy of who is gone
            pass
        raise RefusedError(obj, FREED)


class WeakMembers(Handler):
    """WeakSet and weak dictionaries of what lives as long as the game (functools.singledispatch has them)."""

    tag = b"o"
    flat = True

    def capture(self, obj: Any) -> bool:
        """Has it any? Raises: RefusedError for others."""
        members = list(obj.values() if isinstance(obj, weakref.WeakValueDictionary) else obj)
        if not all(map(_outlives_play, members)):
            raise RefusedError(obj, FREED)
        return len(members) > 0

    def restore(self, obj: Any, saved: bool) -> None:
        if not saved:
            obj.clear()

    def parts(self, saved: bool) -> list[Part]:
        return []


def _outlives_play(target: Any) -> bool:
    if isinstance(target, (type, types.FunctionType, types.ModuleType)):
        return True
    return hasattr(target, "step") and hasattr(target, "reset")
