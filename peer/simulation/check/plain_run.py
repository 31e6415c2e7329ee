"""The truth that everything else is held against: the environment played plainly, nothing skipped."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from netcode.settings import MatchSettings
from peer.simulation.entropy.watch import EntropyWatch
from peer.simulation.environment_simulation import EnvironmentSimulation

DIGEST_EVERY: Final = 10  # frames
_WATCHED_FRAMES: Final = 60  # at which every call is looked at for luck and clocks: some 5 times slower

Notify = Callable[[str, float], None]  # what is being done, and the share of it that is done


@dataclass(slots=True)
class PlainRun:
    """A run, frame by frame."""

    inputs: list[list[bytes]] = field(default_factory=list)
    outcomes: list[bytes] = field(default_factory=list)
    digests: dict[int, bytes] = field(default_factory=dict)  # after that many frames
    ends: list[int] = field(default_factory=list)  # frames that ended an episode
    step_us: float = 0.0


def play_plainly(
    settings: MatchSettings, frames: int, notify: Notify
) -> tuple[PlainRun, EnvironmentSimulation]:
    """Random inputs that are held for a while, as people hold them: it gets further than trembling."""
    run, rng = PlainRun(), random.Random(settings.seed)
    plain = EnvironmentSimulation(settings)
    held = 0
    inputs: list[bytes] = []
    took = 0.0
    for frame in range(frames):
        if held == 0:
            inputs, held = [codec.sample(rng) for codec in plain.codecs], rng.randint(1, 12)
        held -= 1
        run.inputs.append(inputs)
        started = time.perf_counter()
        run.outcomes.append(plain.step(inputs))
        took += time.perf_counter() - started
        if plain.decode_outcome(run.outcomes[-1]).episode_ended:
            run.ends.append(frame)
        if frame % DIGEST_EVERY == DIGEST_EVERY - 1 or frame == frames - 1:
            run.digests[frame + 1] = plain.digest()
            notify("playing the plain environment", frame / frames)
    run.step_us = took / frames * 1e6
    return run, plain


def watch_entropy(settings: MatchSettings, run: PlainRun) -> tuple[EnvironmentSimulation, EntropyWatch]:
    """The beginning of the run again, with an eye on every call."""
    watch = EntropyWatch()
    with watch:
        watched = EnvironmentSimulation(settings)
        for inputs in run.inputs[:_WATCHED_FRAMES]:
            watched.step(inputs)
        watched.render()
        watched.begin_next_episode()
    return watched, watch
