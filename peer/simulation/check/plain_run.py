"""The truth that everything else is held against: the environment played plainly, nothing skipped."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from netcode.settings import MatchSettings
from peer.simulation.entropy.watch import EntropyWatch
from peer.simulation.environment_simulation import EnvironmentSimulation

DIGEST_EVERY: Final = 10  # frames
_PLAIN_SHARE: Final = 1 / 40  # of the time for a whole check; most goes into rollbacks
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


@dataclass(frozen=True, slots=True)
class Thorough:
    """Whole episodes: as many as this, as far as the time allows."""

    minutes: float
    episodes: int = 3

    @property
    def plain_seconds(self) -> float:
        """For the plain run alone; all that is held against it takes longer."""
        return self.minutes * 60 * _PLAIN_SHARE


def play_plainly(
    settings: MatchSettings, frames: int, notify: Notify, thorough: Thorough | None = None
) -> tuple[PlainRun, EnvironmentSimulation]:
    """Random inputs that are held for a while, as people hold them: it gets further than trembling.

    thorough: play on beyond `frames`.
    """
    run, rng = PlainRun(), random.Random(settings.seed)
    plain = EnvironmentSimulation(settings)
    held = 0
    inputs: list[bytes] = []
    took = 0.0
    started_at = time.monotonic()

    def goes_on(frame: int) -> bool:
        if thorough is None or frame < frames:
            return frame < frames
        return len(run.ends) < thorough.episodes and time.monotonic() - started_at < thorough.plain_seconds

    for frame in itertools.takewhile(goes_on, itertools.count()):
        if held == 0:
            inputs, held = [codec.sample(rng) for codec in plain.codecs], rng.randint(1, 12)
        held -= 1
        run.inputs.append(inputs)
        started = time.perf_counter()
        run.outcomes.append(plain.step(inputs))
        took += time.perf_counter() - started
        if plain.decode_outcome(run.outcomes[-1]).episode_ended:
            run.ends.append(frame)
        if frame % DIGEST_EVERY == DIGEST_EVERY - 1:
            run.digests[frame + 1] = plain.digest()
            notify("playing the plain environment", min(frame / frames, 1.0))
    run.digests[len(run.inputs)] = plain.digest()
    run.step_us = took / len(run.inputs) * 1e6
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
