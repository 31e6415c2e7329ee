"""PettingZoo's parallel environments: all slots act on every frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peer.simulation.adapters.adapter import Adapter, Progress, mask_in, slots_of
from peer.simulation.adapters.answers import reset_of, reward_of, step_of
from peer.simulation.adapters.default_actions import default_input
from peer.simulation.adapters.spaces import make_codec


class ParallelAdapter(Adapter):
    def __init__(self, env: Any) -> None:
        agents = list(env.possible_agents)
        super().__init__(env, agents, [make_codec(env.action_space(agent), str(agent)) for agent in agents])
        self._slots = slots_of(agents)
        self._spaces = [env.action_space(agent) for agent in agents]

    @property
    def base(self) -> Any:
        return self.env.unwrapped

    def defaults(self) -> list[bytes]:
        return [
            default_input(self.base, self.env.action_space(agent), codec, slot, self.agents)
            for slot, (agent, codec) in enumerate(zip(self.agents, self.codecs, strict=True))
        ]

    def reset(self, seed: int) -> None:
        observations, infos = reset_of(self.env.reset(seed=seed))
        self._see(observations, infos)

    def step(self, inputs: Sequence[bytes], progress: Progress) -> bool:
        env, slots, spaces = self.env, self._slots, self._spaces
        actions = {}
        for agent in env.agents:
            slot = slots[agent]
            actions[agent] = self.legal(spaces[slot], slot, inputs[slot])
        observations, rewards, terminations, truncations, infos = step_of(env.step(actions))
        for agent, reward in rewards.items():
            progress.rewards[slots[agent]] += reward_of(reward, agent)
        # Not kept up: whoever was out may come back to life.
        for agent, ended in terminations.items():
            progress.terminations[slots[agent]] = bool(ended)
        for agent, ended in truncations.items():
            progress.truncations[slots[agent]] = bool(ended)
        self._see(observations, infos)
        return not env.agents or all(progress.is_over(slots[agent]) for agent in env.agents)

    def _see(self, observations: dict[Any, Any], infos: dict[Any, Any]) -> None:
        self.seen.clear()
        for agent, observation in observations.items():
            self.see(self._slots[agent], observation, infos.get(agent))


class BlindParallelAdapter(ParallelAdapter):
    """Stepped without observations: `observe` computes them from the present state."""

    def _see(self, observations: dict[Any, Any], infos: dict[Any, Any]) -> None:
        self.seen.clear()
        for agent, info in infos.items():
            if (mask := mask_in(info)) is not None:
                self.seen[~self._slots[agent]] = mask

    def observe(self, slot: int) -> Any:
        agent = self.agents[slot]
        if agent not in self.env.agents:
            return None
        # PettingZoo's own parallel wrapper hides an AEC environment with its wrappers.
        return getattr(self.env, "aec_env", self.base).observe(agent)
