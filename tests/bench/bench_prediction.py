"""Frames played with a wrong guess: each strategy on the presses of made-up people, one hand's inputs late.

Measured through the real timeline and rollback, from a cold start: three minutes of a person never seen
before. `python tests/bench/bench_prediction.py [PEOPLE]` prints the whole table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter_ns

from rows import Row

from netcode.prediction import PREDICTORS, Predictor
from netcode.rollback import Rollback
from netcode.simulator.presses import FPS, STYLES, Style, record
from netcode.timeline import Timeline

FRAMES = 3 * 60 * FPS
DELAYS = (3, 4, 5, 6, 7, 8)  # frames until an input is known
FIRST_SEED = 101  # whoever changes a strategy tries it on people of lower seeds
NOTHING = bytes(1)


@dataclass
class Cost:
    """What guessing wrong cost, in frames and rollbacks."""

    frames: int = 0
    wrong: int = 0  # frames that were first played with a wrong input
    rollbacks: int = 0
    replayed: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.frames + other.frames,
            self.wrong + other.wrong,
            self.rollbacks + other.rollbacks,
            self.replayed + other.replayed,
        )


class NoGame:
    """Takes inputs, and that is all."""

    def step(self, inputs: Sequence[bytes]) -> bytes:
        return b""

    def capture(self) -> None:
        return None

    def restore(self, snapshot: None) -> None:
        pass

    def digest(self, snapshot: None = None) -> bytes:
        return b""

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return True


def play(inputs: Sequence[bytes], predictor: Predictor, delay: int) -> Cost:
    """One slot's inputs, each known `delay` frames late."""
    timeline = Timeline(NOTHING, 0, predictor)
    core, game, cost = Rollback([timeline], max(DELAYS), FPS), NoGame(), Cost(len(inputs))
    for frame in range(len(inputs)):
        if frame >= delay:
            timeline.confirm(inputs[frame - delay])
        depth = core.reconcile(game)
        cost.rollbacks += depth > 0
        cost.replayed += depth
        core.advance(game)
        core.outcomes.clear()
        timeline.forget_before(timeline.confirmed)
    cost.wrong = timeline.mispredictions
    return cost


def people(style: Style, count: int) -> list[list[bytes]]:
    return [record(style, Random(FIRST_SEED + number), FRAMES) for number in range(count)]


def measure(name: str, recordings: Sequence[Sequence[bytes]], delay: int) -> Cost:
    make: Callable[[bytes], Predictor] = PREDICTORS[name]  # type: ignore[index]
    return sum((play(inputs, make(NOTHING), delay) for inputs in recordings), Cost())


def microseconds(name: str) -> tuple[float, float]:
    """Mean of one learn and of one predict, over all styles, with a new input and a guess each frame."""
    learning = predicting = calls = 0
    for style in STYLES:
        predictor = PREDICTORS[name](NOTHING)  # type: ignore[index]
        for number, data in enumerate(record(style, Random(FIRST_SEED), FRAMES)):
            started = perf_counter_ns()
            predictor.learn(data)
            learned = perf_counter_ns()
            predictor.predict(DELAYS[number % len(DELAYS)])
            predicting += perf_counter_ns() - learned
            learning += learned - started
            calls += 1
    return learning / calls / 1000, predicting / calls / 1000


def rows() -> list[Row]:
    learning, predicting = microseconds("learned")
    found = []
    before = after = 0
    for style in STYLES:
        recordings = people(style, 2)
        plain = sum((measure("repeat-last", recordings, delay) for delay in (3, 5, 8)), Cost())
        ours = sum((measure("learned", recordings, delay) for delay in (3, 5, 8)), Cost())
        before, after = before + plain.wrong, after + ours.wrong
        found.append(Row(f"  {style}", 100 - 100 * ours.wrong / plain.wrong, "%", ""))
    return [
        Row(
            "learned prediction: fewer wrong frames than repeat-last",
            100 - 100 * after / before,
            "%",
            "at least 20",
        ),
        *found,
        Row("learned prediction, one input learned", learning, "us", "a few"),
        Row("learned prediction, one frame predicted", predicting, "us", "a few"),
    ]


def main() -> None:
    from rich.console import Console
    from rich.table import Table

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    title = f"Frames played wrong, inputs {min(DELAYS)} to {max(DELAYS)} frames late ({count} people a style)"
    table = Table(title=title, title_justify="left")
    table.add_column("style")
    table.add_column("strategy")
    for column in ("wrong of 100", "change", *(f"late {delay}" for delay in DELAYS), "rollbacks", "replayed"):
        table.add_column(column, justify="right")
    totals = {(name, delay): Cost() for name in PREDICTORS for delay in DELAYS}
    for style in (*STYLES, "all"):
        recordings = [] if style == "all" else people(style, count)
        plain: dict[int, Cost] = {}
        for name in PREDICTORS:
            costs = {d: totals[name, d] if style == "all" else measure(name, recordings, d) for d in DELAYS}
            for delay, cost in costs.items():
                if style != "all":
                    totals[name, delay] += cost
            plain = plain or costs
            table.add_row(style, name, *_cells(costs, plain))
        table.add_section()
    Console(width=120).print(table)


def _cells(costs: dict[int, Cost], plain: dict[int, Cost]) -> list[str]:
    """Beside repeat-last, which is `plain`."""
    whole, whole_plain = sum(costs.values(), Cost()), sum(plain.values(), Cost())
    return [
        f"{100 * whole.wrong / whole.frames:.1f}",
        _change(whole.wrong, whole_plain.wrong),
        *(_change(cost.wrong, plain[delay].wrong) for delay, cost in costs.items()),
        _change(whole.rollbacks, whole_plain.rollbacks),
        _change(whole.replayed, whole_plain.replayed),
    ]


def _change(value: int, plain: int) -> str:
    return f"{100 * value / plain - 100:+.0f} %"


if __name__ == "__main__":
    main()
