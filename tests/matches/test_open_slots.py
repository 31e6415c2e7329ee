"""Slots that are open at the start: substitutes play them from frame 0, until somebody comes late."""

from __future__ import annotations

from typing import Any

import pytest

from netcode.errors import ConfigError
from netcode.events import EndReason, PlayerSeated, SeatTaken
from netcode.settings import MatchSettings
from netcode.simulator.authors import true_game
from netcode.simulator.claims import is_all_of
from netcode.simulator.match import Faults, VirtualMatch
from netcode.simulator.weather import Weather

LAN = Weather(delay_ms=2)
WAN = Weather(delay_ms=50, jitter_ms=10, loss=0.03)


def match_of(
    players: int, open_slots: int, weather: Weather, faults: dict[int, Faults] | None = None, **settings: Any
) -> VirtualMatch:
    values = {"frames": 500, "seed": players, "digest_interval": 10, "on_drop": "default"} | settings
    wanted = MatchSettings(env="x", players=players, open_slots=open_slots, disconnect_timeout=1.0, **values)
    return VirtualMatch(wanted, weather, faults=faults)


def assert_all_played_it(match: VirtualMatch) -> None:
    reference = true_game(match, match.peers[0])
    for peer in match.peers:
        assert peer.reason is EndReason.FINISHED, (peer.number, peer.session.ending)
        assert is_all_of(peer.confirmed, reference), f"peer {peer.number} played another game"
        assert max(peer.depths, default=0) <= match.settings.window


@pytest.mark.parametrize("weather", [LAN, WAN])
@pytest.mark.parametrize("on_drop", ["default", "hold"])
@pytest.mark.parametrize(("players", "open_slots"), [(2, 1), (3, 1), (4, 2), (5, 4)])
def test_somebody_comes_into_an_open_slot(
    players: int, open_slots: int, on_drop: str, weather: Weather
) -> None:
    match = match_of(players, open_slots, weather, on_drop=on_drop)
    match.run(3.0)
    late = match.come_back(players - 1, Faults())
    match.run(40)
    assert any(isinstance(event, SeatTaken) for event in late.events)
    assert len(set(late.said.values())) > 3  # it really plays
    assert_all_played_it(match)
    for peer in match.peers[: players - open_slots]:
        assert [event.slots for event in peer.events if isinstance(event, PlayerSeated)] == [(players - 1,)]


def test_nobody_comes_and_the_match_is_played_all_the_same() -> None:
    match = match_of(4, 2, WAN).run(40)
    assert [peer.session.substituted for peer in match.peers] == [{2: 0, 3: 0}] * 2
    assert_all_played_it(match)


def test_all_open_slots_are_taken_one_after_the_other() -> None:
    match = match_of(4, 3, WAN, frames=700)
    for slot, when in ((2, 0.1), (1, 2.0), (3, 4.0)):
        match.run(when)
        match.come_back(slot, Faults())
    match.run(40)
    assert_all_played_it(match)
    assert match.peers[0].session.substituted == {}


def test_who_came_into_an_open_slot_is_a_player_like_any_other() -> None:
    """It is dropped when it dies, and comes back; and it keeps the match alive when who began it dies."""
    match = match_of(3, 1, WAN, {0: Faults(crashes_at=5.0)}, frames=600)
    match.run(2.0)
    match.come_back(2, Faults())
    match.run(40)
    assert [peer.reason for peer in match.peers[1:]] == [EndReason.FINISHED] * 2
    assert match.peers[1].confirmed == match.peers[2].confirmed


def test_who_is_seated_right_after_a_drop_and_had_heard_more_of_the_lost_one_does_not_play() -> None:
    """0 and 1 are cut off from each other, and the guest hears both."""
    turned_back = 0
    for tenths in range(6):
        match = match_of(3, 1, LAN, window=8)
        match.run(2.0)
        match.links[1, 0].weather = match.links[0, 1].weather = Weather(loss=1.0)
        match.run(2.4 + tenths / 10)
        guest = match.come_back(2, Faults())
        match.run(40)
        assert match.peers[0].reason is EndReason.FINISHED
        if guest.reason is EndReason.FINISHED:
            assert is_all_of(guest.confirmed, match.peers[0].confirmed)
        else:
            assert guest.reason is not EndReason.DESYNC, guest.session.ending
            turned_back += "come in again" in str(guest.session.ending)
    assert turned_back


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"open_slots": 2}, "has to begin"),
        ({"open_slots": 1, "on_drop": "end"}, "need substitutes"),
        ({"open_slots": -1}, "greater than or equal to 0"),
    ],
)
def test_what_makes_no_match_is_refused(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        MatchSettings.parse({"env": "x", "players": 2, "on_drop": "default"} | wrong)
