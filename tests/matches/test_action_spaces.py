"""Action spaces of all kinds over a bad link. More, and longer: `netplay sim --environments`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from netcode.settings import MatchSettings
from peer.simulation.check.virtual_match import ENVIRONMENTS, WAN_BAD, Entry, EnvironmentMatch, play_entry
from peer.simulation.environment_simulation import EnvironmentSimulation

sys.path.insert(0, str(Path(__file__).parent.parent / "peer" / "simulation"))

OWN = (
    Entry("planted_players:Wheel", 4, "Discrete with a start; agents come and go"),
    Entry("planted_players:Legs", 3, "Dict, a part each: Discrete, Box, Tuple of MultiBinary and Discrete"),
    Entry("race:planted_players:Locks", 2, "masked Tuple of Discrete and MultiDiscrete of two axes"),
    Entry("planted_players:Fences", 2, "masked Discrete, masks in observations"),
    Entry("planted_players:Fingers", 2, "AEC played at once"),
)
FAST = ("race:Pendulum-v1", "pettingzoo:classic/connect_four_v3", "race:LunarLander-v3")


def play(entry: Entry, frames: int) -> None:
    result = play_entry(entry, frames)
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.faults == []
    assert result.frames == frames
    assert result.rollbacks > frames // 8


@pytest.mark.parametrize("entry", OWN, ids=lambda entry: entry.env)
def test_every_kind_of_action_crosses_a_bad_link(entry: Entry) -> None:
    play(entry, 150)


@pytest.mark.parametrize(
    "entry", [entry for entry in ENVIRONMENTS if entry.env in FAST], ids=lambda entry: entry.env
)
def test_real_action_spaces_cross_a_bad_link(entry: Entry) -> None:
    play(entry, 80)


def test_a_peer_that_forgets_part_of_its_state_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = MatchSettings(env="planted_players:Wheel", players=4, frames=80, digest_interval=10)
    match = EnvironmentMatch(settings, WAN_BAD)
    forgetful = match.peers[1].game
    assert isinstance(forgetful, EnvironmentSimulation)
    restore = forgetful.restore

    def forget(snapshot: object) -> None:
        moves = list(forgetful.env.unwrapped.moves)
        restore(snapshot)  # type: ignore[arg-type]
        forgetful.env.unwrapped.moves[:] = moves

    monkeypatch.setattr(forgetful, "restore", forget)
    assert match.run(60).faults_found()
