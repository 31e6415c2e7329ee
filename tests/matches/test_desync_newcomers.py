"""Who comes into a running match is compared with from its joining on; and nobody raises a false alarm."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from poking import PokedMatch, desyncs, drifting, poke, resyncs
from staged import CHAOS, WAN_BAD

from netcode.events import Desync, EndReason, PlayerDropped, SeatTaken
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.weather import Weather

GUSTS = Weather(delay_ms=30, jitter_ms=10, loss=0.02, burst_loss=0.05, burst_ms=60)
TIMEOUT = 1.0  # seconds of silence until a peer is lost, in these matches


class NewcomerPoked(PokedMatch):
    """The poked one is who came back, `later` seconds after it has taken its slot."""

    later: float | None = None
    seated_at = float("inf")

    def _tick(self, peer: VirtualPeer) -> float:
        came_back = peer.number >= self.settings.players
        if came_back and any(isinstance(event, SeatTaken) for event in peer.events):
            self.seated_at = min(self.seated_at, self.now)
        due = self.later is not None and came_back and self.now >= self.seated_at + self.later
        self.at = 0 if due else 10**9
        return super()._tick(peer)


def match_of(seed: int, later: float | None = None, **more: Any) -> NewcomerPoked:
    rng = Random(seed)
    players = rng.choice((3, 3, 4, 5))
    slot = rng.randrange(players)
    values = {"frames": 700, "seed": seed, "on_drop": "default", "digest_interval": 10} | more
    chosen = MatchSettings(env="x", players=players, disconnect_timeout=TIMEOUT, **values)
    faults = {slot: Faults(crashes_at=2.0, returns_at=rng.uniform(4.0, 5.0))}
    paused = (slot + 1) % players
    faults[paused] = Faults(pauses={rng.uniform(1, 8): 0.5})
    match = NewcomerPoked(
        chosen, rng.choice((WAN_BAD, CHAOS, GUSTS)), faults=faults, ordered=rng.random() < 0.5
    )
    match.later = later
    match.plant(slot, 10**9, poke)
    match.run(40)
    return match


def assert_all_played_it(match: PokedMatch) -> None:
    """All slots were played to the end, and it was one game."""
    finished = [peer for peer in match.peers if peer.reason is EndReason.FINISHED]
    assert {peer.slot for peer in finished} == set(range(match.settings.players))
    assert all(peer.confirmed == finished[0].confirmed for peer in finished)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("on_desync", ["stop", "resync"])
def test_no_false_alarm_whoever_is_lost_and_comes_back(seed: int, on_desync: str) -> None:
    interval = Random(seed).choice((1, 10, 60))
    match = match_of(seed, on_desync=on_desync, digest_interval=interval)
    assert_all_played_it(match)
    assert match.seated_at < 40
    for peer in match.peers:
        assert desyncs(peer) == [] and resyncs(peer) == []
        assert all(link.stats.rejected == 0 for link in peer.session.links)


@pytest.mark.parametrize("later", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_a_newcomer_that_goes_wrong_is_put_right(seed: int, later: float) -> None:
    """Also before it has given any input, and before any of its digests was compared with the others'."""
    match = match_of(seed, later, on_desync="resync")
    assert match.poked_frame is not None
    assert_all_played_it(match)
    for peer in match.peers:
        if peer.reason is EndReason.FINISHED:
            (event,) = resyncs(peer)
            newcomer = peer.number >= match.settings.players
            assert event.we_too == newcomer
            assert event.names == (() if newcomer else (f"player {match.slot}",))


def test_where_all_stop_the_newcomers_frame_is_named_by_everybody() -> None:
    match = match_of(1, 1.0)
    ended = [peer for peer in match.peers if peer.reason is EndReason.DESYNC]
    assert len(ended) == match.settings.players
    for peer in ended:
        (event,) = desyncs(peer)
        assert (event.frame, event.differences[0].path) == (match.poked_frame, "mixed")


@pytest.mark.parametrize("players", [3, 5])
def test_who_differs_again_is_dropped_and_the_others_play_on(players: int) -> None:
    values = {"frames": 600, "seed": players, "on_drop": "hold", "on_desync": "resync"}
    chosen = MatchSettings(env="x", players=players, disconnect_timeout=TIMEOUT, digest_interval=10, **values)
    match = VirtualMatch(chosen, WAN_BAD, game=drifting(slot=1, at=123)).run(60)
    wrong, *others = sorted(match.peers, key=lambda peer: peer.slot != 1)
    assert wrong.reason is EndReason.DESYNC
    assert "again after a resync" in desyncs(wrong)[0].text
    assert [peer.reason for peer in others] == [EndReason.FINISHED] * (players - 1)
    assert all(peer.confirmed == others[0].confirmed for peer in others)
    for peer in others:
        assert desyncs(peer) == []
        (dropped,) = [event for event in peer.events if isinstance(event, PlayerDropped)]
        assert dropped.name == "player 1"


class Stubborn(PlayerSession):
    """Where it plays slot 1, it stays though its game differs again and again."""

    def _end_in_desync(self, event: Desync) -> None:
        if self.local_slots != (1,):
            super()._end_in_desync(event)


def test_who_differs_again_and_stays_is_dropped_in_the_end() -> None:
    values = {"frames": 1500, "seed": 3, "on_drop": "hold", "on_desync": "resync"}
    chosen = MatchSettings(env="x", players=3, disconnect_timeout=TIMEOUT, digest_interval=10, **values)
    game = drifting(slot=1, at=123)
    match = VirtualMatch(chosen, WAN_BAD, game=game, session_type=Stubborn).run(60)
    others = [match.peers[0], match.peers[2]]
    assert [peer.reason for peer in others] == [EndReason.FINISHED] * 2
    assert others[0].confirmed == others[1].confirmed
    assert match.peers[1].reason is not EndReason.FINISHED
