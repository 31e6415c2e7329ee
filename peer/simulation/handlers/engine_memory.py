"""Memory that an engine of C or C++ has allocated: read, compared, written, and grown as the engine would."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any, Final

from peer.simulation.handlers import state_memory

Piece = tuple[int, bytes]  # where, and what was there

long_at: Final = state_memory.word
move: Final = ctypes.memmove
bytes_at: Final = ctypes.string_at


def int_at(address: int) -> int:
    return ctypes.c_int32.from_address(address).value


def object_at(address: int) -> Any:
    """The Python object there, which must be alive."""
    return ctypes.cast(address, ctypes.py_object).value


def set_long(address: int, value: int) -> None:
    ctypes.c_uint64.from_address(address).value = value


def set_int(address: int, value: int) -> None:
    ctypes.c_int32.from_address(address).value = value


def _compare_in_c() -> Any:
    """Not to be had everywhere."""
    compare = getattr(ctypes.pythonapi, "memcmp", None)
    if compare is not None:
        compare.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    return compare


_COMPARE: Final = _compare_in_c()


def differs(address: int, memory: bytes) -> bool:
    if _COMPARE is None:
        return bytes_at(address, len(memory)) != memory
    return bool(_COMPARE(address, memory, len(memory)))


class SharedPieces:
    """Pieces of one engine's memory; those in which nothing has changed are shared between snapshots."""

    def __init__(self) -> None:
        self._newest: dict[int, bytes] = {}

    def take(self, places: Iterable[tuple[int, int]]) -> list[Piece]:
        """places: (address, size) of each."""
        newest, taken = self._newest, []
        for address, size in places:
            memory = newest.get(address)
            if memory is None or len(memory) != size or differs(address, memory):
                memory = newest[address] = bytes_at(address, size)
            taken.append((address, memory))
        return taken

    def put(self, pieces: Iterable[Piece]) -> None:
        for address, memory in pieces:
            if differs(address, memory):
                move(address, memory, len(memory))
            self._newest[address] = memory


class Heap:
    """The C library's own, which engines allocate from. On machines that do not tell sizes there is none."""

    def __init__(self) -> None:
        """Raises: OSError, AttributeError."""
        library: Any = ctypes.CDLL(None)
        self._size_of, self._calloc, self.free = library.malloc_usable_size, library.calloc, library.free
        self._size_of.restype, self._size_of.argtypes = ctypes.c_size_t, [ctypes.c_void_p]
        self._calloc.restype, self._calloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t, ctypes.c_size_t]
        self.free.restype, self.free.argtypes = None, [ctypes.c_void_p]

    def size_of(self, address: int) -> int:
        """How many bytes are there to be used, of what was allocated at `address`."""
        return int(self._size_of(address))

    def allocate_anew(self, pointer: int, size: int) -> None:
        """What the pointer at that address leads to is replaced by `size` bytes of zeros."""
        fresh = self._calloc(1, max(size, 1))
        if not fresh:
            raise MemoryError
        self.free(long_at(pointer))
        set_long(pointer, fresh)


def find_heap() -> Heap | None:
    try:
        return Heap()
    except (OSError, AttributeError, TypeError):
        return None
