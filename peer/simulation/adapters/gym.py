"""Gymnasium environments: one slot, or a race of several copies side by side.

The runners of a race start from the same seed. One that has finished waits, its inputs ignored; the
episode ends for all when the last one is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from peer.simulation.adapters.adapter import Adapter, Progress, picture_of
from peer.simulation.adapters.answers import reset_of, reward_of, step_of
from peer.simulation.adapters.default_actions import default_input
from peer.simulation.adapters.spaces import make_codec


class GymAdapter(Adapter):
    def __init__(self, runners: Sequence[Any]) -> None:
        names = ["player"] if len(runners) == 1 else [f"runner_{slot}" for slot in range(len(runners))]
        codecs = [make_codec(env.action_space, name) for env, name in zip(runners, names, strict=True)]
        super().__init__(tuple(runners), names, codecs)
        self._bases: tuple[Any, list[Any]] = ((), [])  # runners, and what is inside their wrappers

    @property
    def base(self) -> Any:
        if len(self.env) == 1:
            return self.env[0].unwrapped
        if self._bases[0] is not self.env:  # always the same list: it is a root of the state graph
            self._bases = (self.env, [env.unwrapped for env in self.env])
        return self._bases[1]

    def defaults(self) -> list[bytes]:
        return [
            default_input(env.unwrapped, env.action_space, codec, slot, self.agents)
            for slot, (env, codec) in enumerate(zip(self.env, self.codecs, strict=True))
        ]

    def reset(self, seed: int) -> None:
        for slot, env in enumerate(self.env):
            self.see(slot, *reset_of(env.reset(seed=seed)))

    def step(self, inputs: Sequence[bytes], progress: Progress) -> bool:
        over = True
        for slot, env in enumerate(self.env):
            if not progress.is_over(slot):
                action = self.legal(env.action_space, slot, inputs[slot])
                observation, reward, terminated, truncated, info = step_of(env.step(action))
                self.see(slot, observation, info)
                # Of several, if one plays for all.
                progress.rewards[slot] += reward_of(np.sum(reward), self.agents[slot])
                progress.terminations[slot] = bool(terminated)
                progress.truncations[slot] = bool(truncated)
                over = over and progress.is_over(slot)
        return over

    def render(self) -> Any:
        pictures = [picture_of(env) for env in self.env]
        if any(not isinstance(picture, np.ndarray) or picture.ndim != 3 for picture in pictures):
            return None
        return pictures[0] if len(pictures) == 1 else np.concatenate(pictures, axis=1)

    def close(self) -> None:
        for env in self.env:
            env.close()
