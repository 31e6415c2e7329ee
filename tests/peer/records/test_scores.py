"""Rewards and ends of episodes are those of the confirmed frames, and of no others."""

from __future__ import annotations

import json

import pytest

from netcode.confirmed_frame import ConfirmedFrame
from peer.records.scores import Scores, standing
from peer.simulation.environment_simulation import Outcome


class Game:
    """An outcome is told by its number: two players, episodes of ten frames, a pause of one frame."""

    def decode_outcome(self, data: bytes) -> Outcome:
        frame = data[0]
        episode, at = divmod(frame, 11)
        last = at == 9
        return Outcome((1.0, 0.5 * at), (last, False), (False, False), episode, last, at == 10)


def frames(first: int, end: int, skipped: int = 0) -> list[ConfirmedFrame]:
    return [
        ConfirmedFrame(frame, (b"", b""), None if frame < skipped else bytes([frame]), None)
        for frame in range(first, end)
    ]


def test_two_episodes_and_a_half() -> None:
    scores = Scores(Game(), 2)
    for first in range(0, 25, 5):
        scores.add(frames(first, first + 5))
    report = scores.report()
    assert (report["from_frame"], report["frames"], report["episodes_ended"]) == (0, 25, 2)
    assert report["total"] == [10.0 + 10.0 + 3.0, 22.5 + 22.5 + 1.5]
    assert report["episodes"] == [
        {"episode": n, "frames": 10, "score": [10.0, 22.5], "ended": ["terminated", "went on"]}
        for n in (0, 1)
    ]
    assert report["unfinished"] == {"episode": 2, "frames": 3, "score": [3.0, 1.5]}


def test_what_may_still_turn_out_otherwise_waits() -> None:
    scores = Scores(Game(), 2)
    scores.add(frames(0, 8), final=5)
    assert scores.report()["frames"] == 5
    scores.add((), final=7)  # the match ends so: frame 7 is nobody's
    assert scores.report()["total"] == [7.0, 0.5 * 21]


def test_a_late_comer_counts_from_where_it_came() -> None:
    scores = Scores(Game(), 2)
    scores.add(frames(0, 6, skipped=4))
    assert (scores.report()["from_frame"], scores.report()["total"][0]) == (4, 2.0)


def test_a_reward_that_is_no_number_is_still_json() -> None:
    class Odd(Game):
        def decode_outcome(self, data: bytes) -> Outcome:
            return Outcome((float("nan"), float("inf")), (False,) * 2, (False,) * 2, 0, False)

    scores = Scores(Odd(), 2)
    scores.add(frames(0, 2))
    assert json.loads(json.dumps(scores.report(), allow_nan=False))["total"] == [None, None]


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ([3, 1], "ann wins, 3 to 1"),
        ([-2.5, -1], "bob wins, -1 to -2.5"),
        ([2, 2], "a draw, 2 each"),
        ([0, 0], ""),
        ([1, None], ""),
        ([12345678, 1], "ann wins, 12,345,678 to 1"),
    ],
)
def test_who_is_ahead(scores: list[float | None], says: str) -> None:
    assert standing(["ann", "bob"], scores) == says


def test_who_is_ahead_of_one_and_of_three() -> None:
    assert standing(["ann"], [7.25]) == "7.25"
    assert standing(["ann", "bob", "cleo"], [5, 5, 1]) == "ann and bob win, 5 to 5 to 1"


def test_the_standing_is_that_of_the_whole_match_only() -> None:
    scores = Scores(Game(), 2)
    scores.add(frames(0, 11))
    assert scores.standing(("ann", "bob")) == "bob wins, 22.5 to 10"
    late = Scores(Game(), 2)
    late.add(frames(0, 11, skipped=4))
    assert late.standing(("ann", "bob")) == ""
