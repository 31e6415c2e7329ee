"""Who comes late begins the newest episode, and plays no other; a false word about it is found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from netcode import limits
from netcode.confirmed_frame import ConfirmedFrame
from netcode.episodes import EpisodeStart
from netcode.events import EndReason, FalseBeginning, SeatTaken, SourceLost
from netcode.replay import Replay
from netcode.settings import MatchSettings
from netcode.simulator.audience import Seat, WatchedMatch
from netcode.simulator.claims import is_all_of
from netcode.simulator.game import MixingGame
from netcode.simulator.match import Faults, VirtualPeer
from netcode.simulator.reference import play_reference
from netcode.simulator.weather import Weather
from netcode.wire.feed_packets import Feed, encode_feed
from netcode.wire.packets import decode

LAN = Weather(delay_ms=2)
WAN = Weather(delay_ms=50, jitter_ms=10, loss=0.03)
ROUGH = Weather(delay_ms=40, jitter_ms=30, loss=0.2, reorder=0.1, duplicate=0.05)
SLOW = Faults(replay_s=0.008)  # replaying 15 s takes 14 s, all in all
LATE, FRAMES = 15.0, 1500
Lie = Callable[[EpisodeStart], EpisodeStart]


class LateMatch(WatchedMatch):
    """Some tell lies about where the newest episode begins."""

    lies: dict[int, Lie]
    told: int = 0

    def _put(self, source: int, target: int, data: bytes) -> None:
        packet = decode(data)
        if isinstance(packet, Feed) and source in self.lies and packet.episode.number:
            self.told += 1
            start = self.lies[source](packet.episode)
            data = data[: limits.LINK_ID_BYTES] + encode_feed(dataclasses.replace(packet, episode=start))
        super()._put(source, target, data)


def match_of(
    players: int,
    weather: Weather = WAN,
    then: Faults = SLOW,
    seats: Sequence[Seat] = (),
    lies: dict[int, Lie] | None = None,
    **more: Any,
) -> LateMatch:
    """The last player dies early and comes back after 15 s, with a slow machine."""
    values = {"frames": FRAMES, "seed": players, "digest_interval": 30, "on_drop": "default"} | more
    settings = MatchSettings(env="x", players=players, disconnect_timeout=1.0, **values)
    faults = {players - 1: Faults(crashes_at=3.0, returns_at=LATE, then=then)}
    match = LateMatch(settings, weather, seats, faults=faults)
    match.lies = lies or {}
    return match


def lies_told(events: Sequence[Any]) -> list[FalseBeginning]:
    return [event for event in events if isinstance(event, FalseBeginning)]


def came_in_after(peer: VirtualPeer) -> float:
    """Seconds from its coming to its first frame in the slot, by the frames of the match."""
    (seat,) = [event for event in peer.events if isinstance(event, SeatTaken)]
    return seat.frame / 60 - LATE


def the_game(match: LateMatch, confirmed: Sequence[ConfirmedFrame]) -> list[ConfirmedFrame]:
    settings, inputs = match.settings, [frame.inputs for frame in confirmed]
    game = MixingGame(settings.players, settings.seed)
    return list(play_reference(game, inputs, settings.digest_interval, settings.frames))


def skipped(frames: Sequence[ConfirmedFrame]) -> int:
    """How many were not played. It is gone on where a digest was due."""
    for frame, following in pairwise(frames):
        assert frame.outcome or not following.outcome or frame.digest
    return sum(frame.outcome is None for frame in frames)


def assert_one_game(match: LateMatch, finished: int) -> None:
    """Whoever finished has confirmed the game that a single process makes of the inputs."""
    done = [peer for peer in match.peers if peer.reason is EndReason.FINISHED]
    assert len(done) == finished, [(peer.number, peer.session.ending) for peer in match.peers]
    reference = the_game(match, done[0].confirmed)
    for peer in done:
        assert is_all_of(peer.confirmed, reference)
        assert peer.number >= match.settings.players or not skipped(peer.confirmed)
        assert peer.session.compared == peer.session.digest_count == len(reference) // 30
        for frame, data in peer.said.items():
            if frame < match.settings.frames:
                assert reference[frame].inputs[peer.slot] == data
    for spectator in match.spectators:
        assert spectator.reason is EndReason.FINISHED, spectator.session.ending
        assert is_all_of(spectator.seen, reference)
        assert spectator.session.compared == len(reference) // 30


@pytest.mark.parametrize("weather", [LAN, WAN, ROUGH], ids=["lan", "wan", "rough"])
@pytest.mark.parametrize(("players", "on_drop"), [(2, "hold"), (3, "default"), (4, "hold")])
def test_only_the_newest_episode_is_played(players: int, on_drop: str, weather: Weather) -> None:
    late = Seat((0, 1), Faults(starts_at=LATE, replay_s=0.008))
    match = match_of(players, weather, seats=[late], on_drop=on_drop).run(90)
    back, (spectator,) = match.peers[players], match.spectators
    assert_one_game(match, players)
    assert came_in_after(back) < 5.0
    assert match.worst_lag(spectator, LATE + 5, until=22.0) < (3.0 if weather is ROUGH else 1.0)
    for frames in (back.confirmed, spectator.seen):
        assert LATE * 60 - 260 < skipped(frames) < LATE * 60 + 60
    assert not lies_told(back.events)
    assert not lies_told(spectator.events)


def test_by_replaying_all_it_would_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Replay, "_follow_claim", lambda self: None)
    match = match_of(3, frames=2100).run(90)
    assert_one_game(match, 3)
    assert came_in_after(match.peers[3]) > 9


def test_a_spectator_that_came_late_can_be_a_source() -> None:
    late, later = Faults(starts_at=8.0, replay_s=0.008), Faults(starts_at=LATE, replay_s=0.008)
    match = match_of(2, seats=[Seat((0, 1), late), Seat((2,), later)]).run(90)
    assert_one_game(match, 2)
    assert 0 < skipped(match.spectators[0].seen) < skipped(match.spectators[1].seen)


LIES: dict[str, Lie] = {
    "a frame too early": lambda start: EpisodeStart(start.frame - 1, start.number),
    "a frame too late": lambda start: EpisodeStart(start.frame + 1, start.number),
    "the episode before": lambda start: EpisodeStart(start.frame, start.number - 1),
    "an episode to come": lambda start: EpisodeStart(start.frame, start.number + 1),
    "far too early": lambda start: EpisodeStart(start.frame - 100, start.number),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("players", [3, 4])
def test_a_lie_is_found_and_another_is_asked(lie: str, players: int) -> None:
    late = Seat((0, 1), Faults(starts_at=LATE, replay_s=0.008))
    match = match_of(players, seats=[late], lies={0: LIES[lie]}).run(90)
    assert match.told > 2
    back, (spectator,) = match.peers[players], match.spectators
    assert_one_game(match, players)
    for events, name in ((back.events, "player 0"), (spectator.events, "process 0")):
        (told,) = lies_told(events)
        assert (told.source, told.is_last) == (name, False)
    assert came_in_after(back) < 6
    assert skipped(back.confirmed) > LATE * 60 - 260


@pytest.mark.parametrize("players", [2, 3])
def test_where_all_lie_everything_is_played(players: int) -> None:
    lies = dict.fromkeys(range(players - 1), LIES["an episode to come"])
    match = match_of(players, then=Faults(replay_s=0.002), lies=lies).run(90)
    back = match.peers[players]
    assert_one_game(match, players)
    assert not skipped(back.confirmed)
    told = lies_told(back.events)
    assert [one.is_last for one in told] == [False] * (players - 2) + [True]


def test_a_lie_that_is_not_compared_would_be_found_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above fail if a source is believed."""

    def believe(self: Replay) -> None:
        if self._claim is not None and self._unproven is not None:
            self._claim, self.skipped = None, self._told_until

    monkeypatch.setattr(Replay, "_judge", believe)
    match = match_of(3, lies={0: LIES["a frame too early"]}).run(60)
    assert match.peers[3].reason is EndReason.DESYNC


