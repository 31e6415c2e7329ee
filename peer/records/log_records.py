"""The frame of a match log: a first line, then records, each with its length and a checksum.

A checksum covers its record and all before it: what is changed, cut off, left out, doubled or moved by
accident is found, and where. It proves nothing against somebody who means it: a log is not signed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final
from zlib import crc32

from netcode.errors import NetplayError, RemoteProtocolError
from netcode.wire.msgpack_bounds import pack, unpack

VERSION: Final = 2
MAGIC: Final = b"netplay log %d\n" % VERSION
MAX_RECORD_BYTES: Final = 4 << 20

_HEAD: Final = struct.Struct("<II")  # length of the msgpack value that follows, checksum


class DamagedLogError(NetplayError):
    """A log is not what was written; the text says where, and what is wrong there."""


class RecordWriter:
    """Appends records to an unbuffered file."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises: OSError"""
        self._file = file
        self._checksum = crc32(MAGIC)
        self._write(MAGIC)

    def add(self, value: object) -> None:
        """Raises: OSError"""
        data = pack(value)
        self._checksum = _checksum(data, self._checksum)
        self._write(_HEAD.pack(len(data), self._checksum) + data)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:  # a disk that is nearly full takes a part; the next call then says what is wrong
            rest = rest[self._file.write(rest) :]


def read_records(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Each record with the byte it begins at; the file is at its beginning.

    Raises: DamagedLogError, OSError
    """
    _check_version(file.read(len(MAGIC)))
    place, before = len(MAGIC), crc32(MAGIC)
    while head := file.read(_HEAD.size):
        where = f"the record at byte {place:,}"
        if len(head) < _HEAD.size:
            raise DamagedLogError(f"the file is cut off within {where}")
        length, checksum = _HEAD.unpack(head)
        if length > MAX_RECORD_BYTES:
            raise DamagedLogError(f"{where} is damaged")
        data = file.read(length)
        if len(data) < length:
            raise DamagedLogError(f"the file is cut off within {where}, or that is damaged")
        before = _checksum(data, before)
        if checksum != before:
            raise DamagedLogError(f"{where} is damaged")
        try:
            yield place, unpack(data, MAX_RECORD_BYTES)
        except RemoteProtocolError as error:
            raise DamagedLogError(f"{where}: {error}") from None
        place += _HEAD.size + length


def can_be_read(value: object) -> bool:
    """Is it within the bounds of `read_records`?"""
    try:
        unpack(pack(value), MAX_RECORD_BYTES)
    except (RemoteProtocolError, OverflowError):
        return False
    return True


def _checksum(data: bytes, before: int) -> int:
    return crc32(data, crc32(len(data).to_bytes(4, "little"), before))


def _check_version(line: bytes) -> None:
    if line == MAGIC:
        return
    if MAGIC.startswith(line) and line:
        raise DamagedLogError("it ends within its first line")
    if other := re.fullmatch(rb"netplay log ([0-9]{1,4})\n?", line):
        raise DamagedLogError(
            f"a log of format {int(other[1])}; this netplay reads format {VERSION}: use the one that wrote it"
        )
    raise DamagedLogError("not a match log")
