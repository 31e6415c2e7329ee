"""Who comes late and cannot replay all of it in time is sent a state, and goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import EndReason, SeatTaken, StateRefused, StateTaken
from netcode.settings import MatchSettings
from netcode.simulator.audience import Seat, WatchedMatch
from netcode.simulator.game import STATE_BYTES, MixingGame
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.reference import first_difference, play_reference
from netcode.simulator.weather import Weather
from netcode.snapshot_feeding import SnapshotFeeder
from netcode.wire.snapshot_packets import SnapshotAsk

LAN = Weather(delay_ms=2)
WAN = Weather(delay_ms=50, jitter_ms=10, loss=0.03)
ROUGH = Weather(delay_ms=40, jitter_ms=30, loss=0.2, reorder=0.1, duplicate=0.05)
SLOW = Faults(replay_s=0.008)  # replaying 15 s takes 14 s, all in all
LATE, FRAMES = 15.0, 2100


def match_of(players: int, weather: Weather = WAN, then: Faults = SLOW, **settings: Any) -> VirtualMatch:
    """The last player dies early and comes back after 15 s, with a slow machine."""
    values = {"frames": FRAMES, "seed": players, "digest_interval": 30, "on_drop": "default"} | settings
    wanted = MatchSettings(env="x", players=players, disconnect_timeout=1.0, **values)
    faults = {players - 1: Faults(crashes_at=3.0, returns_at=LATE, then=then)}
    return VirtualMatch(wanted, weather, faults=faults)


def state_events(events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, (StateTaken, StateRefused))]


def seat_of(peer: VirtualPeer) -> float:
    """Seconds from its coming to its first frame in the slot, by the frames of the match."""
    (seat,) = [event for event in peer.events if isinstance(event, SeatTaken)]
    return seat.frame / 60 - LATE


def assert_one_game(match: VirtualMatch, finished: int) -> None:
    """Whoever finished has confirmed the game that a single process makes of the inputs."""
    done = [peer for peer in match.peers if peer.reason is EndReason.FINISHED]
    assert len(done) == finished, [(peer.number, peer.session.ending) for peer in match.peers]
    settings, witness = match.settings, done[0]
    reference = play(settings, witness.confirmed)
    for peer in done:
        taken = peer.session.state_taken
        assert_is(peer.confirmed, reference, taken.frame if taken else 0)
        assert peer.session.compared == peer.session.digest_count == len(reference) // 30
        for frame, data in peer.said.items():
            if frame < settings.frames:
                assert reference[frame].inputs[peer.slot] == data


def play(settings: MatchSettings, confirmed: list[ConfirmedFrame]) -> list[ConfirmedFrame]:
    inputs = [frame.inputs for frame in confirmed]
    game = MixingGame(settings.players, settings.seed)
    return list(play_reference(game, inputs, settings.digest_interval, settings.frames))


def assert_is(seen: list[ConfirmedFrame], reference: list[ConfirmedFrame], skipped: int) -> None:
    assert len(seen) == len(reference)
    for one, true in zip(seen, reference, strict=True):
        assert one.frame == true.frame
        assert first_difference(one, true) is None, one.frame
        assert one.outcome is not None or one.frame < skipped, one.frame


@pytest.mark.parametrize("weather", [LAN, WAN, ROUGH], ids=["lan", "wan", "rough"])
@pytest.mark.parametrize(("players", "on_drop"), [(2, "hold"), (3, "default"), (4, "hold")])
def test_it_goes_on_from_a_state_in_the_true_game(players: int, on_drop: str, weather: Weather) -> None:
    match = match_of(players, weather, on_drop=on_drop).run(90)
    back = match.peers[players]
    assert_one_game(match, players)
    (taken,) = state_events(back.events)
    assert isinstance(taken, StateTaken)
    assert taken.frame > LATE * 60 - 120
    assert (len(taken.confirmed_by) == 1) == (players == 2)  # where there is one other only: said so
    assert seat_of(back) < 5.0
    steps = sum(frame.outcome is not None for frame in back.confirmed)
    assert steps < FRAMES - LATE * 60 + 500


def test_who_is_quick_replays_all() -> None:
    match = match_of(3, then=Faults(replay_s=0.0005)).run(90)
    assert_one_game(match, 3)
    assert state_events(match.peers[3].events) == []
    assert all(peer.session.snapshots.sent == 0 for peer in match.peers)


def test_by_replay_it_would_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SnapshotFeeder, "ask", lambda self, link_out, ask: None)
    match = match_of(3).run(90)
    assert_one_game(match, 3)
    assert seat_of(match.peers[3]) > 9
    assert {type(event) for event in state_events(match.peers[3].events)} == {StateRefused}


def test_the_sender_dies_in_mid_transfer() -> None:
    match = match_of(4, WAN)
    sender = match.peers[0]

    class DiesAfterOneChunk(SnapshotFeeder):
        def ask(self, link_out: bytes, ask: SnapshotAsk) -> None:
            super().ask(link_out, SnapshotAsk(ask.frame, ask.chunks[:1]))
            if ask.chunks:
                sender.faults = Faults(crashes_at=match.now + 0.05)

    make_it(sender, DiesAfterOneChunk)
    match.run(90)
    assert_one_game(match, 3)
    refused, taken = state_events(match.peers[4].events)
    assert refused.source == "player 0" != taken.source
    assert len(taken.confirmed_by) >= 2
    assert seat_of(match.peers[4]) < 10


def test_one_source_of_two_dies_and_the_other_is_the_only_one_there_is() -> None:
    match = match_of(3, WAN)
    match.run(LATE)
    match.peers[1].faults = Faults(crashes_at=LATE + 0.2)
    match.run(90)
    (taken,) = [e for e in state_events(match.peers[3].events) if isinstance(e, StateTaken)]
    assert taken.confirmed_by == ("player 0",)
    assert_one_game(match, 2)


class Forger(SnapshotFeeder):
    """Sends states of its own making. `digests`: tells of forged digests as well."""

    digests = False

    def outgoing(self, now: float) -> list[bytes]:
        for frame in self._encoded:
            self._encoded[frame] = bytes([1] * 24).ljust(STATE_BYTES, b".")
        return super().outgoing(now)

    def keep(self, frame: int, snapshot: Any, state: bytes, chain: bytes) -> None:
        if self.digests:
            forged = int.from_bytes(bytes([1] * 8), "little")
            state = MixingGame(2, 1).digest((forged,) * 4)
        super().keep(frame, snapshot, state, chain)


class ForgerOfAll(Forger):
    digests = True


class Garbler(SnapshotFeeder):
    """Its states are cut short, or too long."""

    def _encode_on(self, now: float) -> None:
        super()._encode_on(now)
        for frame in self._encoded:
            self._encoded[frame] = b"?" * 5000


def make_it(peer: VirtualPeer, kind: type[SnapshotFeeder]) -> None:
    """From its first frame on this player gives states in its own way."""
    session = peer.session
    session._confirming.snapshots = kind(session.archive, peer.game)


@pytest.mark.parametrize("kind", [Forger, ForgerOfAll, Garbler])
@pytest.mark.parametrize("players", [3, 4])
def test_a_forged_state_is_refused_and_another_is_asked(kind: type[SnapshotFeeder], players: int) -> None:
    match = match_of(players, WAN)
    make_it(match.peers[0], kind)
    match.run(100)
    back = match.peers[players]
    assert_one_game(match, players)
    first, *rest = state_events(back.events)
    assert isinstance(first, StateRefused)
    assert first.source == "player 0"
    if kind is ForgerOfAll and players == 3:  # word against word: nobody is believed, all is replayed
        assert [type(event) for event in rest] == [StateRefused]
        assert all(frame.outcome is not None for frame in back.confirmed)
    else:
        (taken,) = rest
        assert len(taken.confirmed_by) >= 2
        assert taken.source != "player 0"
        assert seat_of(back) < 8


class OtherHistory(SnapshotFeeder):
    """Gives true states, as if of a history that was not fed."""

    def keep(self, frame: int, snapshot: Any, state: bytes, chain: bytes) -> None:
        super().keep(frame, snapshot, state, b"anotherr")


@pytest.mark.parametrize("kind", [Forger, OtherHistory])
def test_where_there_is_only_a_forger_all_is_replayed(kind: type[SnapshotFeeder]) -> None:
    match = match_of(2, WAN)
    make_it(match.peers[0], kind)
    match.run(100)
    assert_one_game(match, 2)
    assert [type(event) for event in state_events(match.peers[2].events)] == [StateRefused]


class Unsendable(MixingGame):
    """Its state cannot be told."""

    def encode_steps(self, snapshot: Any) -> Iterator[bytes | None]:
        from netcode.errors import UnplayableError

        yield None
        raise UnplayableError("the state cannot be sent: it has a tail")


def test_states_that_cannot_be_sent_are_replayed() -> None:
    match = match_of(3, WAN)
    for peer in match.peers:
        peer.session._confirming.snapshots = SnapshotFeeder(peer.session.archive, Unsendable(3, 3))
    match.run(100)
    assert_one_game(match, 3)
    assert {event.why for event in state_events(match.peers[3].events)} == {
        "the state cannot be sent: it has a tail"
    }


def test_the_others_do_not_wait() -> None:
    match = match_of(3, WAN)
    match.run(LATE - 2)
    waited = [peer.session.stalls.seconds for peer in match.peers[:2]]
    match.run(90)
    assert_one_game(match, 3)
    now = [peer.session.stalls.seconds for peer in match.peers[:2]]
    assert max(after - before for before, after in zip(waited, now, strict=True)) < 2 / 60


def test_dies_on_the_way_and_comes_again() -> None:
    for after in (0.4, 0.7, 1.0):
        then = Faults(replay_s=0.008, crashes_at=LATE + after, returns_at=LATE + after + 1.5, then=SLOW)
        match = match_of(3, WAN, then).run(100)
        assert_one_game(match, 3)
        assert any(isinstance(event, StateTaken) for event in match.peers[-1].events)


# ------------------------------------------------------------------ spectators


def watched(*seats: Seat, players: int = 2, weather: Weather = WAN) -> WatchedMatch:
    settings = MatchSettings(env="mixing", players=players, frames=FRAMES, seed=5, digest_interval=30)
    return WatchedMatch(settings, weather, list(seats))


@pytest.mark.parametrize("weather", [LAN, WAN, ROUGH], ids=["lan", "wan", "rough"])
def test_a_late_spectator_is_sent_a_state_and_can_be_a_source(weather: Weather) -> None:
    late = Faults(starts_at=15.0, replay_s=0.008)
    later = Faults(starts_at=22.0, replay_s=0.008)
    match = watched(Seat((0, 1), late), Seat((2,), later), weather=weather).run(100)
    finished = match.peers[0].confirmed
    for spectator in match.spectators:
        assert spectator.reason is EndReason.FINISHED, spectator.session.ending
        taken = spectator.session.state_taken
        assert taken is not None
        assert_is(spectator.seen, play(match.settings, finished), taken.frame)
        assert spectator.session.compared == FRAMES // 30
    first, second = (spectator.session.state_taken for spectator in match.spectators)
    assert first and len(first.confirmed_by) == 2
    assert second and second.confirmed_by == ("process 2",)
    assert match.worst_lag(match.spectators[0], 19.0, until=30.0) < 1.0


def test_two_spectators_at_once_get_the_same_state() -> None:
    late = Faults(starts_at=15.0, replay_s=0.008)
    match = watched(*[Seat((0, 1), late) for _ in range(3)]).run(100)
    assert [s.reason for s in match.spectators] == [EndReason.FINISHED] * 3
    frames = {s.session.state_taken.frame for s in match.spectators if s.session.state_taken}
    assert len(frames) == 1
    assert match.peers[0].session.snapshots.sent == 1
