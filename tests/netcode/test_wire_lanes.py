"""What the transport adds to packets: read back, told apart, and never believed too far."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netcode.wire.lane_packets import LaneRecord, strip, wrap
from netcode.wire.packets import Inputs, encode_inputs, encode_seat_wish

LINK = b"linklink"
WISH = encode_seat_wish(LINK)


def inputs(frame: int) -> bytes:
    return encode_inputs(LINK, Inputs(frame, frame, 0, 0, b"", 0, 0, b"", 0, 0, -1, 0))


@given(
    st.binary(max_size=200),
    st.integers(0, 23),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 65535), max_size=24),
)
def test_round_trip(body: bytes, lane: int, number: int, newest: list[int]) -> None:
    data = wrap(LINK + body, lane, number, newest)
    record = LaneRecord()
    assert record.unwrap(data) == strip(data) == LINK + body
    assert record.told == tuple(newest)
    assert record.newest[lane] == number % 65536
    assert len(record.newest) == lane + 1


@given(st.binary(max_size=60))
def test_anything_else_is_handed_on_to_be_counted(junk: bytes) -> None:
    for data in (junk, LINK + junk, LINK + bytes([255]) + junk):
        for read in (strip(data), LaneRecord().unwrap(data)):
            assert read is None or (data[:8] == read[:8] and len(read) <= len(data))


def test_a_second_copy_is_dropped_and_counted() -> None:
    record = LaneRecord()
    assert record.unwrap(wrap(WISH, 0, 7, [])) == WISH
    assert record.unwrap(wrap(WISH, 1, 7, [])) is None
    assert record.late == 1
    assert record.newest == [7, 7]  # it has arrived all the same


def test_inputs_that_newer_ones_overtook_are_dropped_and_other_packets_are_not() -> None:
    record = LaneRecord()
    assert record.unwrap(wrap(inputs(5), 0, 5, [])) is not None
    assert record.unwrap(wrap(WISH, 1, 4, [])) == WISH
    assert record.unwrap(wrap(inputs(3), 2, 3, [])) is None
    assert record.unwrap(wrap(inputs(6), 1, 6, [])) is not None
    assert record.late == 1


def test_what_is_far_behind_is_dropped() -> None:
    record = LaneRecord()
    record.unwrap(wrap(WISH, 0, 1000, []))
    assert record.unwrap(wrap(WISH, 1, 1000 - 256, [])) is None
    assert record.unwrap(wrap(WISH, 1, 1000 - 255, [])) == WISH
    assert record.unwrap(wrap(WISH, 0, 2**32 - 1, [])) == WISH


def test_only_the_newest_word_on_our_lanes_counts() -> None:
    record = LaneRecord()
    record.unwrap(wrap(WISH, 0, 9, [4, 5]))
    record.unwrap(wrap(WISH, 1, 8, [3, 3]))
    assert record.told == (4, 5)
