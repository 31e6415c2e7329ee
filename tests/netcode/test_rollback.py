"""Law 2 and law 3: whatever order inputs arrive in, the confirmed game is the straight one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcode.errors import GameError, LocalProtocolError
from netcode.prediction import PREDICTORS
from netcode.rollback import Rollback
from netcode.simulation import readable_state
from netcode.simulator.game import HIGHEST_INPUT, STICKS, MixingGame
from netcode.timeline import Timeline

DEFAULT = b"\0"


class Recorder(MixingGame):
    """Notes what is asked of it, so that the order can be judged."""

    def __init__(
        self, players: int, seed: int = 1, *, brittle: bool = False, forgetful: bool = False
    ) -> None:
        frames = 70 if forgetful else 7
        super().__init__(players, seed, frames, brittle=brittle, forgetful=forgetful)
        self.calls: list[str] = []

    def step(self, inputs):
        self.calls.append("step")
        return super().step(inputs)

    def capture(self):
        self.calls.append("capture")
        return super().capture()

    def restore(self, snapshot):
        self.calls.append("restore")
        super().restore(snapshot)

    def taken(self) -> list[str]:
        calls, self.calls = self.calls, []
        return calls


def rollback(players: int, window: int, delay: int = 0, prediction: str = "repeat-last", interval: int = 5):
    predictor = PREDICTORS[prediction]
    timelines = [Timeline(DEFAULT, delay, predictor(DEFAULT)) for _ in range(players)]
    return Rollback(timelines, window, interval)


def reference(inputs: list[list[bytes]], **trait):
    game = Recorder(len(inputs[0]) if inputs else 1, **trait)
    outcomes, digests = [], []
    for frame in inputs:
        digests.append(game.digest())
        outcomes.append(game.step(frame))
    return outcomes, [*digests, game.digest()]


@st.composite
def plays(draw):
    """Per slot: the inputs, and the tick at which each arrives (in order, as a link gives them)."""
    slots, frames = draw(st.integers(2, 4)), draw(st.integers(1, 40))
    inputs = st.lists(st.integers(0, HIGHEST_INPUT), min_size=frames, max_size=frames)
    gaps = st.lists(st.sampled_from([0, 0, 0, 1, 1, 1, 2, 5, 12]), min_size=frames, max_size=frames)
    return (
        [draw(inputs) for _ in range(slots)],
        [draw(gaps) for _ in range(slots)],
        draw(st.integers(0, 9)),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(["repeat-last", "default"])),
        draw(st.lists(st.sampled_from([1, 1, 2, 4, 8]), min_size=1, max_size=5)),
        draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(plays(), st.sampled_from(["", "", "brittle", "forgetful"]))
def test_every_order_of_arrival_ends_in_the_straight_game(play, trait):
    """Frames that fail on guesses, and states that cannot be put back, change nothing of it."""
    said, gaps, window, delay, prediction, intervals, evidence = play
    slots, frames = len(said), len(said[0])
    traits = {trait: True} if trait else {}
    if trait:
        press_nothing_twice_that_sticks(said)
    true = [
        [bytes([said[s][f - delay]]) if f >= delay else DEFAULT for s in range(slots)] for f in range(frames)
    ]
    outcomes, digests = reference(true, **traits)
    core, game = rollback(slots, window, delay, prediction), Recorder(slots, **traits)
    core.keeps_evidence = evidence and not trait
    due = [[sum(gaps[s][: f + 1]) for f in range(frames)] for s in range(slots)]
    handed_out = tick = 0
    while handed_out < frames:
        for slot, line in enumerate(core.timelines):
            while line.confirmed < frames and due[slot][line.confirmed - delay] <= tick:
                line.confirm(true[line.confirmed][slot])
        core.saving.interval = intervals[tick // 7 % len(intervals)]
        if trait:
            core.reconcile(game)
        else:
            mend(core, game, max(intervals))
        for frame in range(handed_out, min(core.confirmed, core.frame)):
            assert core.outcomes.pop(frame) == outcomes[frame]
            handed_out += 1
            if handed_out % 5 == 0:
                held = core.snapshots.holds(handed_out)
                state = core.snapshots.before(handed_out) if held else readable_state(game)
                assert held or core.frame == handed_out
                assert game.digest(state) == digests[handed_out]
            for line in core.timelines:
                line.forget_before(core.kept_from(handed_out))
        if core.may_advance and core.frame < frames:
            core.advance(game)
        assert core.failure is None
        assert core.frame - core.confirmed <= window, "law 3"
        assert all(handed_out <= frame < core.frame for frame in core.outcomes), "handed out once"
        tick += 1
        assert tick <= max(line[-1] for line in due) + frames + 2, "it waits no longer than for the inputs"
    assert core.frame == frames
    assert game.digest() == digests[frames]


def mend(core, game, longest):
    """One rollback, no deeper than need be, and to the present."""
    wrong = core.first_misprediction()
    assert core.first_misprediction() == wrong, "asking must not forget a misprediction"
    before, before_extra = core.frame, core.saving.extra
    game.taken()
    depth = core.reconcile(game)
    calls = game.taken()
    assert calls.count("restore") == (1 if depth else 0)
    extra = calls.count("step") - depth
    assert 0 <= extra < longest
    assert core.saving.extra - before_extra == extra
    assert depth == (0 if wrong is None else before - wrong)
    assert depth <= core.window
    assert core.first_misprediction() is None
    assert core.frame == before, "the present does not move in a rollback"


def press_nothing_twice_that_sticks(said):
    """The true game of a brittle one must not fail."""
    for line in said:
        for frame in range(1, len(line)):
            if line[frame] == line[frame - 1] == STICKS[0]:
                line[frame] = 0


def test_the_window_is_never_passed():
    core, game = rollback(2, window=3), Recorder(2)
    for _ in range(3):
        core.advance(game)
    assert not core.may_advance
    with pytest.raises(LocalProtocolError, match="past the window"):
        core.advance(game)
    core.timelines[0].confirm(b"\1")
    assert not core.may_advance, "the slowest slot counts"
    core.timelines[1].confirm(b"\1")
    assert core.may_advance


def test_lockstep_plays_confirmed_frames_only_and_keeps_their_states_as_evidence():
    core, game = rollback(1, window=0), Recorder(1)
    assert not core.may_advance
    core.timelines[0].confirm(b"\1")
    core.advance(game)
    assert game.taken() == ["capture", "step"]
    assert not core.may_advance


def test_a_rollback_inside_a_rollback_is_refused():
    core = rollback(1, window=8)

    class Nested(MixingGame):
        def restore(self, snapshot):
            core.reconcile(self)

    game = Nested(1, 1)
    core.advance(game)
    core.timelines[0].confirm(b"\5")
    with pytest.raises(LocalProtocolError, match="inside"):
        core.reconcile(game)


def test_a_state_that_was_sent_has_no_snapshots_before_it():
    core, game = rollback(1, window=8, interval=100), Recorder(1)
    core.saving.interval = 8
    core.advance(game)
    for _ in range(3):
        core.timelines[0].confirm(b"\0")
    core.skip_to(3)
    assert core.kept_from(3) == 3
    game.taken()
    core.advance(game)
    assert game.taken() == ["capture", "step"]


def test_a_step_that_raises_in_a_rollback_leaves_the_next_rollback_free():
    core, game = rollback(1, window=8), Recorder(1)
    core.advance(game)
    core.advance(game)
    core.timelines[0].confirm(b"\5")
    game.step = lambda inputs: 1 // 0
    with pytest.raises(ZeroDivisionError):
        core.reconcile(game)
    del game.step
    core.timelines[0].confirm(b"\4")
    assert core.reconcile(game) == 1


# ------------------------------------------------------------------ a game that fails


def stuck(inputs: bytes, confirmed: int, window: int = 8):
    """One slot, guessed to repeat its last input; so many of the inputs are known."""
    core, game = rollback(1, window), Recorder(1, brittle=True)
    for data in inputs[:confirmed]:
        core.timelines[0].confirm(bytes([data]))
    return core, game


def test_a_frame_that_fails_on_a_guess_is_put_back_and_waits_for_the_truth():
    core, game = stuck(b"\1\6", confirmed=2)
    assert [core.advance(game) for _ in range(3)] == [True, True, False]
    assert (core.frame, core.may_advance, core.failure) == (2, False, None)
    assert game.digest() == reference([[b"\1"], [b"\6"]])[1][2], "as before the frame that failed"
    assert core.reconcile(game) == 0
    core.timelines[0].confirm(b"\2")
    assert core.reconcile(game) == 0
    assert core.may_advance
    assert core.advance(game)
    assert core.timelines[0].mispredictions == 0, "what failed was never seen"


def test_a_rollback_that_fails_on_a_guess_moves_the_present_back_to_there():
    core, game = stuck(b"", confirmed=0)
    assert all(core.advance(game) for _ in range(6))
    core.timelines[0].confirm(b"\6")  # and guessed to be held from there on
    core.reconcile(game)
    assert (core.frame, core.may_advance) == (1, False)
    assert list(core.outcomes) == [0]
    assert game.digest() == reference([[b"\6"]])[1][1]


def test_another_past_may_bear_the_same_guess():
    """Slot 0 is known, and fails after what slot 1 was guessed to do: once that was otherwise, try again."""
    core, game = rollback(2, 8), Recorder(2)
    fails = [True]

    def step(inputs):
        if fails[0] and core.frame == 2:
            raise GameError("not so")
        return Recorder.step(game, inputs)

    game.step = step
    assert [core.advance(game) for _ in range(3)] == [True, True, False]
    assert not core.may_advance
    for line in core.timelines:
        line.confirm(b"\5")
    fails[0] = False
    assert core.reconcile(game) == 2
    assert core.advance(game)


@pytest.mark.parametrize("window", [0, 8])
def test_a_frame_that_fails_with_the_true_inputs_is_a_failure_of_the_game(window):
    core, game = stuck(b"\1\6\6\1", confirmed=4, window=window)
    assert [core.advance(game) for _ in range(3)] == [True, True, False]
    assert str(core.failure) == "a button is stuck"
    assert (core.frame, core.may_advance) == (2, False)
    assert list(core.outcomes) == [0, 1]


def test_a_truth_that_fails_within_a_rollback_is_a_failure_of_the_game():
    core, game = stuck(b"", confirmed=0)
    assert all(core.advance(game) for _ in range(6))
    for data in b"\1\6\6":
        core.timelines[0].confirm(bytes([data]))
    core.reconcile(game)
    assert (core.frame, core.may_advance, str(core.failure)) == (2, False, "a button is stuck")
    assert game.digest() == reference([[b"\1"], [b"\6"]])[1][2]


def test_a_guess_that_could_not_be_taken_back_is_not_played():
    core, game = rollback(1, window=8, interval=30), Recorder(1, forgetful=True)
    game.state = (2**63, 0, 40, 0)
    assert core.advance(game)  # into a state that cannot be put back
    assert not core.advance(game)
    assert (core.frame, core.may_advance) == (1, False)
    assert "cannot be put back" in core.unremembered
    core.timelines[0].confirm(b"\3")  # another than was guessed: the frame before is taken back all the same
    assert core.reconcile(game) == 1
    core.timelines[0].confirm(b"\3")
    assert core.may_advance
    assert core.advance(game)
    game_again = Recorder(1, forgetful=True)
    game_again.state = (2**63, 0, 40, 0)
    assert [core.outcomes[frame] for frame in (0, 1)] == [game_again.step([b"\3"]) for _ in range(2)]
