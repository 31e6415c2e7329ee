"""Real environments in whole matches of virtual time, judged against the plain environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from netcode.events import EndReason
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.match import VirtualMatch
from netcode.simulator.weather import Weather
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.make import make_simulation

WAN_BAD = Weather(delay_ms=50, jitter_ms=10, loss=0.03)
ROUGH = Weather(delay_ms=40, jitter_ms=20, loss=0.1, reorder=0.1, reorder_ms=30, duplicate=0.1)
KAZ = (
    "pettingzoo:butterfly/knights_archers_zombies_v11",
    {"num_archers": 1, "num_knights": 1, "max_cycles": 90},
)
PONG = ("pettingzoo:butterfly/cooperative_pong_v6", {"max_cycles": 90})
POLES = ("race:CartPole-v1", {})


class Keypad:
    """An environment played with the simulator's one-byte inputs: each stands for one of its actions."""

    def __init__(self, inner: EnvironmentSimulation, actions: int) -> None:
        self.inner = inner
        self._actions = actions
        self.capture, self.restore, self.digest = inner.capture, inner.restore, inner.digest
        self.flatten = inner.flatten

    def step(self, inputs: Sequence[bytes]) -> bytes:
        return self.inner.step([bytes([data[0] % self._actions]) for data in inputs])

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return len(data) == 1


class EpisodeWatch(PlayerSession):
    """Notes each rollback after which the present is in another episode than before."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.took_back = 0  # an episode's end was predicted and did not come
        self.brought = 0  # an end came that was not predicted

    def reconcile(self) -> int:
        game = self._simulation
        assert isinstance(game, Keypad)
        before = game.inner.episode
        depth = super().reconcile()
        self.took_back += game.inner.episode < before
        self.brought += game.inner.episode > before
        return depth


def games(actions: int, players: int) -> Callable[[MatchSettings], Keypad]:
    """Peers play with every shortcut; the one made last, the reference, plays plainly."""
    made = 0

    def game(settings: MatchSettings) -> Keypad:
        nonlocal made
        made += 1
        return Keypad(make_simulation(settings, observation_free=made <= players), actions)

    return game


def play(env: tuple[str, dict[str, Any]], actions: int, weather: Weather, **settings: Any) -> VirtualMatch:
    values = {"players": 2, "frames": 400, "seed": 3, "digest_interval": 5} | settings
    match = MatchSettings(env=env[0], env_args=env[1], **values)
    game = games(actions, match.players)
    return VirtualMatch(match, weather, game=game, session_type=EpisodeWatch).run(60)


def assert_true(match: VirtualMatch, rollbacks: int) -> None:
    assert match.faults_found() == []
    assert [peer.reason for peer in match.peers] == [EndReason.FINISHED] * len(match.peers)
    assert min(len(peer.depths) for peer in match.peers) > rollbacks


@pytest.mark.parametrize("weather", [WAN_BAD, ROUGH], ids=["wan_bad", "rough"])
@pytest.mark.parametrize(("env", "actions"), [(KAZ, 6), (PONG, 3), (POLES, 2)], ids=["kaz", "pong", "poles"])
def test_every_peer_plays_the_plain_game(
    env: tuple[str, dict[str, Any]], actions: int, weather: Weather
) -> None:
    assert_true(play(env, actions, weather), rollbacks=80)


def test_four_players_and_a_wide_window() -> None:
    four = (KAZ[0], {"num_archers": 2, "num_knights": 2, "max_cycles": 90})
    assert_true(play(four, 6, ROUGH, players=4, frames=240, window=20, input_delay=0), rollbacks=150)


def test_ends_of_episodes_are_taken_back_and_brought_about() -> None:
    match = play(POLES, 2, ROUGH, frames=1200, input_delay=0, window=12)
    assert_true(match, rollbacks=400)
    sessions = [peer.session for peer in match.peers]
    assert sum(session.took_back for session in sessions) >= 3
    assert sum(session.brought for session in sessions) >= 3
