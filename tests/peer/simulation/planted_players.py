"""Games whose players come, go, share one environment, or may not do everything."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from pettingzoo import AECEnv, ParallelEnv


class Wheel(ParallelEnv[str, Any, Any]):
    """Four agents, of whom each is out for a frame in turn; "late" comes at frame 5."""

    metadata = {"name": "wheel"}  # noqa: RUF012

    def __init__(self, stranger: bool = False, render_mode: str | None = None) -> None:
        self.possible_agents = ["one", "two", "three", "late"]
        self.agents: list[str] = []
        self.stranger = stranger
        self.render_mode = render_mode
        self.frame = 0
        self.moves: list[int] = []

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Box(-1000, 1000, (2,), np.int64)

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(5, start=-2)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        self.agents = ["one", "two", "three"]
        self.frame, self.moves = 0, []
        return self._observe(), {agent: {} for agent in self.agents}

    def _observe(self) -> dict[str, Any]:
        return {agent: np.array([self.frame, sum(self.moves)]) for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, ...]:
        assert list(actions) == self.agents, "exactly those in the game act"
        self.frame += 1
        self.moves.append(sum(actions.values()))
        acted = list(self.agents)
        out = self.possible_agents[self.frame % 3]
        done = self.frame >= 30
        terminations = {agent: done or agent == out for agent in acted}
        self.agents = [agent for agent in self.possible_agents if agent != out or done]
        if self.frame < 5:
            self.agents.remove("late")
        if self.stranger and self.frame == 3:
            self.agents.append("stranger")
        everybody = {agent: float(actions.get(agent, 0)) for agent in acted}
        return (
            self._observe(),
            everybody,
            terminations | {agent: done for agent in self.agents if agent not in acted},
            dict.fromkeys(acted, False),
            {agent: {} for agent in self.agents},
        )

    def render(self) -> None:
        return None


class Legs(gymnasium.Env[Any, Any]):
    """Three players, a leg each; what is told of them comes in parts, by key or by index."""

    metadata = {"render_modes": [], "render_fps": 24}  # noqa: RUF012

    def __init__(self, named: bool = True) -> None:
        names = ["left", "right", "tail"]
        parts: dict[str, spaces.Space[Any]] = {
            "left": spaces.Discrete(3),
            "right": spaces.Box(-1.0, 1.0, (2,), np.float32),
            "tail": spaces.Tuple([spaces.MultiBinary(3), spaces.Discrete(2)]),
        }
        shown = {name: spaces.Box(-99.0, 99.0, (1,), np.float64) for name in names}
        self.named = named
        self.names = names
        self.action_space = spaces.Dict(parts) if named else spaces.Tuple(list(parts.values()))
        self.observation_space = spaces.Dict(shown) if named else spaces.Tuple(list(shown.values()))
        self.sums = np.zeros(3)
        self.played = 0

    def _parts(self, values: Any) -> Any:
        return dict(zip(self.names, values, strict=True)) if self.named else tuple(values)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        super().reset(seed=seed)
        self.sums, self.played = np.zeros(3), 0
        return self._parts(self.sums[:, None].copy()), {}

    def step(self, action: Any) -> tuple[Any, Any, Any, Any, Any]:
        left, right, tail = [action[name] for name in self.names] if self.named else action
        self.played += 1
        gained = np.array([float(left), float(right.sum()), float(tail[0].sum() * (1 + tail[1]))])
        self.sums += gained
        over = [self.played >= 5, self.played >= 8, self.played >= 8]
        return self._parts(self.sums[:, None].copy()), self._parts(gained), self._parts(over), False, {}


class Locks(gymnasium.Env[Any, Any]):
    """Which actions are legal changes with every step, and is told in the info; an illegal one is a crash."""

    metadata = {"render_modes": []}  # noqa: RUF012

    def __init__(self) -> None:
        self.action_space = spaces.Tuple(
            [spaces.Discrete(4, start=1), spaces.MultiDiscrete([[2, 3], [4, 1]])]
        )
        self.observation_space = spaces.Discrete(1000)
        self.t = 0

    def masks(self) -> tuple[Any, Any]:
        first = np.zeros(4, np.int8)
        first[[self.t % 4, (self.t + 2) % 4]] = 1
        inner = []
        for length in (2, 3, 4, 1):
            inner.append(np.ones(length, np.int8))
            inner[-1][self.t % length] = length == 1
        return first, ((inner[0], inner[1]), (inner[2], inner[3]))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        super().reset(seed=seed)
        self.t = 0
        return 0, {"action_mask": self.masks()}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Any]:
        first, inner = self.masks()
        assert first[action[0] - 1], "illegal"
        for row, masks in zip(action[1], inner, strict=True):
            for index, mask in zip(row, masks, strict=True):
                assert mask[index], "illegal"
        self.t += 1
        return self.t, float(action[0]), self.t >= 50, False, {"action_mask": self.masks()}


class Fences(ParallelEnv[str, Any, Any]):
    """Two walkers; a mask in the observation forbids to walk off the edge, and doing so is a crash."""

    metadata = {"name": "fences"}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None) -> None:
        self.possible_agents = ["a", "b"]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self.places = [2, 2]

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Dict(
            {"observation": spaces.Discrete(5), "action_mask": spaces.Box(0, 1, (3,), np.int8)},
        )

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(3, start=-1)

    def observe(self, agent: str) -> Any:
        place = self.places[self.possible_agents.index(agent)]
        return {"observation": place, "action_mask": np.array([place > 0, 1, place < 4], np.int8)}

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        self.agents = list(self.possible_agents)
        self.places = [2, 2]
        return {agent: self.observe(agent) for agent in self.agents}, {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[Any, ...]:
        for index, agent in enumerate(self.possible_agents):
            self.places[index] += actions[agent]
            assert 0 <= self.places[index] <= 4, "illegal"
        off = dict.fromkeys(self.agents, False)
        shown = {agent: self.observe(agent) for agent in self.agents}
        return shown, dict.fromkeys(self.agents, 1.0), off, off, {agent: {} for agent in self.agents}

    def render(self) -> None:
        return None


class Fingers(AECEnv[str, Any, Any]):
    """Both show fingers; one after the other only because AEC wants it so."""

    metadata = {"name": "fingers", "is_parallelizable": True}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__()
        self.possible_agents = ["odd", "even"]
        self.agents: list[str] = []
        self.render_mode = render_mode

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(11)

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return spaces.Discrete(6)

    def observe(self, agent: str) -> int:
        return self.sum

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, Any] = {agent: {} for agent in self.agents}
        self.agent_selection = "odd"
        self.shown: dict[str, int] = {}
        self.sum = 0

    def step(self, action: int) -> None:
        self.shown[self.agent_selection] = action
        self.rewards = dict.fromkeys(self.agents, 0.0)
        if self.agent_selection == "even":
            self.sum = sum(self.shown.values())
            self.rewards = {"odd": float(self.sum % 2), "even": float(1 - self.sum % 2)}
        self.agent_selection = "even" if self.agent_selection == "odd" else "odd"
        self._accumulate_rewards()

    def render(self) -> None:
        return None
