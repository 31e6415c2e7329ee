"""Who comes into a running match is compared with from its joining on; and nobody raises a false alarm."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from poking import PokedMatch, desyncs, poke
from staged import CHAOS, WAN_BAD

from netcode.events import EndReason, SeatTaken
from netcode.settings import MatchSettings
from netcode.simulator.claims import is_all_of
from netcode.simulator.match import Faults, VirtualPeer
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
        length = super()._tick(peer)
        if peer.reason is not None and peer.session.may_return:
            self._expect_back(peer.slot, Faults(returns_at=self.now))
        return length


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
    assert all(is_all_of(peer.confirmed, finished[0].confirmed) for peer in finished)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("on_desync", ["stop", "return"])
def test_no_false_alarm_whoever_is_lost_and_comes_back(seed: int, on_desync: str) -> None:
    interval = Random(seed).choice((1, 10, 60))
    match = match_of(seed, on_desync=on_desync, digest_interval=interval)
    assert_all_played_it(match)
    assert match.seated_at < 40
    for peer in match.peers:
        assert desyncs(peer) == []
        assert all(link.stats.rejected == 0 for link in peer.session.links)


@pytest.mark.parametrize("later", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_a_newcomer_that_goes_wrong_finds_out_and_comes_in_again(seed: int, later: float) -> None:
    """Also before it has given any input, and before any of its digests was compared with the others'."""
    match = match_of(seed, later, on_desync="return")
    assert match.poked_frame is not None
    assert_all_played_it(match)
    (wrong,) = [peer for peer in match.peers if peer.session.may_return]
    assert wrong.number >= match.settings.players
    first, last = desyncs(wrong)[0].wrong
    assert first <= match.poked_frame < first + 30, "from the last digest that is known to be right"
    assert last == len(wrong.confirmed) - 1


def test_where_all_stop_the_newcomers_frame_is_named_by_everybody() -> None:
    match = match_of(1, 1.0)
    ended = [peer for peer in match.peers if peer.reason is EndReason.DESYNC]
    assert len(ended) == match.settings.players
    for peer in ended:
        (event,) = desyncs(peer)
        assert (event.frame, event.differences[0].path) == (match.poked_frame, "mixed")
