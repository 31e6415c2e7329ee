"""A peer plays its own confirmed inputs again beside the match, and learns whether it left the game."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from netcode.confirmed_frame import ConfirmedFrame
from netcode.desync.self_check import SelfCheck
from netcode.episodes import EpisodeStart
from netcode.errors import GameError
from netcode.limits import DIGEST_BYTES
from netcode.simulator.game import HIGHEST_INPUT, MixingGame
from netcode.simulator.reference import play_reference
from netcode.wire.desync_packets import Judgement

INTERVAL = 10
EPISODE = 35  # frames


def game(**kind: bool) -> MixingGame:
    return MixingGame(2, 7, episode_frames=EPISODE, **kind)


def played(frames: int = 100) -> list[ConfirmedFrame]:
    rng = Random(1)
    inputs = [[bytes([rng.randrange(HIGHEST_INPUT)]) for _ in range(2)] for _ in range(frames)]
    return list(play_reference(game(), inputs, INTERVAL, frames))


def check(index: int, start: EpisodeStart, ours: bytes | None = None) -> SelfCheck:
    frames = played()
    digests = [bytes(DIGEST_BYTES), *(frame.digest for frame in frames if frame.digest is not None)]

    def inputs(frame: int) -> Sequence[bytes]:
        return frames[frame].inputs

    first = index * INTERVAL
    end = first + INTERVAL
    return SelfCheck(start, first, end, inputs, digests[index], ours or digests[index + 1])


def judged(asked: SelfCheck, beside: MixingGame, frames: int = 3) -> tuple[Judgement | None, int]:
    """What it says, and after how many ticks. The match goes on meanwhile."""
    for tick in range(1, 200):
        before = beside.state
        asked.work(beside, frames)
        assert beside.state == before
        if asked.judgement is not None:
            return asked.judgement, tick
        beside.step([b"\1", b"\2"])
    return None, 200


@pytest.mark.parametrize("index", [0, 1, 2])
def test_what_the_inputs_lead_to_is_right(index: int) -> None:
    assert judged(check(index, EpisodeStart(0, 0)), game()) == (Judgement.RIGHT, -(-10 * (index + 1) // 3))


def test_anything_else_is_wrong() -> None:
    assert judged(check(2, EpisodeStart(0, 0), b"another!"), game())[0] is Judgement.WRONG


@pytest.mark.parametrize(("index", "start"), [(3, (0, 0)), (4, (35, 1)), (6, (35, 1)), (7, (70, 2))])
def test_it_begins_with_an_episode_and_may_cross_its_end(index: int, start: tuple[int, int]) -> None:
    assert judged(check(index, EpisodeStart(*start)), game())[0] is Judgement.RIGHT


def test_from_another_beginning_it_is_not_right() -> None:
    assert judged(check(4, EpisodeStart(36, 1)), game())[0] is Judgement.WRONG


def test_states_that_cannot_be_put_back_are_waited_for_or_played_past() -> None:
    for index in range(3):
        assert judged(check(index, EpisodeStart(0, 0)), game(forgetful=True), 1)[0] is Judgement.RIGHT


def test_a_game_that_fails_cannot_tell() -> None:
    class Failing(MixingGame):
        def step(self, inputs: Sequence[bytes]) -> bytes:
            if self.state[2] == 20:
                raise GameError("broken")
            return super().step(inputs)

    asked, beside = check(2, EpisodeStart(0, 0)), Failing(2, 7)
    before = beside.state
    asked.work(beside, 100)
    assert asked.judgement is Judgement.UNKNOWN
    assert beside.state == before
