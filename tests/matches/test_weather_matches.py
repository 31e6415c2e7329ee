"""Whole matches in virtual time, over every weather: all peers confirm the one true game."""

from __future__ import annotations

import pytest
from staged import BURSTY, CHAOS, FAR, PERFECT, WAN_BAD, expect_a_good_match, play, rollbacks, settings

from netcode.prediction import PREDICTORS
from netcode.simulator.match import VirtualMatch
from netcode.simulator.weather import Weather

WEATHERS = {"perfect": PERFECT, "wan_bad": WAN_BAD, "bursty": BURSTY, "chaos": CHAOS, "far": FAR}
FRAMES = {1: 600, 2: 400, 3: 300, 4: 240, 8: 90}


@pytest.mark.parametrize("name", WEATHERS)
@pytest.mark.parametrize("players", FRAMES)
def test_every_number_of_players_in_every_weather(players, name):
    for seed in range(2):
        match = play(settings(players, FRAMES[players], seed=seed), WEATHERS[name], ordered=name != "chaos")
        expect_a_good_match(match)
        if players > 1 and name != "perfect":
            assert rollbacks(match) > FRAMES[players] / 3


@pytest.mark.parametrize("delay", [0, 1, 2, 5])
@pytest.mark.parametrize("window", [0, 1, 8, 30])
def test_every_window_and_delay(window, delay):
    for seed in range(2):
        match = play(settings(2, 150, seed=seed, window=window, input_delay=delay), CHAOS, ordered=False)
        expect_a_good_match(match)
        assert (rollbacks(match) > 10) == (window > 0 and delay < 5)


@pytest.mark.parametrize("prediction", PREDICTORS)
def test_every_prediction_ends_in_the_same_game(prediction):
    for seed in range(2):
        match = play(settings(3, 300, seed=seed, prediction=prediction), WAN_BAD, hold=0.85)
        expect_a_good_match(match)
        assert rollbacks(match) > 20


@pytest.mark.parametrize("values", [{"fps": 20}, {"fast": True}, {"digest_interval": 1}])
def test_every_other_setting(values):
    expect_a_good_match(play(settings(3, 150, seed=4, **values), WAN_BAD))


@pytest.mark.parametrize("seed", range(8))
def test_held_buttons_roll_back_less(seed):
    """Repeat-last is right while a button is held."""
    chosen = settings(2, 300, seed=seed)
    held, tapped = (play(chosen, WAN_BAD, hold=hold) for hold in (0.9, 0.0))
    expect_a_good_match(held)
    assert 0 < rollbacks(held) < rollbacks(tapped) / 2


@pytest.mark.parametrize("seed", range(6))
def test_a_burst_stalls_no_longer_than_itself_and_a_second(seed):
    """15 packets in a row (250 ms): no input is lost, and nobody stands still for longer."""
    match = VirtualMatch(settings(2, 500, seed=seed), Weather(delay_ms=40, jitter_ms=5))
    dead = [(second + 0.5, second + 0.75) for second in range(1, 9)]
    for link in match.links.values():
        put = link.put
        link.put = lambda data, now, put=put: None if any(a <= now < b for a, b in dead) else put(data, now)
    match.run(60)
    expect_a_good_match(match)
    for peer in match.peers:
        assert 0.02 < peer.session.stalls.longest_s < 0.25 + 0.1


def test_a_match_plays_at_its_frame_rate():
    """Neither weather nor a late start makes the game run faster than its rate, or much slower."""
    for weather in (PERFECT, Weather(delay_ms=20), WAN_BAD, Weather(delay_ms=50, loss=0.1)):
        match = play(settings(2, 1200, seed=1), weather)
        assert 19.9 < match.now < 20.9, weather
