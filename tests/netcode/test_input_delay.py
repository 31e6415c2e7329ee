"""Every frame has exactly one input, through whatever the delay is set to, over whatever is lost."""

from __future__ import annotations

import pytest
from facing import Facing, agrees_with_truth
from hypothesis import given, settings
from hypothesis import strategies as st

from netcode.errors import ConfigError
from netcode.events import EndReason, InputDelayChanged
from netcode.input_delay import InputDelay
from netcode.own_inputs import OwnInputs
from netcode.wire.packets import Inputs, decode

FRAMES = 90


@given(
    begins=st.integers(0, 6),
    delays=st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=1, max_size=60),
    end=st.sampled_from([0, 5, 20, 40]),
)
def test_targets_leave_no_gap_that_is_not_filled_and_no_frame_twice(begins, delays, end):
    own, delay, written, sampled = OwnInputs(1, begins), begins, {}, {}
    for frame, change in enumerate(delays):
        delay = delay if change is None else change
        if end and frame >= end:
            break
        target = own.target(frame, delay, end)
        if target is None:
            assert own.count > min(frame + delay, end - 1 if end else frame + delay)
            continue
        for at in range(own.count, target + 1):
            assert at not in written
            written[at] = frame
            own.append(b"x")
        sampled[frame] = target
        assert target == min(frame + delay, end - 1 if end else target)
        assert own.count == target + 1 > frame
    assert sorted(written) == list(range(begins, own.count))
    assert not end or own.count <= max(end, begins)


def one_side_changes(match: Facing, changes: dict[int, tuple[int, int]], lost: frozenset[int], ticks: int):
    """`changes`: tick -> (side, delay); `lost`: numbers of packets that do not arrive."""
    number = 0

    def keep(sender: int, receiver: int, data: bytes) -> bool:
        nonlocal number
        number += 1
        return number % 61 not in lost

    for tick in range(ticks):
        if tick in changes:
            side, delay = changes[tick]
            match[side].session.set_input_delay(delay)
        match.run(1, keep)


@settings(max_examples=60, deadline=None)
@given(
    begins=st.integers(0, 5),
    window=st.sampled_from([0, 1, 4, 8]),
    changes=st.dictionaries(
        st.integers(0, FRAMES), st.tuples(st.integers(0, 1), st.integers(0, 30)), max_size=10
    ),
    lost=st.frozensets(st.integers(0, 60), max_size=20),
)
def test_any_sequence_of_changes_over_a_link_that_loses(begins, window, changes, lost):
    match = Facing(players=2, frames=FRAMES, input_delay=begins, window=window)
    one_side_changes(match, changes, lost, 900)
    assert [side.session.ending and side.session.ending.reason for side in match.sides] == [
        EndReason.FINISHED
    ] * 2
    for side in match.sides:
        assert len(side.confirmed) == FRAMES
        assert [link.stats.rejections for link in side.session.links] == [{}]
    assert match[0].confirmed == match[1].confirmed
    for slot, side in enumerate(match.sides):
        held = bytes(1)  # what the frame before held: repeated wherever nobody was sampled
        for frame in match[1 - slot].confirmed:
            held = bytes([side.said[frame.frame]]) if frame.frame in side.said else held
            assert frame.inputs[slot] == held, (slot, frame.frame)


def test_raised_the_last_input_is_repeated_and_lowered_sampling_waits():
    match = Facing(players=2, frames=60, input_delay=2).run(20)
    session, side = match[0].session, match[0]
    raised_at = session.frame
    session.set_input_delay(5)
    assert session.input_frame == raised_at + 5
    match.run(1)
    assert sorted(side.said)[-2:] == [raised_at + 1, raised_at + 5], "three frames are nobody's"
    match.run(3)
    lowered_at = session.frame
    session.set_input_delay(1)
    for _ in range(4):
        assert not session.wants_inputs
        match.run(1)
    assert session.wants_inputs and session.input_frame == lowered_at + 5
    match.run(60)
    inputs = [frame.inputs[0] for frame in match[1].confirmed]
    assert inputs[raised_at + 2 : raised_at + 5] == [bytes([side.said[raised_at + 1]])] * 3
    assert [event for event in side.events if isinstance(event, InputDelayChanged)] == [
        InputDelayChanged(raised_at, 2, 5, automatic=False),
        InputDelayChanged(lowered_at, 5, 1, automatic=False),
    ]


def test_at_the_end_no_input_is_past_the_last_frame():
    match = Facing(players=2, frames=40, input_delay=1).run(30)
    for side in match.sides:
        side.session.set_input_delay(30)
    match.run(100)
    assert match.reasons() == ["finished", "finished"]
    assert max(match[0].said) == 39
    assert len(match[0].confirmed) == 40


def test_the_longest_delay_is_allowed_by_the_others_and_a_longer_one_is_refused():
    match = Facing(players=2, frames=200, input_delay=0, window=8).run(5)
    match[0].session.set_input_delay(30)
    match.run(60)
    assert match[1].link.stats.rejections == {}
    for delay in (-1, 31):
        with pytest.raises(ConfigError, match="0 to 30 frames, or auto"):
            match[0].session.set_input_delay(delay)
    assert match[0].session.input_delay == 30


def test_what_is_the_same_is_no_change():
    delay = InputDelay(3, 60.0, 8)
    assert delay.set(3, 0) == []
    assert not delay.changes and not delay.automatic
    assert delay.set("auto", 0) == [] and delay.automatic
    assert delay.set(4, 7) == [InputDelayChanged(7, 3, 4, automatic=False)]
    assert not delay.automatic


def test_more_inputs_than_a_packet_holds_go_in_several(monkeypatch):
    """The oldest first; what is beyond waits for the ack, and nothing is lost."""
    monkeypatch.setattr("netcode.own_inputs.OWN_INPUTS_BYTES", 3)
    match = Facing(players=2, frames=60, input_delay=0)
    sizes = []

    def keep(sender: int, receiver: int, data: bytes) -> bool:
        packet = decode(data)
        if isinstance(packet, Inputs):
            sizes.append(len(packet.inputs))
        return True

    match.run(10, keep)
    match[0].session.set_input_delay(20)
    match.run(200, keep)
    assert max(sizes) == 3
    assert match.reasons() == ["finished", "finished"]
    assert match[0].confirmed == match[1].confirmed
    assert agrees_with_truth(Facing(players=2, frames=30).run(100), 0)
