"""Seeds of the simulator, judged one after the other or by several processes."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from netcode.simulator.draw import draw_scenario
from netcode.simulator.swarm import judge

if TYPE_CHECKING:
    from netcode.simulator.broker import WitnessRules
    from netcode.simulator.scenario import Scenario
    from netcode.simulator.swarm import Verdict


@dataclass(frozen=True)
class Judged:
    """One seed, and what became of it."""

    seed: int
    scenario: Scenario
    verdict: Verdict


@dataclass(frozen=True)
class SeedJudge:
    """How every seed of a round is judged. Called in whichever process is free."""

    witness: Callable[[], WitnessRules]  # the broker's rules for splits
    players: int | None = None  # drawn from each seed if not given
    times: int = 2  # that each is played

    def __call__(self, seed: int) -> Judged:
        scenario = draw_scenario(seed, self.players)
        return Judged(seed, scenario, self.judge(scenario))

    def judge(self, scenario: Scenario) -> Verdict:
        """Of any scenario."""
        return judge(scenario, times=self.times, witness=self.witness)


def cores() -> int:
    """How many seeds this process may judge at once without one slowing down the other."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def judge_seeds(seeds: range, how: SeedJudge, jobs: int) -> Iterator[Judged]:
    """In the order of the seeds, with `jobs` processes: the same verdicts whatever their number."""
    gc.freeze()  # what is loaded by now stays; the collector need not walk it again and again
    if min(jobs, len(seeds)) <= 1:
        yield from map(how, seeds)
        return
    with get_context("spawn").Pool(min(jobs, len(seeds)), _begin) as pool:
        yield from pool.imap(how, seeds)


def _begin() -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches all of us: the first process ends the others
    gc.freeze()
