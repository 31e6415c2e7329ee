"""Watched matches in virtual time: every spectator sees the true game, whatever becomes of its source."""

from __future__ import annotations

from typing import Any

import pytest
from staged import BURSTY, CHAOS, WAN_BAD

from netcode.events import CatchingUp, Desync, EndReason, Live, SourceFound, SourceLost
from netcode.settings import MatchSettings
from netcode.simulator.audience import Seat, VirtualSpectator, WatchedMatch
from netcode.simulator.claims import is_all_of
from netcode.simulator.game import MixingGame
from netcode.simulator.match import Faults
from netcode.simulator.reference import play_reference
from netcode.simulator.weather import Weather


def watched(
    *seats: Seat,
    players: int = 2,
    weather: Weather = WAN_BAD,
    faults: dict[int, Faults] | None = None,
    **values: Any,
) -> WatchedMatch:
    values = {"frames": 900, "seed": players, "digest_interval": 10, "on_drop": "default"} | values
    settings = MatchSettings(env="mixing", players=players, disconnect_timeout=1.0, **values)
    return WatchedMatch(settings, weather, seats, faults=faults)


def assert_saw_the_true_game(match: WatchedMatch, spectator: VirtualSpectator) -> None:
    """To the last frame, and it knows so."""
    session = spectator.session
    assert spectator.reason is EndReason.FINISHED, session.ending
    finished = next(peer for peer in match.peers if peer.reason is EndReason.FINISHED)
    assert is_all_of(spectator.seen, finished.confirmed)
    assert len(spectator.seen) == match.settings.frames
    inputs = [frame.inputs for frame in finished.confirmed]
    game = MixingGame(match.settings.players, match.settings.seed)
    reference = play_reference(game, inputs, match.settings.digest_interval, match.settings.frames)
    assert is_all_of(spectator.seen, list(reference))
    assert session.compared == sum(frame.digest is not None for frame in spectator.seen) > 0
    assert session.reader.stats.rejected == 0


@pytest.mark.parametrize(
    "weather", [Weather(), WAN_BAD, BURSTY, CHAOS], ids=["perfect", "wan", "bursty", "chaos"]
)
@pytest.mark.parametrize("players", [2, 4])
def test_everybody_sees_the_true_game(players: int, weather: Weather) -> None:
    seats = [Seat((0,)), Seat((1, 0)), Seat((1, 0), Faults(starts_at=7.0)), Seat((players, 0))]
    match = watched(*seats, players=players, weather=weather).run(60)
    for spectator in match.spectators:
        assert_saw_the_true_game(match, spectator)
    late = match.spectators[2]
    assert [type(event) for event in late.events][:3] == [SourceFound, CatchingUp, Live]
    assert match.spectators[0].session.live


def test_watching_changes_nothing_for_the_players() -> None:
    alone, seen = watched(), watched(*[Seat((n % 2,)) for n in range(8)])
    for match in (alone, seen):
        match.run(60)
    # Other links are drawn from the same seed, so only what must be equal is compared.
    assert [peer.reason for peer in alone.peers] == [peer.reason for peer in seen.peers]
    assert all(link.stats.rejected == 0 for peer in seen.peers for link in peer.session.links)
    assert seen.faults_found() == []


def test_thirty_two_follow_within_a_second() -> None:
    """Eight watch through each player, the others through those; some come late."""
    seats = [Seat((n % 2, 1 - n % 2), Faults(starts_at=n * 0.3)) for n in range(16)]
    seats += [Seat((2 + n, 0, 1), Faults(starts_at=5 + n * 0.2)) for n in range(16)]
    match = watched(*seats, frames=1500).run(60)
    for spectator in match.spectators:
        assert_saw_the_true_game(match, spectator)
        live = next(event for event in spectator.events if isinstance(event, Live))
        begun = spectator.faults.starts_at + 1.5
        assert match.worst_lag(spectator, begun, until=25.0) < 1.0, (spectator.number, live)


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_the_source_dies(dead: int) -> None:
    faults = {dead: Faults(crashes_at=5.0)}
    match = watched(Seat((dead, (dead + 1) % 3)), Seat((dead, 3)), players=3, faults=faults).run(60)
    for spectator in match.spectators:
        assert_saw_the_true_game(match, spectator)
        assert any(isinstance(event, SourceLost) for event in spectator.events)


