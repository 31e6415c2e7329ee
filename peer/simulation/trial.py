"""Which shortcuts are safe for an environment: tried out on the spot before a match.

Each shortcut makes the same game cheaper. A short run against the plain environment, with random actions
and an episode begun anew, decides; what differs in any digest, outcome or observation is not used.
Sixty frames cannot prove it for ever: `netplay check` runs longer, and in a match every
peer's digests are compared anyway.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

import numpy as np

from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.quoting import one_line
from peer.simulation.state.diff import differences

TRIAL_FRAMES: Final = 60  # 0.2 to 0.7 s for environments that draw their observations
_FRAMES_OF_SECOND_EPISODE: Final = 10


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """What may be left out, and why not the rest."""

    observation_free: bool
    reuse_environment: bool  # put back to new for each episode, instead of made anew
    reasons: tuple[str, ...] = ()
    step_s: float = 0.0  # a step of the game took so long at least; 0: not measured
    digest_s: float = 0.0  # and a digest


@dataclass(slots=True)
class _Took:
    """Seconds, each time."""

    steps: list[float] = field(default_factory=list)
    digests: list[float] = field(default_factory=list)

    @property
    def step_s(self) -> float:
        return min(self.steps, default=0.0)

    @property
    def digest_s(self) -> float:
        return min(self.digests, default=0.0)


def try_shortcuts(settings: MatchSettings, frames: int = TRIAL_FRAMES) -> Shortcuts:
    """Try both shortcuts together; only if that fails, each alone."""
    plain = EnvironmentSimulation(settings)
    if not plain.captures:
        return Shortcuts(False, False, (plain.lockstep_reason or "",))
    took = _Took()
    if _differs(settings, frames, True, True, took) is None:
        return Shortcuts(True, True, step_s=took.step_s, digest_s=took.digest_s)
    blind = _differs(settings, frames, True, False, took)
    reuse = _differs(settings, frames, False, True, took)
    reasons = [f"observations are computed: {blind}"] if blind else []
    reasons += [f"each episode gets a new environment: {reuse}"] if reuse else []
    # If each alone is safe but both together are not, the cheaper gain is given up.
    reuses = reuse is None and blind is not None
    return Shortcuts(blind is None, reuses, tuple(reasons), took.step_s, took.digest_s)


def _differs(
    settings: MatchSettings, frames: int, observation_free: bool, reuse: bool, took: _Took
) -> str | None:
    """Where the game with shortcuts first differs from the plain one, or None. `took`: what that costs."""
    plain = EnvironmentSimulation(settings)
    try:
        short = EnvironmentSimulation(settings, observation_free, fresh_episodes=not reuse)
        rng = random.Random(settings.seed)
        for frame in range(frames + _FRAMES_OF_SECOND_EPISODE):
            if frame == frames:
                plain.begin_next_episode()
                short.begin_next_episode()
            inputs = [codec.sample(rng) for codec in plain.codecs]
            outcome = plain.step(inputs)
            began = perf_counter()
            same = short.step(inputs) == outcome
            took.steps.append(perf_counter() - began)
            if not same:
                return f"rewards or ends differ at frame {frame}"
            if frame % 10 == 9:
                began = perf_counter()
                short.digest()
                took.digests.append(perf_counter() - began)
                if (difference := first_difference(plain, short)) is not None:
                    return f"{difference} after frame {frame}"
    except Exception as error:  # somebody else's code, run in a way it was not written for
        return one_line(error)
    return None


def first_difference(a: EnvironmentSimulation, b: EnvironmentSimulation) -> str | None:
    """The first field or observation in which two simulations differ now, or None."""
    if a.digest() != b.digest():
        found = differences(a.flatten(), b.flatten(), 1)
        return found[0] if found else "the state"
    for slot in range(a.slots):
        if not same_observation(a.observe(slot), b.observe(slot)):
            return f"the observation of {a.agents[slot]}"
    return None


def same_observation(a: Any, b: Any) -> bool:
    """Equal to the bit, types included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    if isinstance(a, dict):
        return list(a) == list(b) and all(same_observation(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same_observation(x, y) for x, y in zip(a, b, strict=True))
    return repr(a) == repr(b)
