"""A peer whose game went wrong finds that out itself, leaves, and comes back; the others play on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import Any

import pytest
from poking import PokedMatch, desyncs, poke
from staged import BURSTY, CHAOS, FAR, PERFECT, WAN_BAD

from netcode.desync.case import Case
from netcode.desync.verdicts import VERDICT_DEADLINE
from netcode.errors import ConfigError
from netcode.events import EndReason, PlayerDropped, SeatTaken
from netcode.settings import MatchSettings
from netcode.simulator.authors import true_game
from netcode.simulator.game import MixingGame
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.weather import Weather
from netcode.wire.desync_packets import Judgement

WEATHERS = [PERFECT, WAN_BAD, CHAOS, FAR, BURSTY]
TIMEOUT = 2.0  # seconds of silence until a peer is lost, in these matches
BACK_WITHIN = 5.0  # seconds from the poke


class ReturningMatch(PokedMatch):
    """Whose own game went wrong comes back at once, as a new process."""

    def _tick(self, peer: VirtualPeer) -> float:
        length = super()._tick(peer)
        if peer.reason is not None and peer.session.may_return:
            self._expect_back(peer.slot, Faults(returns_at=self.now))
        return length


def settings(players: int, frames: int = 600, **more: Any) -> MatchSettings:
    values = {"on_drop": "default", "digest_interval": 10, "disconnect_timeout": TIMEOUT} | more
    return MatchSettings(env="x", players=players, frames=frames, on_desync="return", **values)


def poked(players: int, slot: int, at: int, weather: Weather, **more: Any) -> ReturningMatch:
    match = ReturningMatch(settings(players, **more), weather, ordered=False)
    match.plant(slot, at, poke).run(60)
    return match


def expect_it_went_on_without(match: ReturningMatch, slot: int) -> None:
    """All others have finished the true game; it was wrong from the poked frame on, and said so."""
    wrong = match.peers[slot]
    others = [peer for peer in match.peers if peer is not wrong]
    assert [peer.reason for peer in others] == [EndReason.FINISHED] * len(others)
    true = true_game(match, next(peer for peer in others if peer.number < match.settings.players))
    for peer in others:
        played = [frame for frame in peer.confirmed if frame.outcome is not None]
        assert all(true[one.frame] == one for one in played if one.digest is not None)
        assert len(peer.confirmed) == match.settings.frames
    assert wrong.reason is EndReason.DESYNC
    (event,) = desyncs(wrong)
    first, last = event.wrong or (-1, -1)
    assert (first, last) == (match.poked_frame, len(wrong.confirmed) - 1)
    assert wrong.confirmed[:first] == true[:first]
    for peer in others:
        told = [(event.left, event.frame) for event in desyncs(peer)]
        began = peer.number < match.settings.players
        assert told == ([((f"player {slot}",), match.poked_frame)] if began else [])


@pytest.mark.parametrize("players", [2, 3, 4])
@pytest.mark.parametrize("weather", WEATHERS, ids=["perfect", "wan_bad", "chaos", "far", "bursty"])
def test_who_went_wrong_leaves_and_is_back_in_its_slot(players: int, weather: Weather) -> None:
    rng = Random(players)
    for seed in range(2):
        slot, at = rng.randrange(players), rng.randrange(250)
        window, delay = rng.choice([(8, 2), (8, 0), (4, 3), (0, 2)])
        match = poked(players, slot, at, weather, seed=seed, window=window, input_delay=delay)
        expect_it_went_on_without(match, slot)
        back = match.peers[players]
        (seat,) = [event for event in back.events if isinstance(event, SeatTaken)]
        assert seat.slot == slot
        assert (seat.frame - (match.poked_frame or 0)) / match.settings.fps < BACK_WITHIN


def test_it_needs_substitutes() -> None:
    with pytest.raises(ConfigError, match="on_desync return needs substitutes: say on_drop default or hold"):
        MatchSettings.parse({"env": "x", "on_desync": "return"})


def ends_undecided(match: VirtualMatch, why: str, mute: int | None = None) -> None:
    """All have ended because of it, and say what is known."""
    for peer in [peer for peer in match.peers if peer.slot != mute]:
        assert peer.reason is EndReason.DESYNC, peer.session.ending
        (event,) = desyncs(peer)
        assert (event.wrong, event.left) == (None, ())
        assert event.frame is not None
        assert event.text.endswith(why), event.text
        assert not peer.session.may_return


@pytest.mark.parametrize("weather", [PERFECT, WAN_BAD, CHAOS], ids=["perfect", "wan_bad", "chaos"])
def test_where_every_game_went_wrong_the_match_ends_and_says_so(weather: Weather) -> None:
    for seed in range(3):
        match = VirtualMatch(settings(2, seed=seed, window=0), weather, game=once_wrong({0, 1})).run(60)
        ends_undecided(match, "neither is what the inputs lead to: all have gone wrong")


@pytest.mark.parametrize("players", [2, 3, 4])
@pytest.mark.parametrize("weather", [PERFECT, WAN_BAD, CHAOS], ids=["perfect", "wan_bad", "chaos"])
def test_where_machines_differ_the_match_ends_and_says_so(players: int, weather: Weather) -> None:
    for slot in range(players):
        match = VirtualMatch(settings(players), weather, game=always_wrong(slot), ordered=False).run(60)
        ends_undecided(match, "each is what the same inputs lead to there: the machines differ")


def test_of_three_two_that_went_wrong_leave_and_return() -> None:
    match = ReturningMatch(settings(3, window=0), WAN_BAD, game=once_wrong({0, 2}))
    match.plant(0, 999, poke).run(60)
    assert [peer.reason for peer in match.peers[:3]] == [
        EndReason.DESYNC,
        EndReason.FINISHED,
        EndReason.DESYNC,
    ]
    assert {peer.slot for peer in match.peers[3:] if peer.reason is EndReason.FINISHED} == {0, 2}
    (event,) = desyncs(match.peers[1])
    assert set(event.left) == {"player 0", "player 2"}
    assert match.peers[1].confirmed == true_game(match, match.peers[1])


# ------------------------------------------------------------------ who lies about it


class LyingMatch(ReturningMatch):
    """Slot 1 takes something else for true of its own game than it found out; `word` None: it never says."""

    word: Judgement | None = None

    def _tick(self, peer: VirtualPeer) -> float:
        case = peer.session._desync.case
        if peer.slot == 1 and case is not None and case.check is not None:
            case.check.judgement, case.check.work = self.word, lambda *_: None
            case.verdicts.is_late = lambda now: False
        return super()._tick(peer)


def lied(players: int, slot: int, word: Judgement | None) -> LyingMatch:
    """The game of `slot` is poked."""
    match = LyingMatch(settings(players), WAN_BAD, ordered=False).plant(slot, 100, poke)
    match.word = word
    return match.run(5.0 + VERDICT_DEADLINE)


@pytest.mark.parametrize("players", [2, 3, 4])
def test_who_is_wrong_and_says_that_it_is_right_can_only_end_the_match(players: int) -> None:
    ends_undecided(lied(players, 1, Judgement.RIGHT), "the machines differ")


@pytest.mark.parametrize("players", [2, 3])
def test_who_is_wrong_and_says_nothing_can_only_end_the_match(players: int) -> None:
    ends_undecided(lied(players, 1, None), "it cannot be told which is right", mute=1)


def test_who_is_right_and_says_that_it_is_wrong_has_nobody_else_dropped() -> None:
    """Slot 0 is wrong and leaves by itself; slot 1 is taken at its word."""
    match = lied(4, 0, Judgement.WRONG)
    for peer in match.peers[2:4]:
        assert peer.reason is EndReason.FINISHED
        gone = {event.name for event in peer.events if isinstance(event, PlayerDropped)}
        assert gone <= {"player 0", "player 1"}


def test_who_says_that_it_is_wrong_and_stays_is_taken_to_have_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Case, "we_left", lambda case, first, last: None)
    match = VirtualMatch(settings(3, window=0), WAN_BAD, game=once_wrong({1})).run(60)
    assert [peer.reason for peer in match.peers] == [
        EndReason.FINISHED,
        EndReason.DROPPED,
        EndReason.FINISHED,
    ]


def once_wrong(slots: set[int]) -> Callable[[MatchSettings], MixingGame]:
    """Games of which those of some slots go wrong, each in its way, when that frame is played first; to be
    played in lockstep, so that no rollback undoes it."""
    made = count()

    class OnceWrong(MixingGame):
        number = -1
        first = True  # of the process, and no part of the game

        def step(self, inputs: Sequence[bytes]) -> bytes:
            outcome = super().step(inputs)
            if self.steps == 123 and self.first and self.number in slots:
                self.first = False
                self.state = (self.state[0] ^ (1 + self.number), *self.state[1:])
            return outcome

    def game(chosen: MatchSettings) -> MixingGame:
        new = OnceWrong(chosen.players, chosen.seed)
        new.number = next(made)
        return new

    return game


def always_wrong(slot: int) -> Callable[[MatchSettings], MixingGame]:
    """Games of which that of `slot` computes otherwise, whenever it comes there."""
    made = count()

    class OtherMachine(MixingGame):
        def step(self, inputs: Sequence[bytes]) -> bytes:
            outcome = super().step(inputs)
            mixed, episode, frame, held = self.state
            self.state = (mixed ^ (frame == 77), episode, frame, held)
            return outcome

    def game(chosen: MatchSettings) -> MixingGame:
        return (OtherMachine if next(made) == slot else MixingGame)(chosen.players, chosen.seed)

    return game
