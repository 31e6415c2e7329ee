"""One Gymnasium environment that several play: of its Dict or Tuple action space each slot has one part.

Observations, rewards and end flags that come in as many parts (a tuple, a list, an array, a dict with the
same keys) are handed out by part; what comes once is everybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from peer.simulation.adapters.adapter import Adapter, Progress, mask_in
from peer.simulation.adapters.answers import reset_of, reward_of, step_of
from peer.simulation.adapters.default_actions import default_input
from peer.simulation.adapters.spaces import make_codec


def parts_of(space: Any) -> dict[Any, spaces.Space[Any]]:
    """The parts of a Dict or Tuple space by key or index; of any other none."""
    if isinstance(space, spaces.Dict):
        return dict(space.spaces)
    return dict(enumerate(space.spaces)) if isinstance(space, spaces.Tuple) else {}


def players_of(env: Any) -> int:
    """How many play a Gymnasium environment: several if it hands out observations as it takes actions in.

    One whose actions and observations merely have parts (arm and leg) would look the same; it is played by
    one with --players 1.
    """
    taken, shown = parts_of(env.action_space), parts_of(env.observation_space)
    alike = type(env.action_space) is type(env.observation_space) and list(taken) == list(shown)
    return len(taken) if alike and len(taken) > 1 else 1


class SharedGymAdapter(Adapter):
    def __init__(self, env: Any) -> None:
        self._spaces = parts_of(env.action_space)
        self._keys = list(self._spaces)
        by_index = isinstance(env.action_space, spaces.Tuple)
        names = [f"player_{key}" if by_index else str(key) for key in self._keys]
        codecs = [make_codec(part, name) for part, name in zip(self._spaces.values(), names, strict=True)]
        self._join = tuple if by_index else self._as_dict
        super().__init__(env, names, codecs)
        self._idle: list[bytes] | None = None

    def _as_dict(self, parts: Sequence[Any]) -> dict[Any, Any]:
        return dict(zip(self._keys, parts, strict=True))

    @property
    def base(self) -> Any:
        return self.env.unwrapped

    def defaults(self) -> list[bytes]:
        return [
            default_input(self.base, space, codec, slot, self.agents)
            for slot, (space, codec) in enumerate(zip(self._spaces.values(), self.codecs, strict=True))
        ]

    def reset(self, seed: int) -> None:
        observation, info = reset_of(self.env.reset(seed=seed))
        self._see(observation, info)

    def step(self, inputs: Sequence[bytes], progress: Progress) -> bool:
        actions = [
            self.legal(
                self._spaces[key], slot, inputs[slot] if not progress.is_over(slot) else self._rest(slot)
            )
            for slot, key in enumerate(self._keys)
        ]
        observation, rewards, terminated, truncated, info = step_of(self.env.step(self._join(actions)))
        self._see(observation, info)
        for slot in range(len(self._keys)):
            progress.rewards[slot] += reward_of(self._part(rewards, slot), self.agents[slot])
            progress.terminations[slot] |= bool(self._part(terminated, slot))
            progress.truncations[slot] |= bool(self._part(truncated, slot))
        return all(map(progress.is_over, range(len(self._keys))))

    def _rest(self, slot: int) -> bytes:
        """Who is out does nothing, whatever is sent for them."""
        if self._idle is None:
            self._idle = self.defaults()
        return self._idle[slot]

    def _see(self, observation: Any, info: Any) -> None:
        mask = mask_in(info)
        for slot in range(len(self._keys)):
            told = None if mask is None else {"action_mask": self._part(mask, slot)}
            self.see(slot, self._part(observation, slot), told)

    def _part(self, whole: Any, slot: int) -> Any:
        key = self._keys[slot]
        if isinstance(whole, dict):
            return whole[key] if whole.keys() == self._spaces.keys() else whole
        in_parts = isinstance(whole, (tuple, list)) or (isinstance(whole, np.ndarray) and whole.ndim > 0)
        return whole[slot] if in_parts and len(whole) == len(self._keys) else whole
