"""What all three kinds of environment look like to the simulation: slots that act at the same time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peer.simulation.spaces import ActionCodec


@dataclass(slots=True)
class Progress:
    """Where the match stands, beside the environment. All of it is state; indexed by slot."""

    episode: int = 0
    episode_frame: int = 0
    rewards: list[float] = field(default_factory=list)  # of the newest frame
    terminations: list[bool] = field(default_factory=list)  # True from the frame on in which the slot ended
    truncations: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)  # rewards summed over the episode

    def begin(self, slots: int, episode: int) -> None:
        self.episode, self.episode_frame = episode, 0
        self.rewards, self.scores = [0.0] * slots, [0.0] * slots
        self.terminations, self.truncations = [False] * slots, [False] * slots

    def is_over(self, slot: int) -> bool:
        return self.terminations[slot] or self.truncations[slot]


def picture_of(env: Any) -> Any:
    """What one environment draws, or None: `render` in another mode may raise, warn or open a window."""
    return env.render() if getattr(env, "render_mode", None) == "rgb_array" else None


class Adapter(ABC):
    """One environment object, played by slots. Holds no state of its own but `seen`."""

    def __init__(self, env: Any, agents: Sequence[Any], codecs: Sequence[ActionCodec]) -> None:
        self.env = env
        self.agents = tuple(agents)  # the environment's own ids, by slot
        self.codecs = tuple(codecs)
        self.seen: dict[int, Any] = {}  # slot -> newest observation, where stepping yields them

    @property
    @abstractmethod
    def base(self) -> Any:
        """The unwrapped environment: paths of its fields are the ones a person knows."""

    @abstractmethod
    def defaults(self) -> list[bytes]:
        """By slot: the input that does nothing, by meaning where the environment says so."""

    @abstractmethod
    def reset(self, seed: int) -> None:
        """Begin an episode."""

    @abstractmethod
    def step(self, inputs: Sequence[bytes], progress: Progress) -> bool:
        """Play one frame into `progress` (rewards and end flags of this frame, by slot).

        Returns: whether the episode is over.
        """

    def observe(self, slot: int) -> Any:
        """The slot's newest observation; None once it is out of the game."""
        return self.seen.get(slot)

    def action_mask(self, slot: int) -> np.ndarray[Any, Any] | None:
        """Which actions are legal now, where the environment says so."""
        observation = self.observe(slot)
        if isinstance(observation, dict) and "action_mask" in observation:
            return np.asarray(observation["action_mask"])
        return None

    def render(self) -> Any:
        """The environment's own picture, if it draws any."""
        return picture_of(self.env)

    def close(self) -> None:
        self.env.close()
