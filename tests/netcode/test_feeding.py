"""One feeder facing watchers: welcome, pace, refusals, and what a hostile watcher can do (nothing)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from netcode import limits
from netcode.archive import Archive
from netcode.events import EndReason
from netcode.feed_reader import FeedReader
from netcode.feeding import FEED_INTERVAL, WATCHER_TIMEOUT, Feeder
from netcode.link import Identity
from netcode.sources import Source
from netcode.wire.feed_packets import Feed, Watch, encode_feed, encode_watch
from netcode.wire.packets import (
    Goodbye,
    Handover,
    Hello,
    Inputs,
    Parting,
    decode,
    encode_goodbye,
    encode_handover,
    encode_hello,
    encode_inputs,
)

IDENTITY = Identity({"env": "'E'"}, {"game": "1"})
OUT, IN = b"to guest", b"of guest"  # link ids, as the feeder sees them
FRAME = 1 / 60


def archive_of(frames: int, stride: int = 2) -> Archive:
    archive = Archive(stride, 10, 0)
    grow(archive, frames)
    return archive


def grow(archive: Archive, frames: int) -> None:
    for frame in range(archive.count, archive.count + frames):
        archive.add(bytes([frame % 5]) * archive.stride)
        if (frame + 1) % 10 == 0:
            archive.add_digest(frame.to_bytes(8, "big"))
    archive.settled = archive.count


def hello(link: bytes = IN, **differing: str) -> bytes:
    prints = IDENTITY.fingerprint | differing
    return encode_hello(link, Hello(limits.PROTOCOL_VERSION, IDENTITY.settings, prints, accepted=False))


def feeder_of(archive: Archive, most: int = 4) -> Feeder:
    feeder = Feeder(archive, IDENTITY, most)
    feeder.welcome("eve", OUT, IN, 0.0)
    return feeder


def watched(archive: Archive) -> Feeder:
    feeder = feeder_of(archive)
    assert feeder.receive([(hello(), 0.0)]) == []
    (answer,) = [decode(data) for data in feeder.outgoing(0.0) if isinstance(decode(data), Hello)]
    assert answer.accepted  # type: ignore[union-attr]
    return feeder


def run(feeder: Feeder, seconds: float, begin: float = 0.0) -> list[tuple[float, Feed]]:
    feeds = []
    for tick in range(round(seconds / FRAME)):
        now = begin + (tick + 1) * FRAME
        for data in feeder.outgoing(now):
            assert len(data) <= limits.MAX_PACKET_BYTES
            packet = decode(data)
            if isinstance(packet, Feed):
                feeds.append((now, packet))
    return feeds


def test_a_live_watcher_gets_all_it_lacks_a_few_times_a_second() -> None:
    archive = archive_of(50)
    feeder = watched(archive)
    feeds = run(feeder, 2.0)
    assert len(feeds) == pytest.approx(2.0 / FEED_INTERVAL, abs=2)
    assert all(feed.first == 0 and len(feed.inputs) == 100 for _, feed in feeds)
    feeder.receive([(encode_watch(IN, Watch(50, 5, -1, 0)), 2.0)])
    grow(archive, 10)
    feed = run(feeder, 0.5, 2.0)[-1][1]
    assert (feed.first, feed.inputs, feed.settled) == (50, archive.frames(50, 60), 60)
    assert (feed.digest_first, feed.digests) == (5, archive.digests(5, 6))


def test_what_is_not_settled_is_not_told() -> None:
    archive = archive_of(50)
    archive.settled = 39
    feed = run(watched(archive), 0.5)[0][1]
    assert (feed.settled, len(feed.inputs), len(feed.digests)) == (39, 78, 24)


def test_who_is_far_behind_is_fed_at_full_speed_within_bounds() -> None:
    feeder = watched(archive_of(100_000))
    feeds = run(feeder, 1.0)
    sent = sum(len(feed.inputs) for _, feed in feeds)
    assert sent >= limits.FEED_FLIGHT_BYTES
    assert max(len(feed.inputs) for _, feed in feeds) == limits.FEED_INPUT_BYTES
    # Nothing was acked: what is in flight is bounded, and sent again from the start.
    assert max(feed.first * 2 + len(feed.inputs) for _, feed in feeds) <= (
        limits.FEED_FLIGHT_BYTES + limits.FEED_INPUT_BYTES
    )
    assert sum(feed.first == 0 for _, feed in feeds) >= 2


def test_many_far_behind_take_turns() -> None:
    archive = archive_of(100_000)
    feeder = Feeder(archive, IDENTITY, 16)
    for number in range(16):
        link = number.to_bytes(8, "big")
        feeder.welcome(str(number), link, link, 0.0)
        feeder.receive([(hello(link), 0.0)])
    feeder.outgoing(0.0)
    run(feeder, 2 * FEED_INTERVAL)
    fed = set()
    for tick in range(8):
        packets = feeder.outgoing(1.0 + tick * FRAME)
        assert len(packets) <= limits.FEEDS_A_TICK
        fed |= {data[:8] for data in packets}
    assert len(fed) == 16


def test_one_packet_serves_all_of_a_turn() -> None:
    archive = archive_of(50)
    feeder = Feeder(archive, IDENTITY, 32)
    for number in range(32):
        link = number.to_bytes(8, "big")
        feeder.welcome(str(number), link, link, 0.0)
        feeder.receive([(hello(link), 0.0)])
    feeder.outgoing(0.0)
    sizes = [len(packets) for tick in range(1, 61) if (packets := feeder.outgoing(tick * FRAME))]
    assert set(sizes) == {8}
    assert len(sizes) == pytest.approx(20, abs=2)


def test_another_game_is_refused_by_name() -> None:
    feeder = feeder_of(archive_of(50))
    feeder.receive([(hello(game="2"), 0.0)])
    answer, goodbye = (decode(data) for data in feeder.outgoing(0.0))
    assert isinstance(answer, Hello) and not answer.accepted
    assert isinstance(goodbye, Goodbye)
    assert "game is 1 here and 2 at eve" in goodbye.reason
    assert feeder.watchers == ()
    assert run(feeder, 1.0) == []
    assert feeder.opened == [OUT]


def test_too_late_too_many_too_large() -> None:
    old = Archive(2, 10, 0, max_bytes=300)
    grow(old, 500)
    full = feeder_of(archive_of(9), most=0)
    for feeder, why in (
        (feeder_of(old), "no longer kept"),
        (full, "0 watch here already"),
        (feeder_of(archive_of(9, stride=limits.FEED_INPUT_BYTES + 1)), "do not fit a feed packet"),
    ):
        refusal = feeder._refusal(feeder._guests[IN], decode(hello()))  # type: ignore[arg-type]
        assert refusal is not None and why in refusal


def test_a_silent_watcher_is_let_go() -> None:
    feeder = watched(archive_of(50))
    run(feeder, WATCHER_TIMEOUT + 1.0)
    assert feeder.watchers == ()
    assert feeder.deserted
    assert feeder.shut == [OUT]


def test_the_ending_comes_with_the_last_frames() -> None:
    feeder = watched(archive_of(50))
    feeder.end(EndReason.FINISHED, "all over")
    feeds = run(feeder, 0.5)
    assert {feed.ending for _, feed in feeds} == {(EndReason.FINISHED, "all over")}
    assert not feeder.deserted
    feeder.receive([(encode_goodbye(IN, Goodbye("done", Parting.LEAVES, 50, 5)), 1.0)])
    assert feeder.deserted


HONEST = Inputs(0, 5, 0, 2, b"\1\1", 2, 0, b"", 0, 0, -1, 0)
HOSTILE = {
    "inputs": encode_inputs(IN, HONEST),
    "inputs of the future": encode_inputs(IN, replace(HONEST, first=60, inputs=bytes(30))),
    "a handover": encode_handover(IN, Handover(1, 0, bytes(50))),
    "a feed": IN + encode_feed(Feed(0, bytes(400), 200, 0, b"", 0)),
    "an ack of what never was": encode_watch(IN, Watch(51, 0, -1, 0)),
    "digests that never were": encode_watch(IN, Watch(0, 6, -1, 0)),
    "garbage": IN + bytes(30),
    "too much": IN + bytes(limits.MAX_PACKET_BYTES + 1),
}


@pytest.mark.parametrize("packet", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_watcher_changes_nothing(packet: bytes) -> None:
    archive = archive_of(50)
    feeder = watched(archive)
    before = (bytes(archive._inputs), archive.count, archive.settled)
    assert feeder.receive([(packet, 1.0)]) == []  # and it is not handed on to the game
    assert feeder.stats.rejected == 1
    assert (bytes(archive._inputs), archive.count, archive.settled) == before
    assert feeder.watchers == ("eve",)


def test_a_watch_before_a_hello_is_rejected() -> None:
    feeder = feeder_of(archive_of(50))
    feeder.receive([(encode_watch(IN, Watch(0, 0, -1, 0)), 0.0)])
    assert feeder.stats.rejected == 1
    assert feeder.deserted


def test_packets_of_others_are_handed_back() -> None:
    stranger = (b"stranger" + bytes(5), 0.0)
    assert watched(archive_of(5)).receive([stranger]) == [stranger]


def test_beyond_the_limit_of_guests_an_idle_one_is_forgotten() -> None:
    feeder = watched(archive_of(5))
    for number in range(limits.MAX_GUESTS + 10):
        link = number.to_bytes(8, "big")
        feeder.welcome(str(number), link, link, 0.0)
    assert len(feeder._guests) == limits.MAX_GUESTS
    assert feeder.is_watching(IN)


def reader_of(archive: Archive, sources: int = 1) -> FeedReader:
    names = [Source(f"s{n}", bytes([n]) * 8, bytes([n + 100]) * 8) for n in range(sources)]
    return FeedReader(names, archive, [1, 1], IDENTITY, lambda slot, data: data[0] < 5, 0.0)


def feed_into(reader: FeedReader, feed: Feed, source: int = 0) -> None:
    reader.receive([(bytes([source + 100]) * 8 + encode_feed(feed), 0.0)])


GOOD = Feed(0, b"\1\2\3\4", 2, 0, b"", 0)
BAD = {
    "half a frame": replace(GOOD, inputs=b"\1\2\3"),
    "no such action": replace(GOOD, inputs=b"\1\2\3\7"),
    "more than is settled": replace(GOOD, settled=1),
    "another history": replace(GOOD, inputs=b"\1\2\3\3", settled=2),
    "digests of the future": replace(GOOD, digests=bytes(8)),
}


@pytest.mark.parametrize("feed", BAD.values(), ids=BAD)
def test_a_bad_feed_is_taken_not_at_all(feed: Feed) -> None:
    archive = Archive(2, 10, 0)
    reader = reader_of(archive)
    if feed is BAD["another history"]:
        feed_into(reader, GOOD)
    held = archive.count
    feed_into(reader, feed)
    assert reader.stats.rejected == 1
    assert (archive.count, archive.digest_count) == (held, 0)


def test_a_gap_is_waited_out() -> None:
    archive = Archive(2, 10, 0)
    reader = reader_of(archive)
    feed_into(reader, replace(GOOD, first=2, settled=4))
    assert archive.count == 0
    feed_into(reader, replace(GOOD, settled=4))
    feed_into(reader, replace(GOOD, first=1, inputs=b"\3\4\1\1", settled=4))
    assert archive.frames(0, 3) == b"\1\2\3\4\1\1"
    assert reader.stats.rejected == 0


def test_a_full_archive_takes_no_more_until_it_is_played() -> None:
    archive = Archive(2, 10, 0, max_bytes=15)
    assert archive.capacity == 5
    reader = reader_of(archive)
    feed_into(reader, replace(GOOD, inputs=b"\1\2" * 4, settled=4))
    feed_into(reader, replace(GOOD, first=4, inputs=b"\1\2" * 4, settled=8))
    assert archive.count == 4
    reader.played = 4
    feed_into(reader, replace(GOOD, first=4, inputs=b"\1\2" * 4, settled=8))
    assert (archive.count, archive.first) == (8, 3)


def test_only_the_present_source_counts() -> None:
    reader = reader_of(archive := Archive(2, 10, 0), sources=2)
    feed_into(reader, GOOD, source=1)
    assert archive.count == 0
    (goodbye, *_) = [decode(data) for data in reader.outgoing(0.0)]
    assert isinstance(goodbye, Goodbye)  # it is told that we do not listen


def test_feeds_survive_any_loss() -> None:
    """A feeder facing a reader; packets are lost, doubled and overtaken."""
    for seed in range(5):
        rng = Random(seed)
        source = archive_of(3000)
        feeder = Feeder(source, IDENTITY, 4)
        copy = Archive(2, 10, 0)
        reader = FeedReader([Source("s", IN, OUT)], copy, [1, 1], IDENTITY, lambda slot, data: True, 0.0)
        feeder.welcome("eve", OUT, IN, 0.0)
        under_way: list[tuple[float, bytes]] = []
        for tick in range(1200):
            now = tick * FRAME
            if tick < 900:
                grow(source, 1)
            arrived = [(data, now) for due, data in under_way if due <= now]
            under_way = [(due, data) for due, data in under_way if due > now]
            reader.receive(feeder.receive(arrived))
            for data in feeder.outgoing(now) + reader.outgoing(now):
                for _ in range(rng.choice([0, 1, 1, 1, 2])):
                    under_way.append((now + rng.uniform(0.01, 0.2), data))
        assert copy.frames(0, copy.count) == source.frames(0, source.count)
        assert copy.digests(0, copy.digest_count) == source.digests(0, source.digest_count)
        assert reader.stats.rejected == feeder.stats.rejected == 0
