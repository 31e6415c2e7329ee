"""One slot's inputs: what was used is remembered, and compared with what was true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.prediction import RepeatLast
from netcode.timeline import Timeline

DEFAULT = b"\0"


def timeline(delay: int = 0) -> Timeline:
    return Timeline(DEFAULT, delay, RepeatLast(DEFAULT))


def test_the_first_frames_hold_the_default_input():
    line = timeline(delay=3)
    assert line.confirmed == 3
    assert [line.use(frame) for frame in range(3)] == [DEFAULT] * 3


def test_a_misprediction_stays_pending_until_its_frame_is_replayed():
    line = timeline()
    line.use(0)
    line.use(1)
    line.confirm(b"a")
    assert [line.first_misprediction() for _ in range(3)] == [0, 0, 0]
    line.confirm(b"b")
    assert line.first_misprediction() == 0
    assert line.mispredictions == 0
    line.use(0)
    assert line.first_misprediction() == 1
    line.use(1)
    assert line.first_misprediction() is None
    assert line.mispredictions == 2


def test_a_confirmed_input_cannot_be_changed():
    line = timeline()
    line.confirm(b"a")
    line.confirm_again(0, b"a")
    with pytest.raises(RemoteProtocolError, match="frame 0"):
        line.confirm_again(0, b"b")
    line.use(0)
    line.forget_before(1)
    line.confirm_again(0, b"b")  # long played by all: nothing to compare with, and nothing to change


def test_frames_not_yet_played_with_the_truth_are_not_forgotten():
    line = timeline()
    line.use(0)
    line.confirm(b"a")
    with pytest.raises(LocalProtocolError):
        line.forget_before(1)
    line.use(0)
    line.forget_before(1)
    with pytest.raises(KeyError):
        line.inputs[0]


@given(st.lists(st.one_of(st.none(), st.sampled_from([b"\0", b"a", b"b"])), max_size=60))
def test_repairing_from_the_first_misprediction_leaves_only_the_truth(calls):
    """None: play a frame; bytes: an input arrives. Each repair leaves only the truth."""
    line, frame, used, true = timeline(), 0, {}, []
    for call in calls:
        if call is None:
            used[frame] = line.use(frame)
            frame += 1
        else:
            true.append(call)
            line.confirm(call)
        first = line.first_misprediction()
        wrong = [f for f in range(min(frame, len(true))) if used[f] != true[f]]
        assert first == (wrong[0] if wrong else None)
        if first is not None:
            for again in range(first, frame):
                used[again] = line.use(again)
            assert line.first_misprediction() is None
        line.forget_before(min(frame, line.confirmed))
