"""Packets by which a state travels: asked for, told of, and sent in chunks that are asked for by number.

Nothing here is cumulative, but whoever asks asks again: so any of them may be lost, doubled or overtaken.
They go over the links by which a match is watched, to the source that feeds and to others that may be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgpack

from netcode import limits
from netcode.errors import RemoteProtocolError

SNAPSHOT_ASK: Final = 14
SNAPSHOT_TOLD: Final = 15
SNAPSHOT_CHUNK: Final = 16
NEWEST: Final = -1  # in place of a frame: the newest state that there is

_KINDS: Final = (SNAPSHOT_ASK, SNAPSHOT_TOLD, SNAPSHOT_CHUNK)
_MOST_CHUNKS: Final = -(-limits.MAX_STATE_BYTES // limits.SNAPSHOT_CHUNK_BYTES)
_pack_array = msgpack.Packer().pack


@dataclass(frozen=True, slots=True)
class SnapshotAsk:
    """What is known of the state before `frame`; or, with `chunks`, these parts of it, please."""

    frame: int  # or NEWEST
    chunks: tuple[int, ...] = ()  # numbers, from 0


@dataclass(frozen=True, slots=True)
class SnapshotTold:
    """What the sender knows of the confirmed state before `frame`."""

    frame: int  # NEWEST, with `refusal`: there is none to be had here
    state: bytes = b""  # its digest; b"" if it is not known here (yet, or any more)
    chain: bytes = b""  # the digest of the history up to there
    size: int = 0  # bytes of the encoded state; 0 if only the digests are here
    refusal: str = ""  # why no state can be had here


@dataclass(frozen=True, slots=True)
class SnapshotChunk:
    """Bytes number * SNAPSHOT_CHUNK_BYTES and following of the encoded state before `frame`."""

    frame: int
    number: int
    data: bytes


SnapshotPacket = SnapshotAsk | SnapshotTold | SnapshotChunk


def is_snapshot_packet(data: bytes) -> bool:
    """Does a whole packet, link id included, begin as one of these?"""
    return len(data) > 9 and data[9] in _KINDS and data[8] & 0xF0 == 0x90  # msgpack: a short array, its first


def chunks_of(size: int) -> int:
    """How many chunks a state of `size` bytes takes."""
    return -(-size // limits.SNAPSHOT_CHUNK_BYTES)


def encode_snapshot_ask(link_id: bytes, ask: SnapshotAsk) -> bytes:
    body: bytes = _pack_array((SNAPSHOT_ASK, ask.frame, ask.chunks))
    return link_id + body


def encode_snapshot_told(link_id: bytes, told: SnapshotTold) -> bytes:
    refusal = told.refusal[: limits.MAX_TEXT_BYTES // 4]  # a character has 4 bytes at most
    body: bytes = _pack_array((SNAPSHOT_TOLD, told.frame, told.state, told.chain, told.size, refusal))
    return link_id + body


def encode_snapshot_chunk(link_id: bytes, chunk: SnapshotChunk) -> bytes:
    body: bytes = _pack_array((SNAPSHOT_CHUNK, chunk.frame, chunk.number, chunk.data))
    return link_id + body


def read_snapshot_packet(fields: list[Any]) -> SnapshotPacket:
    """Raises: RemoteProtocolError"""
    match fields:
        case [14, int() as frame, list() as chunks]:
            return _ask(frame, chunks)
        case [15, int() as frame, bytes() as state, bytes() as chain, int() as size, str() as refusal]:
            return _told(frame, state, chain, size, refusal)
        case [16, int() as frame, int() as number, bytes() as data]:
            return _chunk(frame, number, data)
    raise RemoteProtocolError("snapshot: wrong types, or wrong number of fields")


def _ask(frame: int, chunks: list[Any]) -> SnapshotAsk:
    _check(frame, NEWEST, limits.MAX_FRAME)
    if len(chunks) > limits.SNAPSHOT_CHUNKS_ASKED:
        raise RemoteProtocolError("snapshot: more chunks asked for than may be at once")
    for number in chunks:
        _check(number, 0, _MOST_CHUNKS - 1)
    return SnapshotAsk(frame, tuple(chunks))


def _told(frame: int, state: bytes, chain: bytes, size: int, refusal: str) -> SnapshotTold:
    _check(frame, NEWEST, limits.MAX_FRAME)
    _check(size, 0, limits.MAX_STATE_BYTES)
    if (len(state), len(chain)) not in ((0, 0), (limits.DIGEST_BYTES, limits.DIGEST_BYTES)):
        raise RemoteProtocolError("snapshot: digests of a wrong length")
    if not refusal.isprintable() or (size and (frame == NEWEST or not state)):
        raise RemoteProtocolError("snapshot: a state of no frame, or an unprintable refusal")
    return SnapshotTold(frame, state, chain, size, refusal)


def _chunk(frame: int, number: int, data: bytes) -> SnapshotChunk:
    _check(frame, 0, limits.MAX_FRAME)
    _check(number, 0, _MOST_CHUNKS - 1)
    if not 0 < len(data) <= limits.SNAPSHOT_CHUNK_BYTES:
        raise RemoteProtocolError("snapshot: a chunk of a wrong length")
    return SnapshotChunk(frame, number, data)


def _check(value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise RemoteProtocolError("snapshot: a number is out of range")
