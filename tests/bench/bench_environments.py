"""Snapshots in play over all environments of configs/checks/environments.toml that are installed here.

Each in a process of its own: a capture after each frame, and a restore after three. Beside it `copy.deepcopy`
of the environment, and its plain step, which makes observations too. Of many environments deepcopy makes a
fresh one instead of a copy (EzPickle): these are told apart.
"""

from __future__ import annotations

import copy
import json
import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gymnasium.utils import EzPickle
from rows import Row, once_us

sys.path.insert(0, str(Path(__file__).parents[2] / "docs/diagrams"))
from environments_page import Entry, load_table

from netcode.errors import NetplayError
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.make import make_simulation
from peer.simulation.player_counts import count_players

_ROUNDS: Final = 100
_SECONDS: Final = 8.0  # for slow ones
_LONG_STEP_US: Final = 200.0


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds, medians; deepcopy None where it fails."""

    env: str
    step: float
    plain_step: float
    capture: float
    restore: float
    deepcopy: float | None
    copies: bool  # or is it a fresh one?

    @property
    def snapshot(self) -> float:
        return self.capture + self.restore


def rows() -> list[Row]:
    measured = [costs for entry in load_table() if (costs := _in_a_process(entry)) is not None]
    if "--json" not in sys.argv:
        for costs in measured:
            print(_line(costs), file=sys.stderr)
    ratios = [(costs.deepcopy / costs.snapshot, costs.copies) for costs in measured if costs.deepcopy]
    name = "deepcopy / (capture + restore), median over"
    rows = [
        Row("environments with snapshots measured", len(measured), "", ""),
        Row(
            f"{name} those it copies",
            _median(ratio for ratio, copies in ratios if copies),
            "x",
            "at least 50",
        ),
        Row(f"{name} all", _median(ratio for ratio, _ in ratios), "x", ""),
    ]
    for what in ("step", "plain_step"):
        long = [costs for costs in measured if getattr(costs, what) > _LONG_STEP_US]
        shares = {costs.env: 100 * costs.snapshot / getattr(costs, what) for costs in long}
        most = max(shares, key=lambda env: shares[env])
        name = f"capture + restore, of a {what.replace('_', ' ')} over 200 us"
        rows += [
            Row(f"{name}, most: {most}", shares[most], "%", "at most 25"),
            Row(f"{name}, median", _median(shares.values()), "%", ""),
        ]
    return rows


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values) or [0.0])


def _line(costs: Costs) -> str:
    deepcopy = "fails" if costs.deepcopy is None else f"{costs.deepcopy / costs.snapshot:.1f} x"
    fresh = "" if costs.copies else " (fresh)"
    return (
        f"{costs.env[-50:]:50} step {costs.step:7,.0f} plain {costs.plain_step:7,.0f} "
        f"capture {costs.capture:7,.1f} restore {costs.restore:7,.1f} deepcopy {deepcopy:>8}{fresh}"
    )


def _in_a_process(entry: Entry) -> Costs | None:
    """None: not installed here, or played in lockstep."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            told = pool.submit(_measure, entry.env, entry.env_args).result()
        except (BrokenProcessPool, NetplayError):
            return None
    return None if told is None else Costs(**json.loads(told))


def _measure(env: str, env_args: dict[str, Any]) -> str | None:
    settings = MatchSettings(env=env, env_args=env_args, players=count_players(env, env_args))
    simulation, plain = make_simulation(settings), make_simulation(settings, observation_free=False)
    if not simulation.captures:
        return None
    rng = random.Random(1)
    simulation.rngs.be_alone()
    steps, captures, restores = _in_play(simulation, rng)
    deepcopy = _deepcopy_us(simulation)
    copies = not any(isinstance(layer, EzPickle) for layer in simulation.layers())
    plain.rngs.be_alone()
    plain_steps = [once_us(lambda: plain.step(_frame(plain, rng))) for _ in range(3 * _ROUNDS)]
    medians = map(statistics.median, (steps, plain_steps, captures, restores))
    return json.dumps(dict(zip(Costs.__slots__, (env, *medians, deepcopy, copies), strict=True)))


def _in_play(
    simulation: EnvironmentSimulation, rng: random.Random
) -> tuple[list[float], list[float], list[float]]:
    """Microseconds of each step, capture and restore."""
    steps, captures, restores = list[float](), list[float](), list[float]()
    end = time.monotonic() + _SECONDS
    for _ in range(_ROUNDS):
        frames = [_frame(simulation, rng) for _ in range(3)]
        before = simulation.capture()
        for frame in frames:
            steps.append(once_us(lambda frame=frame: simulation.step(frame)))
            captures.append(once_us(simulation.capture))
        restores.append(once_us(lambda before=before: simulation.restore(before)))
        for frame in frames:
            simulation.step(frame)
        if time.monotonic() > end:
            break
    return steps, captures, restores


def _deepcopy_us(simulation: EnvironmentSimulation) -> float | None:
    try:
        return statistics.median(once_us(lambda: copy.deepcopy(simulation.env)) for _ in range(5))
    except Exception:  # somebody else's code
        return None


def _frame(simulation: EnvironmentSimulation, rng: random.Random) -> list[bytes]:
    return [codec.sample(rng) for codec in simulation.codecs]
