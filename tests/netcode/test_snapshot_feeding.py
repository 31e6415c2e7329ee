"""One side that gives states, one that takes them, facing each other; and each side's bounds."""

from __future__ import annotations

from typing import Any

import pytest

from netcode import limits
from netcode.archive import Archive
from netcode.errors import RemoteProtocolError
from netcode.replay_cost import ReplayCost, replay_s
from netcode.simulator.game import STATE_BYTES, MixingGame
from netcode.snapshot_feeding import ENCODED_EVERY, SnapshotFeeder
from netcode.snapshot_reader import CHUNK_PATIENCE, SENDER_SILENT, VOUCH_PATIENCE, SnapshotReader
from netcode.sources import Source
from netcode.wire.packets import decode
from netcode.wire.snapshot_packets import (
    NEWEST,
    SnapshotAsk,
    SnapshotChunk,
    SnapshotTold,
    encode_snapshot_chunk,
    encode_snapshot_told,
)

OUT, BACK = b"to-them!", b"to-us!!!"
ANN, BOB = Source("ann", b"to-ann!!", b"from-ann"), Source("bob", b"to-bob!!", b"from-bob")


def feeder(frames: int = 300, settled: int | None = None) -> SnapshotFeeder:
    """Of a match with a digest every 30 frames."""
    archive, game = Archive(1, 30, 0), MixingGame(1, 1, episode_frames=10**6)
    made = SnapshotFeeder(archive, game)
    for frame in range(1, frames + 1):
        game.step([b"\1"])
        archive.add(b"\1")
        archive.settled = min(frame, frames if settled is None else settled)
        if frame % 30 == 0:
            made.keep(frame, game.capture(), game.digest(), frame.to_bytes(8, "big"))
    return made


def answers(made: SnapshotFeeder, ask: SnapshotAsk, ticks: int = 10, now: float = 0.0) -> list[Any]:
    made.ask(BACK, ask)
    return [decode(data) for tick in range(ticks) for data in made.outgoing(now + tick / 60)]


def test_only_settled_frames_are_told_of() -> None:
    made = feeder(300, settled=250)
    (told,) = answers(made, SnapshotAsk(NEWEST))
    assert (told.frame, told.size) == (240, STATE_BYTES)
    assert answers(made, SnapshotAsk(270)) == [SnapshotTold(270)]
    (known,) = answers(made, SnapshotAsk(210))
    assert known.state and not known.size
    assert answers(made, SnapshotAsk(211)) == [SnapshotTold(211)]


def test_a_settled_state_is_always_at_hand() -> None:
    """However long it takes until a frame is settled: a newer one never drives out the last that is."""
    made = feeder(30 * 20, settled=35)
    (told,) = answers(made, SnapshotAsk(NEWEST))
    assert told.frame == 30
    assert len(made._kept) == limits.SNAPSHOTS_KEPT


def test_a_state_is_encoded_seldom_whoever_asks() -> None:
    made = feeder()
    for tick in range(int(ENCODED_EVERY * 60) - 20):
        for number in range(20):
            made.ask(b"%8d" % number, SnapshotAsk(NEWEST))
        made.outgoing(tick / 60)
    assert made.sent == 1


def test_chunks_are_few_a_tick_and_askers_take_turns() -> None:
    made = feeder()
    answers(made, SnapshotAsk(NEWEST))
    for asker in (b"asker--1", b"asker--2", b"asker--3"):
        for _ in range(5):
            made.ask(asker, SnapshotAsk(300, tuple(range(5)) * 3))
    seen: list[bytes] = []
    for tick in range(40):
        packets = made.outgoing(1 + tick / 60)
        assert len(packets) <= limits.SNAPSHOT_CHUNKS_A_TICK
        seen += [data[:8] for data in packets]
    assert sorted(set(seen[:3])) == [b"asker--1", b"asker--2", b"asker--3"]
    assert len(seen) == 15  # each chunk once, though asked for again and again


def test_what_is_not_here_is_said_to_be_gone() -> None:
    made = feeder()
    (told,) = answers(made, SnapshotAsk(300, (0, 1)))
    assert isinstance(told, SnapshotTold) and not told.size
    assert answers(feeder(20), SnapshotAsk(NEWEST)) == []  # nothing yet: it is asked again


def test_memory_is_bounded() -> None:
    made = feeder(30 * 700)
    assert len(made._digests) == limits.STATE_DIGESTS_KEPT
    for number in range(5):
        answers(made, SnapshotAsk(NEWEST), now=number * 2 * ENCODED_EVERY)
        made.keep(30 * (701 + number), made._kept[-1][1], bytes(8), bytes(8))
        made._archive.settled = 30 * (701 + number)
    assert len(made._encoded) == limits.SNAPSHOTS_ENCODED


def test_what_a_resync_put_right_is_told_no_more() -> None:
    made = feeder()
    answers(made, SnapshotAsk(NEWEST))
    made.keep(270, made._kept[-1][1], b"anotherr", bytes(8))
    assert 300 not in made._encoded and 300 not in made._digests
    assert answers(made, SnapshotAsk(270))[0].state == b"anotherr"


# ------------------------------------------------------------------ the taking side


