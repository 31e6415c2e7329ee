"""Rollbacks across the end of an episode: a predicted end that did not come, an end that was not predicted.

Each must really happen here, and the confirmed game is the straight one all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from staged import WAN_BAD, expect_a_good_match, settings

from netcode.events import EndReason
from netcode.simulator import audience
from netcode.simulator.audience import Seat, WatchedMatch
from netcode.simulator.claims import is_all_of
from netcode.simulator.game import ENDS_EPISODE, MixingGame
from netcode.simulator.match import Faults, VirtualMatch


class EpisodeWitness(MixingGame):
    """Sees, in replays, ends of episodes that are taken back, and ends that appear."""

    def __init__(self, players: int, seed: int, episode_frames: int = 10**9) -> None:
        super().__init__(players, seed, episode_frames)
        self.frame = 0  # of the match; part of what is captured, unlike the notes below
        self.ended: dict[int, bool] = {}  # frame -> did it end an episode when last played?
        self.taken_back = 0
        self.appeared = 0
        self.crossed = 0  # rollbacks to before an end that was played

    def _least_frames(self, episode: int) -> int:
        return 0

    def step(self, inputs: Sequence[bytes]) -> bytes:
        outcome = super().step(inputs)
        before, now = self.ended.get(self.frame), bool(outcome[-1])
        self.taken_back += before is True and not now
        self.appeared += before is False and now
        self.ended[self.frame] = now
        self.frame += 1
        return outcome

    def capture(self):
        return (super().capture(), self.frame)

    def restore(self, snapshot) -> None:
        state, frame = snapshot
        self.crossed += any(self.ended[f] for f in range(frame, self.frame))
        super().restore(state)
        self.frame = frame

    def digest(self, snapshot=None) -> bytes:
        return super().digest(snapshot[0] if snapshot else None)

    def flatten(self, snapshot=None) -> dict[str, int]:
        return super().flatten(snapshot[0] if snapshot else None)


def witnessed(seed: int, hold: float, **values) -> VirtualMatch:
    match = VirtualMatch(
        settings(2, 500, seed=seed, **values),
        WAN_BAD,
        hold=hold,
        game=lambda s: EpisodeWitness(s.players, s.seed),
    )
    return match.run(60)


@pytest.mark.parametrize("seed", range(5))
def test_both_directions_really_happen_and_change_nothing(seed):
    match = witnessed(seed, hold=0.5)
    expect_a_good_match(match)
    for peer in match.peers:
        assert peer.game.taken_back > 5, "a predicted end that did not come"
        assert peer.game.appeared > 5, "an end that was not predicted"
        assert peer.game.crossed > 5, "a rollback to before an end"
        episodes = sum(frame.outcome[-1] for frame in peer.confirmed)
        assert episodes == sum(any(i[0] == ENDS_EPISODE for i in frame.inputs) for frame in peer.confirmed)
        assert peer.game.state[1] == episodes, "the state counts the ends that were true, and no others"


def test_ends_that_are_never_predicted():
    """With the default input predicted, no end can be foreseen: all of a remote's ends appear late."""
    match = witnessed(1, hold=0.0, prediction="default")
    expect_a_good_match(match)
    for peer in match.peers:
        assert peer.game.taken_back == 0
        assert peer.game.appeared > 20


def test_an_end_at_every_frame():
    match = VirtualMatch(
        settings(3, 200, seed=2), WAN_BAD, game=lambda s: EpisodeWitness(s.players, s.seed, episode_frames=1)
    ).run(60)
    expect_a_good_match(match)
    assert all(peer.game.crossed > 20 for peer in match.peers)
    assert all(peer.game.state[1] == 200 for peer in match.peers)


class SeveralEpisodes(MixingGame):
    """Tells in its outcomes how many episodes are over."""

    def step(self, inputs: Sequence[bytes]) -> bytes:
        outcome = super().step(inputs)
        return bytes([min(self.state[1], 255)]) + outcome

    def is_last(self, outcome: bytes) -> bool:
        return outcome[0] == 3


@pytest.mark.parametrize("frames", [0, 500, 37])
@pytest.mark.parametrize("seed", range(3))
def test_the_match_is_over_after_its_last_episode(seed, frames):
    match = VirtualMatch(
        settings(3, frames, seed=seed, episodes=3, digest_interval=20),
        WAN_BAD,
        hold=0.5,
        game=lambda s: SeveralEpisodes(s.players, s.seed),
    ).run(60)
    expect_a_good_match(match)
    last = [sum(frame.outcome[0] < 3 for frame in peer.confirmed) for peer in match.peers]
    for peer in match.peers:
        assert last == [last[0]] * 3
        assert len(peer.confirmed) == min(-(-(last[0] + 1) // 20) * 20, frames or 10**6)
        assert peer.confirmed[-1].digest is not None


def test_without_a_number_of_episodes_it_goes_on():
    match = VirtualMatch(
        settings(2, 300), WAN_BAD, hold=0.5, game=lambda s: SeveralEpisodes(s.players, s.seed)
    ).run(60)
    expect_a_good_match(match)
    assert all(len(peer.confirmed) == 300 for peer in match.peers)


def test_spectators_know_of_the_end_by_what_they_see(monkeypatch):
    monkeypatch.setattr(audience, "WrongGame", lambda players, seed, _: SeveralEpisodes(players, seed))
    match = WatchedMatch(
        settings(2, 0, seed=3, episodes=3, on_drop="default"),
        WAN_BAD,
        [Seat((0,)), Seat((2, 1), Faults(starts_at=0.2))],
        hold=0.9,
        game=lambda s: SeveralEpisodes(s.players, s.seed),
    ).run(60)
    for spectator in match.spectators:
        assert spectator.reason is EndReason.FINISHED, spectator.session.ending
        assert is_all_of(spectator.seen, match.peers[0].confirmed)
    assert match.now < len(match.peers[0].confirmed) / 60 + 3, "they waited for players that are gone"
