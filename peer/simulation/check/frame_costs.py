"""What a frame of a match costs: medians in microseconds, and the size of a snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from netcode.errors import UncapturableStateError
from peer.simulation.check.certificate import Report
from peer.simulation.check.plain_run import PlainRun
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.state.size import bytes_of

_SPARE: Final = 0.8  # share of a frame's time that stepping may take; the rest is for drawing and the network


def measure_costs(match: EnvironmentSimulation, run: PlainRun, report: Report) -> None:
    """Costs in the middle of the run, into the report. `match` plays on."""
    costs = report.costs_us
    match.rngs.be_alone()
    costs["step, as in a match"] = _median([_timed(partial(match.step, each)) for each in run.inputs[:100]])
    if match.captures:
        try:
            snapshot = match.capture()
        except UncapturableStateError:  # it came up in play, perhaps only now
            match.begin_next_episode()
            snapshot = match.capture()
        report.objects, report.snapshot_bytes = len(snapshot.graph), bytes_of(snapshot.graph)
        costs["capture"] = _after_steps(match, run, match.capture)
        costs["restore"] = _after_steps(match, run, lambda: match.restore(snapshot))
    costs["digest"] = _after_steps(match, run, match.digest, 10)
    costs["render"] = _median([_timed(match.render) for _ in range(3)])
    if match.captures:
        frame = costs["step, as in a match"] + costs["capture"]
        left = 1e6 / report.fps * _SPARE - frame - costs["restore"]
        report.replayed_frames = max(int(left / frame), 0)


def _after_steps(
    match: EnvironmentSimulation, run: PlainRun, call: Callable[[], Any], times: int = 50
) -> float:
    """Where nothing has changed since, it would cost next to nothing."""
    took = [_timed(call)]
    for inputs in run.inputs[:times]:
        match.step(inputs)
        try:
            took.append(_timed(call))
        except UncapturableStateError:
            break
    return _median(took)


def _timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e6


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
