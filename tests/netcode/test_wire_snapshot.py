"""Packets of states: what is said is heard, and nothing else gets through."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.wire.feed_packets import Watch, encode_watch
from netcode.wire.packets import decode
from netcode.wire.snapshot_packets import (
    NEWEST,
    SnapshotAsk,
    SnapshotChunk,
    SnapshotTold,
    encode_snapshot_ask,
    encode_snapshot_chunk,
    encode_snapshot_told,
    is_snapshot_packet,
)

LINK = b"link-id!"
FRAMES = st.integers(0, limits.MAX_FRAME)
NUMBERS = st.integers(0, limits.MAX_STATE_BYTES // limits.SNAPSHOT_CHUNK_BYTES - 1)
DIGESTS = st.binary(min_size=8, max_size=8)


@given(FRAMES | st.just(NEWEST), st.lists(NUMBERS, max_size=limits.SNAPSHOT_CHUNKS_ASKED))
def test_an_ask_round_trips(frame: int, chunks: list[int]) -> None:
    ask = SnapshotAsk(frame, tuple(chunks))
    data = encode_snapshot_ask(LINK, ask)
    assert decode(data) == ask
    assert is_snapshot_packet(data)


@given(FRAMES, DIGESTS, DIGESTS, st.integers(0, limits.MAX_STATE_BYTES))
def test_what_is_told_round_trips(frame: int, state: bytes, chain: bytes, size: int) -> None:
    told = SnapshotTold(frame, state, chain, size)
    assert decode(encode_snapshot_told(LINK, told)) == told
    refusal = SnapshotTold(NEWEST, refusal="cannot be sent")
    assert decode(encode_snapshot_told(LINK, refusal)) == refusal


@given(FRAMES, NUMBERS, st.binary(min_size=1, max_size=limits.SNAPSHOT_CHUNK_BYTES))
def test_a_chunk_round_trips_and_fits_a_packet(frame: int, number: int, data: bytes) -> None:
    packet = encode_snapshot_chunk(LINK, SnapshotChunk(frame, number, data))
    assert decode(packet) == SnapshotChunk(frame, number, data)
    assert len(packet) <= limits.MAX_PACKET_BYTES


@pytest.mark.parametrize(
    "fields",
    [
        [14],
        [14, 5],
        [14, -2, []],
        [14, True, []],
        [14, 5, [0] * (limits.SNAPSHOT_CHUNKS_ASKED + 1)],
        [14, 5, [-1]],
        [14, 5, [2048]],
        [14, 5, ["0"]],
        [14, limits.MAX_FRAME + 1, []],
        [15, 5, b"", b"", 9, ""],
        [15, -1, b"12345678", b"12345678", 9, ""],
        [15, 5, b"1234567", b"12345678", 0, ""],
        [15, 5, b"12345678", b"", 0, ""],
        [15, 5, b"12345678", b"12345678", limits.MAX_STATE_BYTES + 1, ""],
        [15, 5, b"12345678", b"12345678", 1, "\x1b[2J"],
        [15, 5, b"12345678", b"12345678", 1, "", 0],
        [16, 5, 0, b""],
        [16, 5, 0, bytes(limits.SNAPSHOT_CHUNK_BYTES + 1)],
        [16, -1, 0, b"x"],
        [16, 5, 2048, b"x"],
        [16, 5, 0, "x"],
    ],
)
def test_what_breaks_a_bound_is_refused(fields: list[Any]) -> None:
    with pytest.raises(RemoteProtocolError):
        decode(LINK + msgpack.packb(fields))


@given(
    st.sampled_from([14, 15, 16]), st.lists(st.integers() | st.binary(max_size=20) | st.text(), max_size=6)
)
def test_nothing_else_is_raised(kind: int, rest: list[Any]) -> None:
    try:
        decode(LINK + msgpack.packb([kind, *[v if type(v) is not int else v % 2**60 for v in rest]]))
    except RemoteProtocolError:
        pass


def test_other_packets_are_not_taken_for_these() -> None:
    assert not is_snapshot_packet(encode_watch(LINK, Watch(1, 2, 3, 4)))
    assert not is_snapshot_packet(LINK)
    assert not is_snapshot_packet(LINK + b"\x93")
