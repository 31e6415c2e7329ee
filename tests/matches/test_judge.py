"""The judge is judged: each planted fault must be found, and named."""

from __future__ import annotations

import pytest
from staged import WAN_BAD, play, settings

from netcode.simulator.game import MixingGame
from netcode.simulator.match import VirtualMatch


@pytest.fixture
def match() -> VirtualMatch:
    played = play(settings(2, 100, seed=1), WAN_BAD)
    assert played.faults_found() == []
    return played


def found(match: VirtualMatch) -> str:
    faults = match.faults_found()
    assert faults
    return " / ".join(faults)


def test_a_wrong_outcome(match):
    match.peers[1].confirmed[40] = match.peers[1].confirmed[40]._replace(outcome=b"other")
    assert found(match) == "slot 1: frame 40: outcome differ from the reference"


def test_a_wrong_state(match):
    frame = next(f for f in match.peers[0].confirmed if f.digest)
    match.peers[0].confirmed[frame.frame] = frame._replace(digest=bytes(8))
    assert found(match) == f"slot 0: frame {frame.frame}: state differ from the reference"


def test_a_missing_digest(match):
    match.peers[0].confirmed[9] = match.peers[0].confirmed[9]._replace(digest=None)
    assert "frame 9: state" in found(match)


def test_an_input_that_its_author_never_said(match):
    frame = match.peers[0].confirmed[30]
    match.peers[0].confirmed[30] = frame._replace(inputs=(frame.inputs[0], b"\x63"))
    assert found(match) == "slot 0: frame 30: inputs differ from the reference"


def test_both_peers_agree_and_both_are_wrong(match):
    for peer in match.peers:
        frame = peer.confirmed[30]
        peer.confirmed[30] = frame._replace(inputs=(b"\x63", frame.inputs[1]))
    assert found(match).count("frame 30: inputs") == 2


def test_a_first_frame_that_is_not_the_default(match):
    frame = match.peers[0].confirmed[0]
    match.peers[0].confirmed[0] = frame._replace(inputs=(b"\1", b"\1"))
    assert "frame 0: inputs" in found(match)


@pytest.mark.parametrize("change", ["skip", "twice"])
def test_a_frame_that_is_skipped_or_told_twice(match, change):
    confirmed = match.peers[1].confirmed
    if change == "skip":
        del confirmed[50]
    else:
        confirmed.insert(50, confirmed[50])
    assert "slot 1: frame 5" in found(match)


def test_a_match_that_finishes_early(match):
    del match.peers[0].confirmed[90:]
    assert found(match) == "slot 0: finished after 90 frames"


def test_a_rollback_past_the_window(match):
    match.peers[0].depths.append(9)
    assert found(match) == "slot 0: rolled back 9 frames"


def test_nothing_confirmed_is_no_pass():
    match = VirtualMatch(settings(2, 100), WAN_BAD).run(0.05)
    assert "nothing was ever confirmed" in found(match)


class Forgetful(MixingGame):
    """Its snapshots miss a part of the state, as those of a badly adapted environment would."""

    def restore(self, snapshot):
        self.state = (self.state[0], *snapshot[1:])


class Drifting(MixingGame):
    """Not deterministic: depends on how often it was stepped."""

    def step(self, inputs):
        return super().step([bytes([self.steps % 3]), *inputs])


@pytest.mark.parametrize("game", [Forgetful, Drifting])
def test_a_broken_simulation_is_found_by_the_judge_and_by_the_peers_themselves(game):
    match = play(settings(2, 200, seed=1), WAN_BAD, game=lambda s: game(s.players, s.seed))
    assert "differ from the reference" in found(match)
    assert "desync with player" in found(match)
