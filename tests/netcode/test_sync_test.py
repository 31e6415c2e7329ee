"""A simulation that is not exact is found out, and the frame and the field are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from random import Random
from typing import Any

import pytest

from netcode.errors import ConfigError, LocalProtocolError
from netcode.sync_test import SyncTestSession, first_difference


class Runner:
    """Honest: a runner, the gems it has picked up, and dice of its own. Faults are planted below."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"x": 0, "speed": 0, "gems": [], "dice": 7}

    def step(self, inputs: Sequence[bytes]) -> bytes:
        state, pressed = self.state, inputs[0][0]
        state["speed"] = pressed - 1
        state["x"] += state["speed"] * self.luck()
        if pressed == 2:
            state["gems"].append(state["x"])
        return state["x"].to_bytes(8, "little", signed=True)

    def luck(self) -> int:
        self.state["dice"] = self.state["dice"] * 5 % 31
        return self.state["dice"]

    def capture(self) -> dict[str, Any]:
        return {**self.state, "gems": list(self.state["gems"])}

    def restore(self, snapshot: dict[str, Any]) -> None:
        self.state.update({**snapshot, "gems": list(snapshot["gems"])})

    def digest(self, snapshot: dict[str, Any] | None = None) -> bytes:
        read = self.capture() if snapshot is None else snapshot
        return blake2b(repr(sorted(read.items())).encode(), digest_size=8).digest()

    def flatten(self, snapshot: dict[str, Any] | None = None) -> dict[str, object]:
        state = self.state if snapshot is None else snapshot
        fields = {name: value for name, value in state.items() if name != "gems"}
        return {**fields, **{f"gems[{i}]": gem for i, gem in enumerate(state.get("gems", ()))}}

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return len(data) == 1 and data[0] < 3


class ForgetsTheDice(Runner):
    def capture(self) -> dict[str, Any]:
        return {name: value for name, value in super().capture().items() if name != "dice"}


class ForgetsTheSpeedItWasGiven(Runner):
    """The forgotten field has no effect of its own until the next frame."""

    def step(self, inputs: Sequence[bytes]) -> bytes:
        self.state["x"] += self.state["speed"]  # last frame's
        return super().step(inputs)

    def capture(self) -> dict[str, Any]:
        return {name: value for name, value in super().capture().items() if name != "speed"}


class SharesTheGems(Runner):
    def capture(self) -> dict[str, Any]:
        return dict(self.state)

    def restore(self, snapshot: dict[str, Any]) -> None:
        self.state = dict(snapshot)


class LuckFromOutside(Runner):
    outside = Random(3)

    def luck(self) -> int:
        return self.outside.randrange(1, 7)


class CountsItsOwnSteps(Runner):
    """Something hidden takes part in the step, from the fifth on."""

    steps = 0

    def step(self, inputs: Sequence[bytes]) -> bytes:
        self.steps += 1
        outcome = super().step(inputs)
        return outcome if self.steps < 5 else outcome + bytes([self.steps % 256])


class RemembersTheFurthest(Runner):
    """A record that only ever grows: the right inputs played again leave it as it is."""

    furthest = 0

    def step(self, inputs: Sequence[bytes]) -> bytes:
        outcome = super().step(inputs)
        self.furthest = max(self.furthest, self.state["x"])
        return outcome + self.furthest.to_bytes(8, "little")


class LuckThatDoesNotShow(LuckFromOutside):
    def step(self, inputs: Sequence[bytes]) -> bytes:
        super().step(inputs)
        return b""


class ForgetsWhatTheNextStepOverwrites(Runner):
    """No frame comes out differently; but what is seen after a rollback is not what was there."""

    def capture(self) -> dict[str, Any]:
        return {name: value for name, value in super().capture().items() if name != "speed"}

    def digest(self, snapshot: dict[str, Any] | None = None) -> bytes:
        return super().digest(self.state if snapshot is None else snapshot)


def pressed(seed: int = 1) -> Iterator[list[bytes]]:
    rng = Random(seed)
    while True:
        yield [bytes([rng.randrange(3)])]


def judged(game: Runner, frames: int = 60, window: int = 8):
    return SyncTestSession(game, window).run(
        inputs for inputs, _ in zip(pressed(), range(frames), strict=False)
    )


def test_an_honest_simulation_is_exact_at_every_depth():
    game = Runner()
    result = judged(game)
    assert result.ok
    assert result.fault is None
    assert (result.frames, result.rollbacks) == (60, 60)
    assert result.depths == tuple(range(1, 9))
    plain = Runner()
    for inputs, _ in zip(pressed(), range(60), strict=False):
        plain.step(inputs)
    assert game.state == plain.state, "and ends where plain play ends"


