"""Players vanish in mid-match: survivors agree, lose nothing that any of them holds, and play on."""

from __future__ import annotations

from typing import Any

import pytest

from netcode.events import EndReason, PlayerDropped
from netcode.settings import MatchSettings
from netcode.simulator.authors import true_game
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.weather import Weather

TIMEOUT = 1.0
WAN = Weather(delay_ms=50, jitter_ms=10, loss=0.03)


def match_of(
    players: int, weather: Weather = WAN, faults: dict[int, Faults] | None = None, **settings: Any
) -> VirtualMatch:
    values = {"frames": 600, "seed": players, "digest_interval": 10, "on_drop": "default"} | settings
    wanted = MatchSettings(env="x", players=players, disconnect_timeout=TIMEOUT, **values)
    return VirtualMatch(wanted, weather, faults=faults)


def cut(match: VirtualMatch, sender: int, receiver: int) -> None:
    """From now on nothing gets through that way."""
    match.links[sender, receiver].weather = Weather(loss=1.0)


def drops(peer: VirtualPeer) -> dict[int, int]:
    return {event.slots[0]: event.frame for event in peer.events if isinstance(event, PlayerDropped)}


def survivors(match: VirtualMatch) -> list[VirtualPeer]:
    return [peer for peer in match.peers if peer.reason is EndReason.FINISHED]


def assert_one_true_game(match: VirtualMatch, alive: int) -> dict[int, int]:
    """All who finished agree on every drop, and played the reference with substitutes. Returns the drops."""
    finished = survivors(match)
    assert len(finished) == alive, [(peer.slot, peer.session.ending) for peer in match.peers]
    agreed = drops(finished[0])
    assert all(drops(peer) == agreed for peer in finished)
    reference = true_game(match, finished[0])
    for peer in finished:
        assert peer.confirmed == reference, f"slot {peer.slot} played another game"
        assert max(peer.depths) <= match.settings.window
    for peer in match.peers:
        final = peer.session.final
        assert peer.confirmed[:final] == reference[:final], f"slot {peer.slot} would record another game"
    return agreed


def held_by_anyone(match: VirtualMatch, slot: int) -> int:
    """Frames of the dead peer's inputs that any of the others has received by now."""
    return max(
        link.held
        for peer in match.peers
        if peer.alive and peer.slot != slot
        for link in peer.session.links
        if link.remote.slots == (slot,)
    )


@pytest.mark.parametrize("players", [3, 4, 5, 8])
@pytest.mark.parametrize("on_drop", ["default", "hold"])
def test_a_crash_is_survived(players: int, on_drop: str) -> None:
    match = match_of(players, faults={players - 1: Faults(crashes_at=2.0)}, on_drop=on_drop)
    match.run(2.2)
    held = held_by_anyone(match, players - 1)
    match.run(60)
    agreed = assert_one_true_game(match, players - 1)
    assert agreed == {players - 1: held}, "an input that a survivor held was lost"


@pytest.mark.parametrize("frames_later", range(1, 13))
@pytest.mark.parametrize("window", [8, 12, 16, 30])
def test_the_drop_that_others_fall_over(window: int, frames_later: int) -> None:
    """C's packets to B are cut, and C dies a few frames later: A holds inputs that B never saw."""
    match = match_of(3, Weather(delay_ms=20), window=window, frames=400)
    match.run(2.0)
    cut(match, 2, 1)
    match.run(2.0 + frames_later / 60)
    match.peers[2].alive = False
    match.peers[2].faults = Faults(crashes_at=0.0)
    match.run(2.5)
    held = held_by_anyone(match, 2)
    match.run(60)
    assert assert_one_true_game(match, 2) == {2: held}


@pytest.mark.parametrize("players", [3, 4, 6, 8])
@pytest.mark.parametrize("seed", range(6))
def test_a_second_death_in_mid_agreement(players: int, seed: int) -> None:
    """The second to die may hold the newest input, have claimed it, and not have handed it over."""
    later = 2.0 + TIMEOUT + seed * 0.03
    faults = {players - 1: Faults(crashes_at=2.0), players - 2: Faults(crashes_at=later)}
    match = match_of(players, faults=faults, seed=100 + seed)
    match.run(2.0 - 0.1)
    for other in range(players - 2):
        cut(match, players - 1, other)  # only the second to die hears the first one's last inputs
    match.run(60)
    if players == 3:
        # Of three, one is left: not the larger part of what it last agreed on, unless it is the lowest half.
        assert match.peers[0].reason in (EndReason.FINISHED, EndReason.SPLIT)
        return
    assert set(assert_one_true_game(match, players - 2)) == {players - 1, players - 2}


def test_play_goes_on_within_a_second_of_the_timeout() -> None:
    match = match_of(4, faults={3: Faults(crashes_at=2.0)}).run(60)
    assert_one_true_game(match, 3)
    for peer in survivors(match):
        assert peer.session.stalls.longest_s < TIMEOUT + 1.0


def test_who_says_goodbye_is_replaced_at_once() -> None:
    match = match_of(3)
    match.run(2.0)
    match.peers[1].session.stop("enough")
    match.run(60)
    agreed = assert_one_true_game(match, 2)
    assert list(agreed) == [1]
    assert all(peer.session.stalls.longest_s < 0.5 for peer in survivors(match))


def test_one_cut_link_drops_one_of_the_two_and_everyone_says_so() -> None:
    """B and C cannot hear each other; A hears both: one of them has to go, and is told."""
    match = match_of(3, Weather(delay_ms=20))
    match.run(2.0)
    cut(match, 1, 2)
    cut(match, 2, 1)
    match.run(60)
    assert_one_true_game(match, 2)
    (out,) = [peer for peer in match.peers if peer.reason is not EndReason.FINISHED]
    assert out.reason in (EndReason.DROPPED, EndReason.SPLIT)


def test_what_was_confirmed_but_is_not_final_may_be_played_otherwise() -> None:
    """A lost player has confirmed frames for which nobody ever got its inputs: no record may hold them."""
    confirmed_otherwise = 0
    for frames_later in range(2, 9):
        match = match_of(3, Weather(60, 5), {}, frames=240)
        match.run(1.0)
        cut(match, 2, 0)
        cut(match, 2, 1)
        match.run(1.0 + frames_later / 60)
        match.peers[2].alive = False
        match.run(60)
        assert_one_true_game(match, 2)
        lost, true = match.peers[2], match.peers[0].confirmed
        assert lost.session.final > 30
        confirmed_otherwise += lost.confirmed != true[: len(lost.confirmed)]
    assert confirmed_otherwise
