"""The process-wide RNGs: exact, and cheap only when that is safe."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from peer.simulation.entropy.process_rng import (
    GameRngs,
    WatchedRng,
    capture_process_rngs,
    restore_process_rngs,
    seed_process_rngs,
)

DRAWS: list[Callable[[], Any]] = [
    random.random,
    lambda: random.gauss(0, 1),
    lambda: random.shuffle([1, 2, 3]),
    np.random.random,
    np.random.randn,
    lambda: np.random.randint(9),
    lambda: np.random.permutation(5).tolist(),
]


@pytest.fixture(autouse=True)
def _others_keep_their_state() -> Any:
    python, numpy = random.getstate(), np.random.get_state()
    yield
    random.setstate(python)
    np.random.set_state(numpy)


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("before", range(3))
def test_every_draw_is_remembered_and_undone(draw: Callable[[], Any], before: int) -> None:
    seed_process_rngs(2**63 + 5)
    for _ in range(before):
        draw()
    capture_process_rngs()  # a look that is kept must not hide the next change
    draw()
    saved = capture_process_rngs()
    expected = [repr(one()) for one in DRAWS * 3]
    restore_process_rngs(saved)
    assert [repr(one()) for one in DRAWS * 3] == expected


def test_a_whole_block_of_the_twister_is_undone() -> None:
    saved = capture_process_rngs()
    expected = [random.random() for _ in range(2000)] + np.random.random(2000).tolist()
    restore_process_rngs(saved)
    assert [random.random() for _ in range(2000)] + np.random.random(2000).tolist() == expected


def test_the_two_are_not_alike() -> None:
    seed_process_rngs(7)
    assert random.random() != np.random.random()


def test_nothing_is_asked_while_nothing_changes() -> None:
    asked = []
    state = [1]
    watched = WatchedRng(lambda: state[0], lambda: asked.append(1) or state[0], lambda _: None)
    for _ in range(3):
        watched.capture()
    state[0] = 2
    watched.capture()
    assert len(asked) == 2


def test_without_a_look_it_is_asked_each_time() -> None:
    state = [1]
    watched = WatchedRng(lambda: None, lambda: state[0], lambda value: state.__setitem__(0, value))
    saved = watched.capture()
    state[0] = 2
    assert watched.capture()[1] == 2
    watched.restore(saved)
    assert state[0] == 1


def test_the_game_and_others_do_not_share_dice() -> None:
    seed_process_rngs(1)
    game = GameRngs()
    undisturbed = random.Random(1)
    others = []
    for _ in range(10):
        with game:
            assert random.random() == undisturbed.random()
        others.append(random.random())
    assert len(set(others)) == 10


def test_a_game_that_is_alone_leaves_its_dice_in_place() -> None:
    seed_process_rngs(1)
    game = GameRngs()
    undisturbed = random.Random(1)
    random.random()  # somebody else's
    with game:
        assert random.random() == undisturbed.random()
    game.be_alone()
    expected = random.Random()
    expected.setstate(undisturbed.getstate())
    assert random.getstate() == expected.getstate()
    with game:
        assert random.random() == undisturbed.random()
    assert random.getstate() == undisturbed.getstate(), "nobody else's are put back"
