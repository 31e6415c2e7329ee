"""A match cut in two: never two winners, and who may not go on is told so."""

from __future__ import annotations

import itertools
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from broker.witness import Witness
from netcode.events import AskingWitness, EndReason, PlayerDropped, PlayerSeated
from netcode.settings import MatchSettings
from netcode.simulator.broker import Absence, Stop, VirtualBroker
from netcode.simulator.claims import contradictions, is_all_of
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.weather import Weather
from netcode.ties import WITNESS_TIMEOUT

TIMEOUT = 1.0
CUT_AT = 2.0
CUT = Weather(loss=1.0)
LINK = Weather(delay_ms=20)


class WitnessedMatch(VirtualMatch):
    """With a broker that every peer asks."""

    def __init__(self, settings: MatchSettings, weather: Weather) -> None:
        super().__init__(settings, weather)
        self.broker = VirtualBroker(Witness, settings.opening_players, weather, Random(settings.seed))

    def _tick(self, peer: VirtualPeer) -> float:
        self.broker.serve(peer, self.now)
        return super()._tick(peer)


def match_of(players: int, weather: Weather = LINK, **settings: Any) -> WitnessedMatch:
    values = {"frames": 300, "seed": players, "digest_interval": 10, "on_drop": "default"} | settings
    values.setdefault("witness", "broker")
    wanted = MatchSettings(env="x", players=players, disconnect_timeout=TIMEOUT, **values)
    return WitnessedMatch(wanted, weather)


def cut(match: VirtualMatch, senders: Any, receivers: Any) -> None:
    """Nothing gets through any more, that way."""
    for pair in itertools.product(senders, receivers):
        match.links[pair].weather = CUT


def cut_off_broker(match: WitnessedMatch, slots: Any) -> None:
    match.broker.absences.append(Absence(frozenset(slots), match.now, float("inf")))


def winners(match: VirtualMatch) -> set[int]:
    """Who finished; all of one history. The others have ended, and said so."""
    done = [peer for peer in match.peers if peer.reason is EndReason.FINISHED]
    assert all(is_all_of(peer.confirmed, done[0].confirmed) for peer in done), "two winners of two histories"
    for peer in match.peers:
        if peer not in done and peer.reason is not EndReason.STOPPED and peer.faults.crashes_at > 999:
            assert peer.reason in (EndReason.SPLIT, EndReason.DROPPED), (peer.slot, peer.session.ending)
            final = peer.session.final
            assert not done or is_all_of(peer.confirmed[:final], done[0].confirmed[:final])
    return {peer.slot for peer in done}


HALVES = [((0,), (1,)), ((0, 3), (1, 2)), ((0, 2, 4, 6), (1, 3, 5, 7))]


def split(match: VirtualMatch, one: tuple[int, ...], other: tuple[int, ...]) -> None:
    match.run(CUT_AT)
    cut(match, one, other)
    cut(match, other, one)


@pytest.mark.parametrize(("one", "other"), HALVES)
@pytest.mark.parametrize("reaches", ["all", "one", "other", "first of other", "none"])
def test_of_two_equal_halves_the_one_named_by_the_witness_goes_on(
    one: tuple[int, ...], other: tuple[int, ...], reaches: str
) -> None:
    match = match_of(len(one) + len(other))
    split(match, one, other)
    away = {"all": (), "one": other, "other": one, "first of other": (*one, *other[1:]), "none": one + other}
    cut_off_broker(match, away[reaches])
    match.run(60)
    goes_on = {"one": set(one), "other": set(other), "first of other": set(other), "none": set[int]()}
    assert winners(match) in ([set(one), set(other)] if reaches == "all" else [goes_on[reaches]])
    for peer in match.peers:
        assert sum(isinstance(event, AskingWitness) for event in peer.events) == 1
        if peer.slot in winners(match):
            assert peer.session.stalls.longest_s < TIMEOUT + 1.0


