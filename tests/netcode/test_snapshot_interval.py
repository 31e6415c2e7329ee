"""The snapshot interval: which is chosen, and that it is never dearer than saving every frame."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcode.snapshot_interval import INTERVALS, LOOK_EVERY, MOST, OVERDRAFT, Costs, SnapshotInterval

CHEAP, MEDIUM, DEAR = Costs(5e-5, 2e-5, 5e-4), Costs(2e-4, 5e-5, 1e-4), Costs(4e-3, 1e-3, 2e-4)


def told(saving: SnapshotInterval, taken: bool) -> None:
    """One is due, and taken or not."""
    saving.due += 1
    if not taken:
        saving.spare()


def after(
    costs: Costs | None, rollback_every: int, depth: int = 3, frames: int = 4 * LOOK_EVERY, **more: object
) -> SnapshotInterval:
    """A plain course: a rollback every so many frames, 0: none."""
    saving = SnapshotInterval(**{"window": 8, "fps": 60.0, "fast": False} | more)
    if costs is not None:
        saving.measured(costs)
    rng = Random(1)
    for frame in range(frames):
        saving.frame()
        told(saving, frame % saving.interval == 0)
        if rollback_every and frame % rollback_every == 0:
            saving.rollback(rng.randrange(saving.interval))
            for replayed in range(depth):
                told(saving, replayed % saving.interval == 0)
    return saving


@pytest.mark.parametrize(
    ("costs", "rollback_every", "more", "interval"),
    [
        (None, 2, {}, 1),
        (CHEAP, 2, {}, 1),
        (CHEAP, 0, {}, 1),  # would gain next to nothing of a frame of 16 ms
        (MEDIUM, 2, {}, 4),
        (DEAR, 2, {}, 8),
        (DEAR, 2, {"window": 2}, 2),
        (DEAR, 2, {"window": 0}, 1),
        (Costs(4e-3, 1e-3, 2e-3), 0, {}, 2),  # a rollback must not take a noticeable time more
        (MEDIUM, 2, {"fps": 15.0}, 1),
        (CHEAP, 0, {"fast": True}, 8),
    ],
)
def test_what_is_chosen(costs, rollback_every, more, interval):
    assert after(costs, rollback_every, **more).interval == interval


def test_each_interval_divides_the_next():
    assert all(b % a == 0 for a, b in pairwise(INTERVALS))


@settings(max_examples=100, deadline=None)
@given(
    capture=st.floats(1e-6, 1e-2),
    step=st.floats(1e-6, 4e-3),
    phases=st.lists(st.tuples(st.integers(0, 500), st.sampled_from([0.0, 0.02, 0.5, 1.0])), max_size=6),
    unlucky=st.booleans(),
    fast=st.booleans(),
)
def test_whatever_happens_the_work_is_not_more_than_that_of_every_frame(capture, step, phases, unlucky, fast):
    """`unlucky`: every rollback begins as far back as can be."""
    saving, rng = SnapshotInterval(8, 60.0, fast), Random(3)
    saving.measured(Costs(capture, capture, step))
    for frames, rollbacks in phases:
        for frame in range(frames):
            saving.frame()
            told(saving, frame % saving.interval == 0)
            if rng.random() < rollbacks:
                saving.rollback(saving.interval - 1 if unlucky else rng.randrange(saving.interval))
    assert saving.extra * step <= saving.spared * capture + OVERDRAFT + MOST * step


def test_overdrawn_it_saves_every_frame_to_the_end():
    saving = after(DEAR, 0)
    assert saving.interval == 8
    while saving.interval > 1:
        saving.rollback(7)
    saving.measured(DEAR)
    for _ in range(4 * LOOK_EVERY):
        saving.frame()
        told(saving, True)
    assert saving.interval == 1


def test_what_is_nearly_as_good_changes_nothing():
    saving = after(MEDIUM, 2)
    assert saving.interval == 4
    saving.measured(Costs(2.2e-4, 5e-5, 0.9e-4))
    for frame in range(2 * LOOK_EVERY):
        saving.frame()
        told(saving, frame % 4 == 0)
        told(saving, frame % 4 == 1)
        if frame % 2:
            saving.rollback(1)
    assert saving.interval == 4