def test_the_replayed_frames_are_counted():
    result = judged(Runner(), frames=16, window=4)
    assert result.replayed_frames == 4 * (1 + 2 + 3 + 4)


def test_a_forgotten_field_is_named():
    fault = judged(ForgetsTheDice()).fault
    assert fault is not None
    assert (fault.path, fault.frame, fault.depth, fault.replayed) == ("dice", 0, 1, 0)
    assert fault.first == "7"
    assert str(fault) == f"dice: 7 != {fault.again} (the state before frame 0, after a rollback of 1 frame)"


@pytest.mark.parametrize(
    ("game", "path", "while_replaying"),
    [
        (ForgetsTheSpeedItWasGiven, "speed", None),  # though another field shows it
        (LuckThatDoesNotShow, "x", True),  # though no outcome differs
        (ForgetsWhatTheNextStepOverwrites, "speed", False),  # though every frame comes out right
        (CountsItsOwnSteps, "outcome", None),  # though no field differs
    ],
)
def test_what_hides_is_named(game, path, while_replaying):
    fault = judged(game()).fault
    assert fault is not None
    assert fault.path == path
    assert fault.first != fault.again
    assert while_replaying is None or (fault.replayed > 0) is while_replaying


def test_a_list_shared_between_snapshots_is_named():
    fault = judged(SharesTheGems()).fault
    assert fault is not None
    assert fault.path.startswith("gems[")
    assert fault.first == "(absent)"
    assert fault.replayed == 0
    first_gem = next(frame for frame, inputs in enumerate(pressed()) if inputs[0][0] == 2)
    assert fault.frame <= first_gem < fault.frame + fault.depth


def test_luck_from_outside_is_named_at_the_frame_that_drew_it():
    fault = judged(LuckFromOutside()).fault
    assert fault is not None
    assert fault.path == "x"
    assert fault.replayed > 0
    moved = next(frame for frame, inputs in enumerate(pressed()) if inputs[0][0] != 1)
    assert fault.frame >= moved


def test_frames_played_astray_find_what_the_right_inputs_hide():
    right, wrong = pressed(), pressed(2)
    assert judged(RemembersTheFurthest(), 1).ok, "one frame, right both times"
    session = SyncTestSession(RemembersTheFurthest(), window=1)
    while session.result.ok and session.frame < 60:
        session.advance(next(right), [next(wrong) for _ in range(4)])
    assert session.result.fault is not None
    assert session.result.fault.path == "outcome"


def test_every_window_is_covered_and_memory_stays_within_it():
    for window in (1, 3, 60):
        session = SyncTestSession(Runner(), window)
        result = session.run(inputs for inputs, _ in zip(pressed(), range(130), strict=False))
        assert result.ok
        assert result.depths == tuple(range(1, window + 1))
        assert len(session._snapshots) <= window
        assert len(session._plays) <= window + 1


def test_after_a_fault_there_is_nothing_left_to_compare_with():
    session = SyncTestSession(ForgetsTheDice())
    session.run(inputs for inputs, _ in zip(pressed(), range(9), strict=False))
    assert session.frame == 1, "it stopped at the first fault"
    with pytest.raises(LocalProtocolError, match="dice: 7 !="):
        session.advance([b"\1"])


@pytest.mark.parametrize(("window", "depths"), [(0, None), (61, None), (8, (3, 0)), (8, (99,))])
def test_depths_are_those_that_a_match_may_have(window, depths):
    with pytest.raises(ConfigError, match="1 to 60 frames"):
        SyncTestSession(Runner(), window, depths)


@pytest.mark.parametrize(
    ("first", "again", "path"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1}, {"a": 2}, "a"),
        ({"a": 1}, {"a": True}, "a"),
        ({"a": 0.0}, {"a": -0.0}, "a"),
        ({"a": float("nan")}, {"a": float("nan")}, None),
        ({"a": None}, {}, None),
        ({}, {"a": None}, None),
        ({"a[0]": None}, {}, "a[0]"),
        ({}, {"a": 1}, "a"),
        ({"a": 1, "b": 1}, {"b": 2, "a": 1}, "b"),
    ],
)
def test_differences_are_found_and_looks_are_not_accused(first, again, path):
    found = first_difference(first, again)
    assert (found and found[0]) == path
