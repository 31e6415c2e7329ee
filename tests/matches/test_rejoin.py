"""Players come back into a running match: fed, caught up, in their slots while the others play on."""

from __future__ import annotations

from typing import Any

import pytest

from netcode.events import EndReason, PlayerDropped, PlayerSeated, SeatTaken
from netcode.session import ConfirmedFrame
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.reference import play_reference
from netcode.simulator.weather import Weather

TIMEOUT = 1.0
LAN = Weather(delay_ms=2)
WAN = Weather(delay_ms=50, jitter_ms=10, loss=0.03)


def match_of(
    players: int, weather: Weather = WAN, faults: dict[int, Faults] | None = None, **settings: Any
) -> VirtualMatch:
    values = {"frames": 900, "seed": players, "digest_interval": 10, "on_drop": "default"} | settings
    wanted = MatchSettings(env="x", players=players, disconnect_timeout=TIMEOUT, **values)
    return VirtualMatch(wanted, weather, faults=faults)


def authors(match: VirtualMatch) -> list[list[tuple[int, VirtualPeer | None]]]:
    """By slot: (from which frame, who plays it; None: a substitute), as the first finisher saw it."""
    players = match.settings.players
    witness = next(peer for peer in match.peers if peer.reason is EndReason.FINISHED and peer.number < 16)
    plan: list[list[tuple[int, VirtualPeer | None]]] = [[(0, peer)] for peer in match.peers[:players]]
    for event in witness.events:
        if isinstance(event, PlayerDropped):
            for slot in event.slots:
                plan[slot].append((event.frame, None))
        elif isinstance(event, PlayerSeated):
            (slot,) = event.slots
            plan[slot].append((event.frame, came_at(match, slot, event.frame)))
    return plan


def came_at(match: VirtualMatch, slot: int, frame: int) -> VirtualPeer | None:
    wanted = SeatTaken(slot, frame)
    return next((peer for peer in match.peers if wanted in peer.events), None)


def true_game(match: VirtualMatch) -> list[ConfirmedFrame]:
    settings, plan = match.settings, authors(match)
    inputs: list[list[bytes]] = []
    for frame in range(settings.frames):
        row = []
        for slot in range(settings.players):
            author = [who for first, who in plan[slot] if first <= frame][-1]
            held = inputs[-1][slot] if inputs and settings.on_drop == "hold" else bytes(1)
            row.append(held if author is None else author.said.get(frame, bytes(1)))
        inputs.append(row)
    game = MixingGame(settings.players, settings.seed)
    return list(play_reference(game, inputs, settings.digest_interval, settings.frames))


def assert_all_played_it(match: VirtualMatch, finished: int) -> None:
    done = [peer for peer in match.peers if peer.reason is EndReason.FINISHED]
    assert len(done) == finished, [
        (peer.number, peer.session.phase, peer.session.ending) for peer in match.peers
    ]
    reference = true_game(match)
    for peer in done:
        assert peer.confirmed == reference, f"peer {peer.number} played another game"
        assert max(peer.depths, default=0) <= match.settings.window


@pytest.mark.parametrize("weather", [LAN, WAN])
@pytest.mark.parametrize("players", [2, 3, 5])
@pytest.mark.parametrize("on_drop", ["default", "hold"])
def test_a_player_whose_process_died_comes_back(players: int, weather: Weather, on_drop: str) -> None:
    faults = {players - 1: Faults(crashes_at=3.0, returns_at=6.0)}
    match = match_of(players, weather, faults, on_drop=on_drop).run(40)
    back = match.peers[players]
    assert any(isinstance(event, SeatTaken) for event in back.events), back.session.phase
    assert_all_played_it(match, players)
    assert (
        sum(len(set(peer.said.values())) > 3 for peer in match.peers) == players + 1
    )  # it really plays again