@pytest.mark.parametrize("after", [0.1, 0.2, 0.4, 0.8])
def test_the_source_dies_in_between(after: float) -> None:
    match = match_of(4, then=Faults(replay_s=0.012))
    match.run(LATE)
    match.peers[0].faults = Faults(crashes_at=LATE + after)
    match.run(90)
    assert_one_game(match, 3)
    assert skipped(match.peers[4].confirmed)


def test_dies_on_the_way_and_comes_again() -> None:
    for after in (0.4, 0.7, 1.0):
        then = Faults(replay_s=0.008, crashes_at=LATE + after, returns_at=LATE + after + 1.5, then=SLOW)
        match = match_of(3, WAN, then).run(100)
        assert_one_game(match, 3)
        assert skipped(match.peers[-1].confirmed)


def test_the_others_do_not_wait() -> None:
    match = match_of(3)
    match.run(LATE - 2)
    waited = [peer.session.stalls.seconds for peer in match.peers[:2]]
    match.run(90)
    assert_one_game(match, 3)
    now = [peer.session.stalls.seconds for peer in match.peers[:2]]
    assert max(after - before for before, after in zip(waited, now, strict=True)) < 2 / 60


def test_nobody_who_lost_a_source_is_told_that_it_lied() -> None:
    match = match_of(4, seats=[Seat((0, 1), Faults(starts_at=LATE, replay_s=0.012))])
    match.run(LATE + 0.3)
    match.peers[0].faults = Faults(crashes_at=LATE + 0.3)
    match.run(90)
    (spectator,) = match.spectators
    assert any(isinstance(event, SourceLost) for event in spectator.events)
    assert not lies_told(spectator.events)
    assert_one_game(match, 3)