def told(frame: int = 300, state: bytes = b"state---", size: int = 5000) -> bytes:
    return encode_snapshot_told(b"whatever", SnapshotTold(frame, state, b"chain---", size))


def chunk(number: int, data: bytes, frame: int = 300) -> bytes:
    return encode_snapshot_chunk(b"whatever", SnapshotChunk(frame, number, data))


def fetched(reader: SnapshotReader, *sources: Source) -> None:
    """Ann has sent all of it."""
    reader.want()
    assert [decode(data) for data in reader.outgoing(sources, 0.0)] == [SnapshotAsk(NEWEST)]
    reader.receive(ANN, told(), 0.1)
    asked = [(data[:8], decode(data)) for data in reader.outgoing(sources, 0.1)]
    assert asked[0] == (ANN.link_out, SnapshotAsk(300, (0, 1)))
    reader.receive(ANN, chunk(1, bytes(904)), 0.2)
    reader.receive(ANN, chunk(0, bytes(4096)), 0.2)


def test_nothing_is_asked_until_it_is_wanted() -> None:
    assert SnapshotReader().outgoing([ANN, BOB], 0.0) == []


def test_the_only_one_there_is_is_believed_and_named_alone() -> None:
    reader = SnapshotReader()
    fetched(reader, ANN)
    state = reader.confirmed(0.3)
    assert state and (state.frame, len(state.data), state.confirmed_by) == (300, 5000, ("ann",))


def test_where_another_can_be_asked_its_word_is_awaited() -> None:
    reader = SnapshotReader()
    fetched(reader, ANN, BOB)
    assert reader.confirmed(0.3) is None
    reader.receive(BOB, told(size=0), 0.4)
    state = reader.confirmed(0.4)
    assert state and state.confirmed_by == ("ann", "bob")


def test_who_never_answers_is_not_there() -> None:
    reader = SnapshotReader()
    fetched(reader, ANN, BOB)
    reader.receive(BOB, encode_snapshot_told(b"whatever", SnapshotTold(300)), 0.4)  # nor who never knew
    assert reader.confirmed(VOUCH_PATIENCE) is None
    state = reader.confirmed(0.2 + VOUCH_PATIENCE)
    assert state and state.confirmed_by == ("ann",)


def test_word_against_word_is_not_believed() -> None:
    reader = SnapshotReader()
    fetched(reader, ANN, BOB)
    reader.receive(BOB, told(state=b"another-", size=0), 0.4)
    assert reader.confirmed(0.5) is None
    assert [refusal.source for refusal in reader.refusals] == ["ann"]
    asked = [(data[:8], decode(data)) for data in reader.outgoing([ANN, BOB], 0.6)]
    assert asked == [(BOB.link_out, SnapshotAsk(NEWEST))]


def test_lost_chunks_are_asked_for_again_and_silence_ends_it() -> None:
    reader = SnapshotReader()
    reader.want()
    reader.outgoing([ANN], 0.0)
    reader.receive(ANN, told(), 0.1)
    assert decode(reader.outgoing([ANN], 0.1)[0]) == SnapshotAsk(300, (0, 1))
    assert reader.outgoing([ANN], 0.2) == []
    reader.receive(ANN, chunk(0, bytes(4096)), 0.3)
    again = reader.outgoing([ANN], 0.1 + CHUNK_PATIENCE + 0.01)
    assert [decode(data) for data in again] == [SnapshotAsk(300, (1,))]
    assert reader.outgoing([ANN], 0.4 + SENDER_SILENT) == []
    assert [refusal.why for refusal in reader.refusals] == ["it does not send its state"]


@pytest.mark.parametrize("data", [bytes(905), bytes(903)])
def test_a_chunk_of_another_length_is_refused(data: bytes) -> None:
    reader = SnapshotReader()
    reader.want()
    reader.outgoing([ANN], 0.0)
    reader.receive(ANN, told(), 0.1)
    with pytest.raises(RemoteProtocolError):
        reader.receive(ANN, chunk(1, data), 0.2)


# ------------------------------------------------------------------ is it worth it?


def test_the_others_play_on_meanwhile() -> None:
    assert replay_s(0, 0.001, 60.0) == 0.0
    assert replay_s(1000, 0.001, 0.0) == pytest.approx(1.0)
    assert replay_s(1000, 0.001, 500.0) == pytest.approx(2.0)
    assert replay_s(1000, 0.001, 1000.0) == float("inf")


def test_only_work_counts_as_cost() -> None:
    cost = ReplayCost()
    for tick in range(30):  # 30 frames in 10 ms, then 90 ms of waiting for more
        cost.look(tick * 30, True, tick * 0.1)
        cost.look(tick * 30 + 30, False, tick * 0.1 + 0.01)
    assert not cost.is_too_long(8000, 60.0)  # a third of a millisecond each: 2.7 s, and what comes meanwhile
    assert cost.is_too_long(10_000, 60.0)


def test_nothing_is_said_before_it_is_measured() -> None:
    cost = ReplayCost()
    cost.look(0, True, 0.0)
    cost.look(1, True, 0.2)
    assert not cost.is_too_long(10**6, 60.0)
    cost.look(2, True, 0.4)
    assert cost.is_too_long(10**6, 60.0)
