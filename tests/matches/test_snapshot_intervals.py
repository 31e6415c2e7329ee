"""Whole matches in which snapshots are taken every few frames only, more or fewer as it goes."""

from __future__ import annotations

from dataclasses import fields

import pytest
from poking import drifting
from staged import CHAOS, WAN_BAD, expect_a_good_match, play, rollbacks, settings

from netcode.events import Desync
from netcode.prediction import PREDICTORS
from netcode.session import PlayerSession
from netcode.simulator.claims import is_all_of
from netcode.simulator.game import MixingGame
from netcode.simulator.match import Faults, VirtualMatch
from netcode.snapshot_interval import INTERVALS, Costs


class Restless(PlayerSession):
    """Changes the interval now and then."""

    def reconcile(self) -> int:
        turn = (self.frame // 23 + 3 * self.slots[0]) % 7
        self.saving.interval = INTERVALS[min(turn, 6 - turn)]
        return super().reconcile()


class Dear(PlayerSession):
    """Of a game whose state takes long to capture."""

    def reconcile(self) -> int:
        self.saving.measured(Costs(4e-3, 1e-3, 1e-4))
        return super().reconcile()


@pytest.mark.parametrize("window", [0, 1, 8, 30])
@pytest.mark.parametrize("prediction", PREDICTORS)
def test_the_same_true_game(window: int, prediction: str) -> None:
    for seed in range(3):
        chosen = settings(2 + seed, 300, seed=seed, window=window, prediction=prediction)
        match = play(chosen, CHAOS, ordered=False, hold=0.6, session_type=Restless)
        expect_a_good_match(match)
        assert (rollbacks(match) > 10) == (window > 0)
        assert window == 0 or any(peer.session.saving.extra for peer in match.peers)


@pytest.mark.parametrize("digest_interval", [1, 7, 600])
def test_with_any_digest_interval(digest_interval: int) -> None:
    chosen = settings(3, 300, digest_interval=digest_interval)
    expect_a_good_match(play(chosen, WAN_BAD, session_type=Restless))


def test_predictions_are_the_same_and_so_is_all_that_was_confirmed() -> None:
    every, some = (play(settings(2, 400, seed=6), WAN_BAD, session_type=t) for t in (PlayerSession, Restless))
    for one, other in zip(every.peers, some.peers, strict=True):
        assert one.confirmed == other.confirmed
        assert one.depths == other.depths
        assert one.session.mispredictions == other.session.mispredictions
    for field in fields(every.peers[0].session.stats):
        if field.name != "replayed_frames":
            figures = [getattr(m.peers[0].session.stats, field.name) for m in (every, some)]
            assert figures[0] == figures[1], field.name


def test_dear_captures_are_spared_and_the_work_is_less() -> None:
    every, some = (play(settings(2, 1200, seed=6), WAN_BAD, session_type=t) for t in (PlayerSession, Dear))
    for one, other in zip(every.peers, some.peers, strict=True):
        assert other.session.saving.interval == 8
        assert isinstance(one.game, MixingGame) and isinstance(other.game, MixingGame)
        saved = other.session.saving
        assert other.game.steps == one.game.steps + saved.extra
        assert saved.spared * 4e-3 > 10 * saved.extra * 1e-4
    expect_a_good_match(some)


@pytest.mark.parametrize("seed", range(3))
def test_who_comes_back(seed: int) -> None:
    chosen = settings(3, 900, seed=seed, on_drop="default", disconnect_timeout=1.0)
    faults = {2: Faults(crashes_at=3.0, returns_at=6.0, then=Faults(replay_s=0.005))}
    match = VirtualMatch(chosen, WAN_BAD, faults=faults, session_type=Restless).run(60)
    done = [peer for peer in match.peers if peer.reason is not None]
    assert [peer.reason.value for peer in done if peer.reason] == ["finished"] * 3
    assert done[0].confirmed == done[1].confirmed
    assert is_all_of(done[2].confirmed, done[0].confirmed)


class EveryFourth(PlayerSession):
    """Takes every fourth snapshot; the other peer takes every second."""

    def reconcile(self) -> int:
        self.saving.interval = 4 - 2 * self.slots[0]
        return super().reconcile()


@pytest.mark.parametrize("at", [31, 57, 82])
def test_a_desync_is_named_to_within_the_longer_interval(at: int) -> None:
    chosen = settings(2, 200, digest_interval=20)
    match = VirtualMatch(chosen, WAN_BAD, game=drifting(0, at), session_type=EveryFourth).run(60)
    for peer in match.peers:
        (event,) = [event for event in peer.events if isinstance(event, Desync)]
        assert event.frame is not None and at <= event.frame < at + 4
        assert event.differences[0].path in ("mixed", "outcome")
