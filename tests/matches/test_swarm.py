"""A round of the swarm: whole matches with all faults, drawn from seeds, and none breaks a promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.witness import Witness
from netcode.simulator.authors import true_game
from netcode.simulator.claims import is_all_of
from netcode.simulator.draw import draw_scenario
from netcode.simulator.scenario import Scenario, Trick
from netcode.simulator.swarm import SwarmMatch, judge

STORED = sorted((Path(__file__).parent / "scenarios").glob("*.json"))


@pytest.mark.parametrize("seed", range(1, 61))
def test_a_round_of_seeds(seed: int) -> None:
    # Two players in most: those are fast, and every seed is played twice.
    scenario = draw_scenario(seed, players=(2, 2, 2, 2, 3, 4)[seed % 6])
    verdict = judge(scenario, witness=Witness)
    assert verdict.violations == ()
    assert verdict.frames > 0 or scenario.departures  # perhaps before it had begun


@pytest.mark.parametrize(("players", "first"), [(2, 1), (2, 9), (3, 1), (4, 1)])
def test_a_round_of_splits(players: int, first: int) -> None:
    """Sleeps, cuts, leaves and a lost broker, often at a match's end: never two winners."""
    ended = 0
    for seed in range(first, first + 8):
        verdict = judge(draw_scenario(seed, players, splits=True), times=1, witness=Witness)
        assert verdict.violations == (), f"seed {seed}"
        ended += verdict.split
    assert ended > 0


@pytest.mark.parametrize("file", STORED, ids=[file.stem for file in STORED])
def test_what_failed_once_fails_no_more(file: Path) -> None:
    """Found by the swarm, shrunk, and kept: `netplay sim --replay FILE` plays it again."""
    assert judge(Scenario.from_json(file.read_text(), file.name), witness=Witness).violations == ()


@pytest.mark.parametrize("seed", [1, 11])
def test_who_boasts_of_what_it_has_confirmed_harms_only_itself(seed: int) -> None:
    """What it lacks, and has said to hold, the others may have let go of: they hand it nothing of that."""
    scenario = draw_scenario(seed, 4, survives=True)
    honest = tuple(fault for fault in scenario.faults if not isinstance(fault, Trick))
    boaster = min(set(range(4)) - {fault.slot for fault in scenario.departures})
    boast = Trick(slot=boaster, name="boast", share=0.5)
    match = SwarmMatch(scenario.model_copy(update={"faults": (*honest, boast)}))
    match.run(scenario.heals_at)
    assert match.forged > 100
    true = true_game(match, max(match.peers, key=lambda peer: len(peer.confirmed)))
    for peer in match.peers:
        final = peer.confirmed[: peer.session.final]
        assert is_all_of(final, true[: len(final)]), f"slot {peer.slot} took another game for final"
