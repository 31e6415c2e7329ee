"""What docs/environments.md promises of the listed environments: no stricter rule may take snapshots away.

A few frames of each that is installed; `make environments` plays hundreds, and writes the page anew.
"""

from __future__ import annotations

import random
import re

import pytest
from environments_page import PAGE as FILE
from environments_page import Entry, is_missing, load_table, named

from netcode.errors import NetplayError
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.player_counts import count_players

PAGE = FILE.read_text()
ENTRIES = load_table()
FRAMES = 5


def promised(entry: Entry) -> str:
    row = re.search(rf"^\| `{re.escape(named(entry))}` \| \d+ \| (\S+) \|", PAGE, re.MULTILINE)
    return row[1].strip("*") if row else "nothing"


def make(entry: Entry) -> EnvironmentSimulation:
    try:
        players = count_players(entry.env, entry.env_args)
        settings = MatchSettings(env=entry.env, env_args=entry.env_args, players=players, seed=3)
        return EnvironmentSimulation(settings, fresh_episodes=False)
    except NetplayError as error:
        if is_missing(str(error)):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if promised(entry) == "rollback"], ids=lambda entry: entry.env
)
def test_it_takes_snapshots_as_promised(entry: Entry) -> None:
    game, rng = make(entry), random.Random(3)
    assert game.captures, game.lockstep_reason
    inputs = [[codec.sample(rng) for codec in game.codecs] for _ in range(FRAMES)]
    game.step(inputs[0])
    snapshot, before = game.capture(), game.digest()
    outcomes = [game.step(each) for each in inputs]
    after = game.digest()
    game.restore(snapshot)
    assert game.digest() == before
    assert [game.step(each) for each in inputs] == outcomes
    assert game.digest() == after
    game.close()


def test_the_page_has_most_of_the_list() -> None:
    assert sum(promised(entry) == "rollback" for entry in ENTRIES) > 30
