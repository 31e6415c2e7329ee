"""PettingZoo's turn-based environments: on each frame only the slot whose turn it is may act.

An input says "wait" or an action, so a player may take many frames to decide. An action that is
illegal under the environment's mask counts as waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peer.simulation.adapters.adapter import Adapter, Progress, mask_in, slots_of
from peer.simulation.adapters.answers import reward_of
from peer.simulation.adapters.legal_actions import is_legal
from peer.simulation.adapters.spaces import TurnCodec, make_codec


class AecAdapter(Adapter):
    may_skip = False  # an input is one move
    takes_turns = True

    def __init__(self, env: Any) -> None:
        agents = list(env.possible_agents)
        codecs = [TurnCodec(make_codec(env.action_space(agent), str(agent))) for agent in agents]
        super().__init__(env, agents, codecs)
        self._slots = slots_of(agents)

    @property
    def base(self) -> Any:
        return self.env.unwrapped

    def defaults(self) -> list[bytes]:
        return [codec.zero() for codec in self.codecs]

    def reset(self, seed: int) -> None:
        self.env.reset(seed=seed)

    def step(self, inputs: Sequence[bytes], progress: Progress) -> bool:
        env, slots = self.env, self._slots
        slot = slots[env.agent_selection]
        action = self.codecs[slot].decode(inputs[slot])
        if action is None or not self._is_legal(slot, action):
            return False
        env.step(action)
        self._take_in(progress)
        while env.agents and self._is_dead(env.agent_selection):
            env.step(None)
            self._take_in(progress)
        return not env.agents

    def _take_in(self, progress: Progress) -> None:
        slots = self._slots
        for agent, reward in self.env.rewards.items():
            progress.rewards[slots[agent]] += reward_of(reward, agent)
        for agent, ended in self.env.terminations.items():
            progress.terminations[slots[agent]] |= bool(ended)
        for agent, ended in self.env.truncations.items():
            progress.truncations[slots[agent]] |= bool(ended)

    def _is_dead(self, agent: Any) -> bool:
        return bool(self.env.terminations[agent] or self.env.truncations[agent])

    def _is_legal(self, slot: int, action: Any) -> bool:
        return is_legal(self.env.action_space(self.agents[slot]), action, self.action_mask(slot))

    @property
    def slot_to_act(self) -> int | None:
        """Whose turn it is."""
        return self._slots[self.env.agent_selection] if self.env.agents else None

    def observe(self, slot: int) -> Any:
        agent = self.agents[slot]
        return self.env.observe(agent) if agent in self.env.agents else None

    def action_mask(self, slot: int) -> Any:
        mask = mask_in(self.env.infos.get(self.agents[slot]))
        return mask_in(self.observe(slot)) if mask is None else mask