def test_a_spectator_that_feeds_others_dies() -> None:
    match = watched(Seat((0,), Faults(crashes_at=6.0)), Seat((2, 1)), Seat((2, 3))).run(60)
    for spectator in match.spectators[1:]:
        assert_saw_the_true_game(match, spectator)


def test_what_only_the_dead_held_was_never_shown() -> None:
    """A player that nobody hears any more still hears the others: what it confirms is not what they play."""
    for seed in range(8):
        match = watched(Seat((2, 0)), players=3, seed=seed + 1, weather=Weather(delay_ms=20))
        match.run(3.0)
        for other in (0, 1):
            match.links[2, other].weather = Weather(loss=1.0)
        match.run(3.0 + 0.05 * seed)
        match.peers[2].faults = Faults(crashes_at=0.0)
        match.run(60)
        assert_saw_the_true_game(match, match.spectators[0])


def test_a_pause_of_the_spectator_is_made_up_for() -> None:
    match = watched(Seat((0, 1), Faults(pauses={4.0: 3.0}))).run(60)
    (spectator,) = match.spectators
    assert_saw_the_true_game(match, spectator)
    assert match.worst_lag(spectator, 9.0, until=14.0) < 1.0


def test_the_match_ends_early_and_it_is_told() -> None:
    match = watched(Seat((0, 1)), on_drop="end")
    match.run(5.0)
    match.peers[1].session.stop("enough")
    match.run(60)
    (spectator,) = match.spectators
    assert spectator.reason in (EndReason.LEFT, EndReason.STOPPED)
    assert "ended early" in spectator.session.ending.text  # type: ignore[union-attr]
    assert is_all_of(spectator.seen, match.peers[0].confirmed[: len(spectator.seen)])
    assert spectator.session.compared > 0


def test_a_match_without_a_last_frame_is_followed_until_it_is_left() -> None:
    match = watched(Seat((0, 1)), frames=0)
    match.run(5.0)
    for peer in match.peers:
        peer.session.stop("enough")
    match.run(60)
    assert match.spectators[0].reason is EndReason.FINISHED
    assert len(match.spectators[0].seen) > 250


def test_when_all_are_gone_it_says_so() -> None:
    faults = {0: Faults(crashes_at=4.0), 1: Faults(crashes_at=4.0)}
    match = watched(Seat((0, 1)), faults=faults).run(60)
    assert match.spectators[0].reason is EndReason.LOST


def test_another_version_of_the_game_is_refused_by_name() -> None:
    match = watched(Seat((0, 1), fingerprint={"game": "mixed"})).run(60)
    (spectator,) = match.spectators
    assert spectator.reason is EndReason.REFUSED
    assert "the environment's game is mixed here and mixing at" in spectator.session.ending.text  # type: ignore[union-attr]
    assert spectator.seen == []


def test_a_game_that_differs_here_is_noticed_here() -> None:
    match = watched(Seat((0, 1), plays_wrong_from=333)).run(60)
    (spectator,) = match.spectators
    assert spectator.reason is EndReason.DESYNC
    assert Desync("the players", 330, 339) in spectator.events
    assert [peer.reason for peer in match.peers] == [EndReason.FINISHED] * 2


def test_more_than_a_source_takes_go_to_the_next() -> None:
    settings = MatchSettings(env="mixing", players=2, frames=600, seed=5, digest_interval=10)
    match = WatchedMatch(settings, WAN_BAD, [Seat((0, 1)) for _ in range(5)], most=3).run(60)
    for spectator in match.spectators:
        assert_saw_the_true_game(match, spectator)
    assert {e.name for s in match.spectators for e in s.events if isinstance(e, SourceFound)} == {
        "process 0",
        "process 1",
    }
