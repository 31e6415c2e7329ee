"""How long it takes to get to the present by replaying, and so which way a late joiner takes."""

from __future__ import annotations

import enum
import math
import random
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from peer.simulation.environment_simulation import EnvironmentSimulation

LONGEST_REPLAY_S: Final = 3.0  # beyond that a joiner would rather be sent a state
_MEASURED_FRAMES: Final = 60
_MEASURED_S: Final = 0.3  # at most, where frames are slow


class CatchUp(enum.Enum):
    """Ways to the present. All end with a digest that must be the confirmed one."""

    REPLAY_ALL = "replay all"  # every confirmed input since frame 0
    REPLAY_EPISODE = "replay the episode"  # simulation.begin_episode, then the inputs since its first frame
    LOAD_STATE = "load a state"  # simulation.load_state, then the inputs since


def measure_step_s(simulation: EnvironmentSimulation) -> float:
    """Seconds a frame takes here when nothing is drawn, episodes' beginnings included.

    `simulation` must be freshly made, and is again as it was. Takes at most some tenths of a second.
    """
    before = simulation.capture()
    rng = random.Random(0)
    started, frames = time.perf_counter(), 0
    while frames < _MEASURED_FRAMES and time.perf_counter() - started < _MEASURED_S:
        simulation.step([codec.sample(rng) for codec in simulation.codecs])
        frames += 1
    spent = time.perf_counter() - started
    if simulation.captures:
        simulation.restore(before)
    else:
        simulation.begin_episode(0)
    return spent / frames


def replay_s(frames: int, step_s: float, fps: float) -> float:
    """Seconds until `frames` are replayed and all that the others play meanwhile; inf if they are faster."""
    spare = 1.0 - step_s * fps
    return frames * step_s / spare if spare > 0.0 else math.inf


def choose_catch_up(frames: int, episode_frames: int, step_s: float, fps: float, sendable: bool) -> CatchUp:
    """The simplest way that is quick enough, else the quickest.

    frames: confirmed ones since the match began; episode_frames: since the present episode did.
    sendable: whether the states of this game can be encoded.
    """
    if replay_s(frames, step_s, fps) <= LONGEST_REPLAY_S:
        return CatchUp.REPLAY_ALL
    if not sendable or replay_s(episode_frames, step_s, fps) <= LONGEST_REPLAY_S:
        return CatchUp.REPLAY_EPISODE
    return CatchUp.LOAD_STATE