@pytest.mark.parametrize(("one", "other"), HALVES)
def test_without_a_witness_the_half_with_the_lowest_slot_goes_on(
    one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    match = match_of(len(one) + len(other), witness="none")
    split(match, one, other)
    match.run(60)
    assert winners(match) == set(one)


@pytest.mark.parametrize(("smaller", "larger"), [((3,), (0, 1, 2)), ((0,), (1, 2, 3)), ((0, 1), (2, 3, 4))])
def test_the_larger_part_needs_no_witness(smaller: tuple[int, ...], larger: tuple[int, ...]) -> None:
    match = match_of(len(smaller) + len(larger))
    split(match, smaller, larger)
    cut_off_broker(match, larger)
    match.run(60)
    assert winners(match) == set(larger)
    assert not any(isinstance(event, AskingWitness) for peer in match.peers for event in peer.events)


@pytest.mark.parametrize("dead", [0, 1])
def test_of_two_players_either_plays_on_when_the_other_dies(dead: int) -> None:
    match = match_of(2)
    match.run(CUT_AT)
    match.peers[dead].alive = False
    match.run(60)
    assert match.peers[1 - dead].reason is EndReason.FINISHED
    (dropped,) = [event for event in match.peers[1 - dead].events if isinstance(event, PlayerDropped)]
    assert dropped.slots == (dead,)


@pytest.mark.parametrize(("one", "other"), HALVES)
@pytest.mark.parametrize("after", [0.5, TIMEOUT - 0.02, TIMEOUT + 0.03, TIMEOUT + 1.0])
@pytest.mark.parametrize("witness", ["broker", "none"])
def test_a_split_that_heals_has_no_two_winners(
    one: tuple[int, ...], other: tuple[int, ...], after: float, witness: str
) -> None:
    match = match_of(len(one) + len(other), witness=witness)
    split(match, one, other)
    match.run(CUT_AT + after)
    for pair in (*itertools.product(one, other), *itertools.product(other, one)):
        match.links[pair].weather = LINK
    match.run(60)
    if after < TIMEOUT - 0.1:
        assert winners(match) == {*one, *other}  # nobody was ever lost
    elif after > TIMEOUT + 0.5:
        assert winners(match) in ([set(one), set(other)] if witness == "broker" else [set(one)])
    else:
        assert winners(match)


def test_a_half_that_the_witness_names_later_than_it_waits_does_not_go_on() -> None:
    match = match_of(4)
    split(match, (0, 1), (2, 3))
    cut_off_broker(match, range(4))
    match.run(CUT_AT + TIMEOUT + WITNESS_TIMEOUT + 1.0)
    assert {peer.reason for peer in match.peers} == {EndReason.SPLIT}
    assert all("broker" in str(peer.session.ending) for peer in match.peers)


def test_a_broker_that_was_started_anew_names_nobody() -> None:
    match = match_of(4)
    match.broker.stops.append(Stop(match.now, match.now))
    split(match, (0, 1), (2, 3))
    match.run(60)
    assert winners(match) == set()
    assert all("started anew" in str(peer.session.ending) for peer in match.peers if peer.slot in (0, 2))


def test_the_winners_of_one_split_may_be_split_again() -> None:
    match = match_of(4, frames=500)
    split(match, (0, 1), (2, 3))
    cut_off_broker(match, (0, 1))
    match.run(6.0)
    cut(match, (2,), (3,))
    cut(match, (3,), (2,))
    match.run(60)
    assert len(winners(match)) == 1 and winners(match) <= {2, 3}


def test_who_leaves_after_its_word_was_used_does_not_make_the_others_larger() -> None:
    """3 and 4 hear 1 and 2, which do not hear them; these drop them, let 0 go on, and leave."""
    for ticks in range(0, 20, 2):
        match = match_of(5)
        match.run(CUT_AT)
        cut(match, (3, 4), (0, 1, 2))
        cut(match, (0,), (3, 4))
        match.run(CUT_AT + TIMEOUT + ticks / 60)
        for slot in (1, 2):
            match.peers[slot].session.stop("enough")
        match.run(60)
        winners(match)


def asleep(match: VirtualMatch, slot: int, start: float, seconds: float) -> None:
    """A process stands still, as after SIGSTOP."""
    peer = match.peers[slot]
    peer.faults = replace(peer.faults, pauses={start: seconds})


@pytest.mark.parametrize("witness", ["broker", "none"])
@pytest.mark.parametrize("leaves_at", [None, CUT_AT + TIMEOUT + 1.0])
@pytest.mark.parametrize("seconds", [1.5, 3.0, 6.0])
def test_who_slept_while_the_other_finished_or_left_does_not_play_on(
    witness: str, leaves_at: float | None, seconds: float
) -> None:
    """The last survivor has nobody left to whom it could tell whom it has dropped, but that one itself."""
    match = match_of(2, witness=witness)
    asleep(match, 1, CUT_AT, seconds)
    if leaves_at is not None:
        match.run(leaves_at)
        match.peers[0].session.stop("enough")
    match.run(60)
    awake, sleeper = match.peers
    assert awake.reason is (EndReason.FINISHED if leaves_at is None else EndReason.STOPPED)
    assert sleeper.reason in (EndReason.DROPPED, EndReason.SPLIT)
    assert contradictions(match.peers) == []
    if leaves_at is None:
        assert awake.session.confirmed_by == (0,)
        assert "confirmed by 1 of 2, without player 1 from frame" in str(awake.session.ending)


def test_who_slept_at_the_very_end_and_lacks_nothing_finishes_by_itself() -> None:
    for tenths in range(6):
        match = match_of(2, frames=120, input_delay=5)
        asleep(match, 1, 1.5 + tenths / 10, 3.0)
        match.run(60)
        awake, sleeper = match.peers
        assert awake.reason is EndReason.FINISHED
        assert contradictions(match.peers) == []
        if sleeper.reason is EndReason.FINISHED:
            assert sleeper.confirmed == awake.confirmed


def test_a_match_is_not_finished_before_the_witness_has_named_our_half() -> None:
    """Cut one way within the last frames: 1 has all inputs and 0 has not, but 0 is named and plays on."""
    for ticks in range(0, 20, 2):
        match = match_of(2, frames=150, window=30)
        cut_at = 150 / 60 - 0.4 + ticks / 60
        match.run(cut_at)
        cut(match, (1,), (0,))
        match.run(cut_at + TIMEOUT)
        cut(match, (0,), (1,))
        match.run(60)
        winners(match)


def test_who_lacks_only_the_last_words_of_another_that_is_lost_ends() -> None:
    """0 and 1 have finished without 2, which has all of 0, lacks inputs of 1, and is not helped any more."""
    ended = set()
    for ticks in range(0, 24):
        match = match_of(3, frames=150, digest_interval=60)
        match.run(150 / 60 - 0.3 + ticks / 60)
        cut(match, (1,), (2,))
        cut(match, (2,), (1,))
        match.run(60)
        ended |= {match.peers[2].reason}
        winners(match)
    assert EndReason.DROPPED in ended


def test_a_newcomer_has_a_say_in_a_drop_that_is_agreed_on_after_it_came() -> None:
    """Its seat was announced in the last inputs of the one who is dropped, which others hand over."""
    for ticks in range(0, 30, 2):
        match = match_of(4, open_slots=1, frames=400)
        match.run(CUT_AT)
        match.come_back(3, Faults())
        match.run(CUT_AT + ticks / 60)
        cut(match, (0,), (2,))
        match.run(CUT_AT + (ticks + 4) / 60)
        cut(match, (0,), (1,))
        match.run(60)
        assert contradictions(match.peers) == []
        assert all(peer.reason is not EndReason.DESYNC for peer in match.peers)


@pytest.mark.parametrize("reaches", ["all", "none"])
def test_a_word_of_the_witness_holds_for_one_split_only(reaches: str) -> None:
    """Named once, it may not go on by that when it loses the one who has come back since."""
    match = match_of(2, frames=600)
    match.peers[0].faults = replace(match.peers[0].faults, crashes_at=CUT_AT)
    match.run(CUT_AT + TIMEOUT + 1.0)
    match.come_back(0, Faults())
    match.run(6.0)
    assert any(isinstance(event, PlayerSeated) for event in match.peers[1].events)
    cut(match, (0,), (1,))
    cut(match, (1,), (0,))
    cut_off_broker(match, (0, 1) if reaches == "none" else ())
    match.run(60)
    assert contradictions(match.peers) == []
    assert len(winners(match)) == (1 if reaches == "all" else 0)
