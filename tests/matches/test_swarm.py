"""A round of the swarm: whole matches with all faults, drawn from seeds, and none breaks a promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from netcode.simulator.draw import draw_scenario
from netcode.simulator.scenario import Scenario
from netcode.simulator.swarm import judge

STORED = sorted((Path(__file__).parent / "scenarios").glob("*.json"))


@pytest.mark.parametrize("seed", range(1, 61))
def test_a_round_of_seeds(seed: int) -> None:
    # Two players in most: those are fast, and every seed is played twice.
    verdict = judge(draw_scenario(seed, players=(2, 2, 2, 2, 3, 4)[seed % 6]))
    assert verdict.violations == ()
    assert verdict.frames > 0


@pytest.mark.parametrize("file", STORED, ids=[file.stem for file in STORED])
def test_what_failed_once_fails_no_more(file: Path) -> None:
    """Found by the swarm, shrunk, and kept: `netplay sim --replay FILE` plays it again."""
    assert judge(Scenario.from_json(file.read_text(), file.name)).violations == ()
