"""Feed packets: what goes in comes out, and nothing else is taken."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.episodes import EpisodeStart
from netcode.errors import RemoteProtocolError
from netcode.events import EndReason
from netcode.limits import MAX_FRAME
from netcode.wire.feed_packets import FEED, WATCH, Feed, Watch, encode_feed, encode_watch
from netcode.wire.packets import decode

LINK = b"linkfeed"
NUMBERS = st.integers(0, MAX_FRAME)
ENDINGS = st.none() | st.tuples(st.sampled_from(EndReason), st.sampled_from(["", "all over"]))


SUBSTITUTES = st.lists(st.tuples(st.integers(0, 15), NUMBERS), max_size=16).map(tuple)


@given(
    NUMBERS,
    st.binary(max_size=500),
    NUMBERS,
    NUMBERS,
    st.integers(0, 30),
    NUMBERS,
    st.lists(NUMBERS, min_size=2, max_size=2).map(sorted),
    SUBSTITUTES,
    NUMBERS,
    ENDINGS,
)
def test_a_feed_comes_back(
    first: int,
    inputs: bytes,
    settled: int,
    digest_first: int,
    digests: int,
    sent: int,
    episode: list[int],
    substituted: Any,
    hops: int,
    ending: Any,
) -> None:
    number, start = episode
    head = (first, inputs, max(settled, start), digest_first, bytes(8 * digests), sent)
    feed = Feed(*head, EpisodeStart(start, number), substituted, hops, ending)
    assert decode(LINK + encode_feed(feed)) == feed


@given(NUMBERS, NUMBERS, st.integers(-1, MAX_FRAME), NUMBERS)
def test_a_watch_comes_back(held: int, digests_held: int, echo: int, waited: int) -> None:
    watch = Watch(held, digests_held, echo, waited)
    assert decode(encode_watch(LINK, watch)) == watch


GOOD_FEED = [FEED, 0, b"ab", 9, 0, b"", 7, 8, 3, [[1, 40]], 1, None]
GOOD_WATCH = [WATCH, 0, 0, -1, 0]
BAD = [
    *[
        (GOOD_FEED, place, value)
        for place in (1, 3, 4, 6, 7, 8, 10)
        for value in (-1, MAX_FRAME + 1, 0.5, True, None)
    ],
    *[(GOOD_FEED, place, value) for place in (2, 5) for value in (0, "text", None)],
    (GOOD_FEED, 5, bytes(7)),
    *[(GOOD_FEED, 7, value) for value in (2, 10)],  # fewer frames than episodes; not settled
    *[(GOOD_FEED, 9, value) for value in (0, [[1]], [[16, 0]], [[0, -1]], [["0", 1]], [[0, 0]] * 17)],
    *[(GOOD_FEED, 11, value) for value in (0, [], ["finished"], ["no such", ""], ["finished", "a\x1bb"])],
    *[(GOOD_WATCH, place, value) for place in (1, 2, 4) for value in (-1, MAX_FRAME + 1, "1")],
    *[(GOOD_WATCH, 3, value) for value in (-2, MAX_FRAME + 1, None)],
]


@pytest.mark.parametrize(("good", "place", "value"), BAD)
def test_every_field_is_checked(good: list[Any], place: int, value: Any) -> None:
    decode(LINK + msgpack.packb(good))
    bad = [*good[:place], value, *good[place + 1 :]]
    with pytest.raises(RemoteProtocolError):
        decode(LINK + msgpack.packb(bad))


@pytest.mark.parametrize("good", [GOOD_FEED, GOOD_WATCH])
def test_the_number_of_fields_is_checked(good: list[Any]) -> None:
    for fields in (good[:-1], [*good, 0]):
        with pytest.raises(RemoteProtocolError):
            decode(LINK + msgpack.packb(fields))
