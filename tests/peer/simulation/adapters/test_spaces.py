"""Actions and bytes: round trips, and no bytes that could hurt."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from netcode.errors import UnplayableError
from peer.simulation.adapters.spaces import TurnCodec, make_codec

SPACES: list[spaces.Space[Any]] = [
    spaces.Discrete(1),
    spaces.Discrete(6),
    spaces.Discrete(256),
    spaces.Discrete(257, start=-5),
    spaces.Discrete(70_000),
    spaces.MultiDiscrete([3, 300]),
    spaces.MultiDiscrete(np.array([[2, 5], [7, 9]]), start=np.array([[1, 0], [-3, 4]])),
    spaces.MultiBinary(24),
    spaces.MultiBinary([3, 3]),
    spaces.Box(-1.0, 1.0, (2,), np.float32),
    spaces.Box(-np.inf, np.inf, (3,), np.float64),
    spaces.Box(np.array([0.5, -np.inf]), np.array([np.inf, -2.0]), dtype=np.float64),
    spaces.Box(0, 255, (2, 2), np.uint8),
    spaces.Box(-7, 9, (2,), np.int32),
    spaces.Dict({"move": spaces.Discrete(4), "aim": spaces.Box(-1, 1, (1,))}),
    spaces.Tuple([spaces.Discrete(4), spaces.Tuple([spaces.MultiBinary(3)])]),
]
every_space = pytest.mark.parametrize("space", SPACES, ids=repr)


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    return np.asarray(a).tobytes() == np.asarray(b).astype(np.asarray(a).dtype).tobytes()


@every_space
@given(seed=st.integers(0, 2**31))
def test_every_action_makes_the_round_trip(space: spaces.Space[Any], seed: int) -> None:
    codec = make_codec(space, "x")
    space.seed(seed)
    action = space.sample()
    data = codec.encode(action)
    assert len(data) == codec.size
    assert codec.is_valid(data)
    assert equal(action, codec.decode(data))
    assert space.contains(codec.decode(data))
    assert codec.encode(codec.decode(data)) == data


@every_space
@given(seed=st.integers(0, 2**31))
def test_samples_and_zero_are_valid_actions(space: spaces.Space[Any], seed: int) -> None:
    codec = make_codec(space, "x")
    for data in (codec.sample(random.Random(seed)), codec.zero()):
        assert codec.is_valid(data)
        assert space.contains(codec.decode(data))
    assert codec.sample(random.Random(seed)) == codec.sample(random.Random(seed))


@every_space
@given(data=st.data())
def test_any_bytes_are_judged_without_harm(space: spaces.Space[Any], data: st.DataObject) -> None:
    codec = make_codec(space, "x")
    raw = data.draw(st.binary(max_size=64) | st.binary(min_size=codec.size, max_size=codec.size))
    if codec.is_valid(raw):
        assert space.contains(codec.decode(raw))
        assert codec.encode(codec.decode(raw)) == raw, "one action, one encoding"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.5, -1.0001])
def test_numbers_that_are_none_or_out_of_bounds_are_refused(bad: float) -> None:
    codec = make_codec(spaces.Box(-1.0, 1.0, (2,), np.float32), "x")
    assert not codec.is_valid(np.array([0.0, bad], np.float32).tobytes())
    with pytest.raises(ValueError, match="bounds"):
        codec.encode(np.array([0.0, bad]))


def test_numbers_are_cut_off_at_their_bounds_and_what_is_no_action_stays_none() -> None:
    box = make_codec(spaces.Box(-2.0, 2.0, (1,), np.float32), "somebody")
    cut = [float(box.decode(box.encode(box.within(value)))[0]) for value in (9.0, [-1e300], [[0.5]], np.inf)]
    assert cut == [2.0, -2.0, 0.5, 2.0]
    for bad in ([np.nan], [1.0, 2.0], "left", None):
        with pytest.raises((ValueError, TypeError)):
            box.encode(box.within(bad))
    both = make_codec(spaces.Dict({"move": spaces.Discrete(4), "aim": spaces.Box(-1, 1, (2,))}), "somebody")
    cut_both = both.decode(both.encode(both.within({"move": 3, "aim": [7.0, -0.5]})))
    assert (cut_both["move"], cut_both["aim"].tolist()) == (3, [1.0, -0.5])
    with pytest.raises(ValueError, match="4"):
        both.encode(both.within({"move": 4, "aim": [0.0, 0.0]}))
    turn = TurnCodec(box)
    assert turn.within(None) is None
    assert turn.encode(turn.within([5.0])) == turn.encode([2.0])


def test_numbers_arrive_bit_for_bit() -> None:
    codec = make_codec(spaces.Box(-1.0, 1.0, (2,), np.float32), "x")
    action = np.array([-0.0, np.nextafter(np.float32(1), np.float32(0))], np.float32)
    assert codec.decode(codec.encode(action)).tobytes() == action.tobytes()


@pytest.mark.parametrize(
    ("space", "action"),
    [
        (spaces.Discrete(3), 3),
        (spaces.Discrete(3, start=1), 0),
        (spaces.Discrete(3), 1.5),
        (spaces.MultiDiscrete([2, 2]), [0, 2]),
        (spaces.MultiDiscrete([2, 2]), [0]),
        (spaces.MultiBinary(2), [0, 2]),
        (spaces.Box(0, 255, (1,), np.uint8), [0, 0]),
        (spaces.Tuple([spaces.Discrete(2)]), (0, 0)),
    ],
)
def test_actions_outside_the_space_are_refused(space: spaces.Space[Any], action: Any) -> None:
    with pytest.raises(ValueError, match="action"):
        make_codec(space, "x").encode(action)


@pytest.mark.parametrize(
    ("space", "size"),
    [
        (spaces.Discrete(256), 1),
        (spaces.Discrete(257), 2),
        (spaces.Discrete(2**20), 4),
        (spaces.MultiBinary(9), 2),
    ],
)
def test_inputs_are_small(space: spaces.Space[Any], size: int) -> None:
    assert make_codec(space, "x").size == size


def test_a_decoded_action_is_the_game_s_own() -> None:
    codec = make_codec(spaces.Box(-1.0, 1.0, (1,), np.float32), "x")
    data = codec.zero()
    codec.decode(data)[0] = 1.0
    assert codec.decode(data)[0] == 0.0


@pytest.mark.parametrize(
    "space",
    [
        spaces.Text(5),
        spaces.Sequence(spaces.Discrete(2)),
        spaces.Tuple([spaces.Text(5)]),
        spaces.Box(0, 1, (500,)),
    ],
)
def test_what_cannot_be_an_input_is_said_in_one_line(space: spaces.Space[Any]) -> None:
    with pytest.raises(UnplayableError, match="wrap the environment") as caught:
        make_codec(space, "archer_0")
    assert "archer_0" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=4))
def test_a_turn_waits_or_acts(raw: bytes) -> None:
    codec = TurnCodec(make_codec(spaces.Discrete(7), "x"))
    assert codec.decode(codec.zero()) is None
    assert codec.decode(codec.encode(6)) == 6
    assert codec.encode(None) == codec.zero()
    if codec.is_valid(raw):
        assert codec.encode(codec.decode(raw)) == raw
