"""What this player did in like contexts is expected again; what cannot be known is left as it is."""

from __future__ import annotations

from itertools import cycle, islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from netcode.limits import LEARNED_CONTEXTS, LEARNED_INPUTS
from netcode.prediction import Learned, Predictor, RepeatLast
from netcode.simulator.presses import STYLES, record
from netcode.timeline import Timeline

NOTHING = b"\0"
JAB = [b"p"] * 5 + [NOTHING] * 9
COMBO = [b"d"] * 4 + [b"e"] * 4 + [b"r"] * 3 + [b"p"] * 6 + [NOTHING] * 20


def taught(inputs: list[bytes]) -> Learned:
    guess = Learned(NOTHING)
    for data in inputs:
        guess.learn(data)
    return guess


def wrong_frames(predictor: Predictor, inputs: list[bytes], delay: int) -> int:
    """Frames played wrong when new, each input known `delay` frames late."""
    line = Timeline(NOTHING, 0, predictor)
    for frame in range(len(inputs)):
        if frame >= delay:
            line.confirm(inputs[frame - delay])
        while (first := line.first_misprediction()) is not None:
            for again in range(first, frame):
                line.use(again)
        line.use(frame)
        line.forget_before(line.confirmed)
    return line.mispredictions


def test_an_unknown_player_is_expected_to_hold_on():
    guess = taught([NOTHING] * 30 + [b"a"] * 3)
    assert [guess.predict(ahead) for ahead in (1, 8, 60)] == [b"a"] * 3


def test_a_release_is_expected_when_presses_end():
    guess = taught(JAB * 20 + [b"p"] * 2)
    assert [guess.predict(ahead) for ahead in range(1, 8)] == [b"p"] * 3 + [NOTHING] * 4


def test_the_press_after_the_release_is_expected_too():
    guess = taught(JAB * 20 + [b"p"] * 4)
    assert [guess.predict(ahead) for ahead in (1, 2, 9, 12, 14)] == [b"p", NOTHING, NOTHING, b"p", b"p"]


def test_a_combo_is_expected_to_the_frame():
    guess = taught(COMBO * 15 + [b"d"] * 3)
    assert [guess.predict(ahead) for ahead in range(1, 6)] == [b"d", b"e", b"e", b"e", b"e"]
    guess = taught(COMBO * 15 + [b"d"] * 4 + [b"e"] * 3)
    assert [guess.predict(ahead) for ahead in range(1, 9)] == [b"e"] + [b"r"] * 3 + [b"p"] * 4


def test_the_closer_context_decides():
    """After `a` comes `x`, after `b` comes `y`, both after the same press of `m`."""
    both = ([b"a"] * 6 + [b"m"] * 4 + [b"x"] * 6) + ([b"b"] * 6 + [b"m"] * 4 + [b"y"] * 6)
    assert taught(both * 20 + [b"a"] * 6 + [b"m"] * 3).predict(3) == b"x"
    assert taught(both * 20 + [b"b"] * 6 + [b"m"] * 3).predict(3) == b"y"


def test_a_key_never_pressed_before_is_expected_to_be_let_go_like_others():
    guess = taught(JAB * 20 + [b"k"] * 3)
    assert [guess.predict(ahead) for ahead in (1, 6)] == [b"k", NOTHING]


def test_a_hold_longer_than_all_that_were_seen_is_held_on():
    guess = taught(JAB * 20 + [b"p"] * 200)
    assert [guess.predict(ahead) for ahead in (1, 8)] == [b"p", b"p"]


def test_a_change_of_habits_is_followed():
    longer = [b"p"] * 15 + [NOTHING] * 9
    assert taught(JAB * 10 + longer * 60 + [b"p"] * 5).predict(3) == b"p"


def test_many_different_inputs_are_not_learned_from_but_repeated():
    stick = [n.to_bytes(4, "little") for n in range(LEARNED_INPUTS)]
    guess = taught(JAB * 20 + stick + JAB * 20 + [b"p"] * 4)
    assert [guess.predict(ahead) for ahead in (1, 5)] == [b"p", b"p"]
    assert guess.contexts == 0


def test_memory_has_a_limit_and_the_oldest_is_forgotten():
    rng = Random(1)
    guess = Learned(NOTHING)
    most = 0
    for _ in range(20_000):
        guess.learn(bytes([rng.randrange(60)]))
        most = max(most, guess.contexts)
    assert LEARNED_CONTEXTS < most <= 2 * LEARNED_CONTEXTS
    for data in JAB * 20 + [b"p"] * 4:
        guess.learn(data)
    assert guess.predict(2) == NOTHING, "it goes on learning"


def test_one_slot_can_be_predicted_differently_by_two_peers_and_both_are_mended():
    said = list(islice(cycle(COMBO), 400))
    lines = [Timeline(NOTHING, 0, predictor) for predictor in (Learned(NOTHING), RepeatLast(NOTHING))]
    for line in lines:
        for frame in range(len(said)):
            line.use(frame)
            line.confirm(said[frame])
            if line.first_misprediction() is not None:
                line.use(frame)
        assert line.first_misprediction() is None
        assert [line.inputs[frame] for frame in range(len(said))] == said


@given(st.lists(st.tuples(st.sampled_from([b"\0", b"a", b"b", b"c"]), st.integers(1, 9)), max_size=60))
def test_only_what_was_confirmed_before_is_ever_predicted(runs):
    """Another input might be none that the game takes."""
    guess, seen = Learned(NOTHING), {NOTHING}
    for data, frames in runs:
        for _ in range(frames):
            guess.learn(data)
            seen.add(data)
            assert {guess.predict(ahead) for ahead in (1, 2, 5, 9, 60)} <= seen


@given(st.integers(0, 2**32), st.sampled_from(STYLES))
def test_asking_changes_nothing(seed, style):
    asked, left_alone = Learned(NOTHING), Learned(NOTHING)
    for data in record(style, Random(seed), 300):
        asked.learn(data)
        left_alone.learn(data)
        for ahead in (8, 1, 60):
            asked.predict(ahead)
    assert [asked.predict(a) for a in range(1, 61)] == [left_alone.predict(a) for a in range(1, 61)]


def test_random_inputs_cost_no_more_than_with_repeat_last():
    rng = Random(5)
    noise = [bytes([rng.randrange(6)]) for _ in range(3000)]
    learned, repeated = (wrong_frames(make(NOTHING), noise, 4) for make in (Learned, RepeatLast))
    assert learned < repeated * 1.02


def test_at_least_a_fifth_fewer_frames_are_wrong_than_with_repeat_last():
    """All styles together, three minutes of a new person each; `tests/bench` has the whole table."""
    learned = repeated = 0
    for style in STYLES:
        inputs = record(style, Random(11), 3 * 3600)
        for delay in (4, 7):
            learned += wrong_frames(Learned(NOTHING), inputs, delay)
            repeated += wrong_frames(RepeatLast(NOTHING), inputs, delay)
    assert learned < 0.8 * repeated
