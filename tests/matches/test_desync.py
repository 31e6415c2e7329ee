"""A field of one peer's game is changed: every peer names the frame and the field."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from poking import PokedMatch, desyncs, drifting, expect_named_by_all, poke
from staged import BURSTY, CHAOS, FAR, PERFECT, WAN_BAD, settings

from netcode.desync.case import LONGEST_INQUIRY
from netcode.events import EndReason
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame
from netcode.simulator.match import Faults
from netcode.simulator.weather import Weather

WEATHERS = [PERFECT, WAN_BAD, CHAOS, FAR, BURSTY]


def poked(
    players: int, slot: int, at: int, weather: Weather, seconds: float = 60.0, **more: Any
) -> PokedMatch:
    faults = more.pop("faults", None)
    chosen = settings(players, more.pop("frames", 200), **more)
    match = PokedMatch(chosen, weather, faults=faults, ordered=False).plant(slot, at, poke)
    return match.run(seconds)


@pytest.mark.parametrize("players", [2, 3, 4, 5])
@pytest.mark.parametrize("weather", WEATHERS, ids=["perfect", "wan_bad", "chaos", "far", "bursty"])
def test_a_single_corruption_is_named_by_every_peer(players: int, weather: Weather):
    rng = Random(players)
    for seed in range(3):
        slot, at = rng.randrange(players), rng.randrange(199)
        window, delay = rng.choice([(8, 2), (8, 0), (4, 3), (0, 2)])
        match = poked(players, slot, at, weather, seed=seed, window=window, input_delay=delay)
        assert match.poked_frame is not None
        expect_named_by_all(match, slot, match.poked_frame, "mixed")


@pytest.mark.parametrize("players", [2, 3, 5])
def test_a_game_that_goes_wrong_by_itself_is_named_by_every_peer(players: int):
    rng = Random(players)
    for seed in range(4):
        slot, at = rng.randrange(players), rng.randrange(200)
        chosen = settings(players, 200, seed=seed, digest_interval=rng.choice([1, 10, 30, 200]))
        match = PokedMatch(chosen, CHAOS, game=drifting(slot, at)).plant(slot, 999, poke).run(60)
        expect_named_by_all(match, slot, at, "mixed")


def test_fields_that_only_the_other_has_are_asked_for():
    def growing(chosen: MatchSettings) -> MixingGame:
        game = drift(chosen)
        if type(game) is not MixingGame:  # the one that drifts
            fields = game.flatten
            game.flatten = lambda snapshot=None: fields(snapshot) | {f"more[{n}]": n for n in range(99)}
        return game

    drift = drifting(1, 33)
    match = PokedMatch(settings(2, 200), WAN_BAD, game=growing).plant(1, 999, poke).run(60)
    for peer in match.peers:
        (event,) = desyncs(peer)
        assert (event.frame, event.differences[0].path) == (33, "mixed"), event


def test_with_a_long_digest_interval_the_frames_between_kept_states_are_named():
    chosen = settings(2, 1500, digest_interval=1000)
    match = PokedMatch(chosen, WAN_BAD, game=drifting(1, 501)).plant(1, 9999, poke).run(60)
    for peer in match.peers:
        (event,) = desyncs(peer)
        # Every fourth state is kept. The outcome of frame 502 is another: that is seen in any case.
        assert event.text.startswith("frames 500 to 502: outcome "), event.text


# ------------------------------------------------------------------ others who fall silent, or lie


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_a_peer_that_dies_during_the_inquiry_does_not_hang_the_others(dead: int):
    chosen = settings(3, 300, disconnect_timeout=30.0)
    match = PokedMatch(chosen, FAR).plant(2, 57, poke)
    began = 0.0
    while not any(peer.session._desync.case for peer in match.peers):
        began += 1 / 120
        match.run(began)
    match.peers[dead].faults = Faults(crashes_at=began)
    match.run(60)
    living = [peer for peer in match.peers if peer.slot != dead]
    assert [peer.reason for peer in living] == [EndReason.DESYNC] * 2
    assert match.now < began + LONGEST_INQUIRY + 1.0
    for peer in living:
        (event,) = desyncs(peer)
        assert (event.first, event.last) == (50, 59)
        if dead == 2:
            assert (event.name, event.frame) == ("player 2", None)
            assert "within frames 50 to 59 (player 2 did not say what it has within 8 s)" in event.text
        else:
            assert event.frame == match.poked_frame
