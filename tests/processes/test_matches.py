"""Whole matches by `netplay match`: a supervisor, a broker and all peers, over bad links, judged in the end.

Two are played at a time, so that the suite stays short; each test waits for its own.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from judging import supervised_match
from staging import expect_nothing_left

KAZ = ["--env", "pettingzoo:butterfly/knights_archers_zombies_v11"]
DUEL = [*KAZ, "--env-arg", "num_archers=1", "--env-arg", "num_knights=1"]
PONG = ["--env", "pettingzoo:butterfly/cooperative_pong_v6"]
RACE = ["--env", "race:CartPole-v1"]
WAN_BAD = ["--weather", "wan_bad", "--fps", 60]

# name: (arguments, players, frames, rollbacks that there are at least, in all peers together)
MATCHES = {
    "eight_cart_poles": ([*RACE, "--weather", "wan_bad", "--fps", 30], 8, 200, 200),
    "four_knights_and_archers": ([*KAZ, *WAN_BAD], 4, 400, 400),
    "knights_archers_zombies": ([*DUEL, *WAN_BAD], 2, 600, 200),
    "remote_inputs_held_back": ([*DUEL, "--fps", 60, "--debug-remote-input-delay", 5], 2, 400, 100),
    "bursts": ([*DUEL, "--weather", "bursty", "--fps", 60], 2, 600, 100),
    "cooperative_pong": ([*PONG, *WAN_BAD], 2, 300, 100),
    "no_input_delay": ([*RACE, *WAN_BAD, "--input-delay", 0], 2, 200, 40),
    "a_prediction_that_fails": ([*RACE, *WAN_BAD, "--prediction", "failing_prediction:Failing"], 2, 200, 40),
    "as_fast_as_they_can": ([*RACE, "--fast", "--weather", "lan"], 2, 1500, 20),
    "alone": (["--env", "CartPole-v1", "--fast"], 1, 300, 0),
    "lockstep": ([*RACE, *WAN_BAD, "--prediction-window", 0], 2, 100, 0),
    "lockstep_for_want_of_snapshots": (["--env", "unrememberable_env:Unrememberable", *WAN_BAD], 2, 200, 0),
    "guessing_ends_in_play": (["--env", "unrememberable_env:LateUnrememberable", *WAN_BAD], 2, 200, 20),
}


@pytest.fixture(scope="module")
def reports(request, tmp_path_factory):
    """Name -> the report of that match, under way or done."""
    wanted = [item.callspec.params["name"] for item in request.session.items if item.path == request.path]
    folder = tmp_path_factory.mktemp("matches")
    with expect_nothing_left(folder), ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        yield {name: pool.submit(_play, name, folder) for name in MATCHES if name in wanted}


def _play(name, folder):
    arguments, players, frames, _ = MATCHES[name]
    arguments = [*arguments, "--players", players, "--frames", frames, "--seed", 3]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    return supervised_match(folder / name, *arguments, env=environment)


@pytest.fixture
def nothing_is_left_running():
    """Not between these tests: other matches are under way. `reports` looks in the end."""


@pytest.mark.parametrize("name", MATCHES)
def test_every_peer_plays_the_same_game(reports, name):
    _, players, frames, rollbacks = MATCHES[name]
    report = reports[name].result()
    assert (report["players"], report["frames_confirmed"]) == (players, frames)
    played = report["peers"]
    assert sum(peer["rollbacks"] for peer in played) >= rollbacks
    if not rollbacks:
        assert sum(peer["rollbacks"] for peer in played) == 0
    window = report["settings"]["window"]
    assert (window == 0) == name.startswith("lockstep")
    assert max(peer["max_rollback_depth"] for peer in played) <= window
    assert max(peer["longest_stall_s"] for peer in played) < 2  # the longest burst, and a second
    assert {peer["packets_rejected"] for peer in played} == {0}
    assert all(peer["packets_in"] > frames / 4 for peer in played if players > 1)
