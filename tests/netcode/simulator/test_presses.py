"""Made-up players press as the published figures say."""

from __future__ import annotations

from itertools import groupby
from random import Random
from statistics import mean

import pytest

from netcode.simulator.presses import FIRST, FPS, STYLES, record

MINUTE = 60 * FPS


def runs(inputs: list[bytes]) -> list[tuple[int, int]]:
    """(byte, frames) of each stretch of equal inputs."""
    return [(data[0], len(list(group))) for data, group in groupby(inputs)]


@pytest.mark.parametrize("style", STYLES)
def test_one_seed_is_one_recording_and_one_person(style):
    first, again, other = (record(style, Random(seed), MINUTE) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(first) == MINUTE
    assert {len(data) for data in first} == {1}


@pytest.mark.parametrize("style", STYLES)
def test_people_press_a_few_times_a_second(style):
    changes = mean(len(runs(record(style, Random(seed), MINUTE))) for seed in range(8)) / 60
    assert 1 < changes < 10


def test_typists_press_as_long_and_as_often_as_measured():
    lengths, keys = [], 0
    for seed in range(40):
        found = [frames / FPS for key, frames in runs(record("typist", Random(seed), MINUTE)) if key]
        keys += len(found)
        lengths += found
    assert 0.09 < mean(lengths) < 0.13, "116 ms, less what the next key cuts off"
    assert 2.5 < keys / (40 * 60) < 5, "one key in 239 ms, and pauses"


def test_nobody_mashes_faster_than_a_finger_can():
    for seed in range(20):
        found = runs(record("fighter", Random(seed), MINUTE))
        taps = [frames for key, frames in found if key == FIRST]
        assert min(taps) >= 2
