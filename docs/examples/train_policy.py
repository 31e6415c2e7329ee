"""Trains the policies in configs/policies: `python docs/examples/train_policy.py cartpole`, or `archer`.

Cross-entropy method (Rubinstein, 1999): draw nets around a mean, play with each, go to the mean of the best.
Nothing but numpy is needed; a few seconds for CartPole, some minutes for the archer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from peer.policies.tiny_net import TinyNet

FOLDER: Final = Path(__file__).parents[2] / "configs/policies"
BEST: Final = 0.15  # share of the nets that the next ones are drawn around
LEAST_SPREAD: Final = 0.05

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What is learned, and by how much trying."""

    sizes: tuple[int, ...]  # inputs, hidden ..., actions
    play: Callable[[TinyNet, int], float]  # one episode of a seed -> its return
    seen: tuple[int, ...] | None = None  # entries of the flat observation
    rounds: int = 20
    nets: int = 40
    episodes: int = 3  # that each net plays in a round
    judged: int = 50  # episodes, of other seeds, for the final figure

    @property
    def weights(self) -> int:
        return sum((a + 1) * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))

    def net(self, weights: Weights) -> TinyNet:
        layers, at = [], 0
        for a, b in zip(self.sizes, self.sizes[1:], strict=False):
            matrix, at = weights[at : at + a * b].reshape(a, b), at + a * b
            layers.append((matrix.astype(np.float32), weights[at : at + b].astype(np.float32)))
            at += b
        return TinyNet(layers, None if self.seen is None else np.array(self.seen))


def train(task: Task, seed: int = 1) -> TinyNet:
    """The net that the search ends with."""
    rng = np.random.default_rng(seed)
    mean, spread = np.zeros(task.weights), np.ones(task.weights)
    best = max(2, round(BEST * task.nets))
    with Progress() as progress:
        bar = progress.add_task("training", total=task.rounds)
        for number in range(task.rounds):
            tried = mean + spread * rng.standard_normal((task.nets, task.weights))
            seeds = rng.integers(0, 2**31, task.episodes)
            returns = [_mean_return(task, weights, seeds) for weights in tried]
            kept = tried[np.argsort(returns)[-best:]]
            mean, spread = kept.mean(axis=0), kept.std(axis=0) + LEAST_SPREAD
            told = f"round {number + 1}: best {max(returns):.1f}, mean {np.mean(returns):.1f}"
            progress.update(bar, advance=1, description=told)
    return task.net(mean)


def _mean_return(task: Task, weights: Weights, seeds: Sequence[int] | NDArray[np.int64]) -> float:
    net = task.net(weights)
    return float(np.mean([task.play(net, int(seed)) for seed in seeds]))


def judge(task: Task, net: TinyNet | None) -> float:
    """Mean return over episodes of seeds never trained with; None: a player at random."""
    chooser = net or _AtRandom(task.sizes[-1])
    return float(np.mean([task.play(chooser, 10_000 + n) for n in range(task.judged)]))


class _AtRandom(TinyNet):
    def __init__(self, actions: int) -> None:
        super().__init__(())
        self._rng, self._actions = np.random.default_rng(0), actions

    def act(self, observation: Any, info: Any) -> int:
        return int(self._rng.integers(self._actions))


# ------------------------------------------------------------------ what is played


def _play_cartpole(net: TinyNet, seed: int) -> float:
    import gymnasium

    env = gymnasium.make("CartPole-v1")
    seen, _ = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        seen, reward, terminated, truncated, _ = env.step(net.act(seen, {}))
        total, over = total + float(reward), terminated or truncated
    return total


def _play_archer(net: TinyNet, seed: int) -> float:
    """An archer beside a knight at random: how many zombies it shoots."""
    from pettingzoo.butterfly.knights_archers_zombies import knights_archers_zombies as game

    env = game.parallel_env(num_archers=1, num_knights=1, max_cycles=ARCHER_FRAMES)
    seen, _ = env.reset(seed=seed)
    rng, total = np.random.default_rng(seed), 0.0
    while "archer_0" in env.agents:
        actions = {agent: int(rng.integers(6)) for agent in env.agents}
        actions["archer_0"] = net.act(seen["archer_0"], {})
        seen, rewards, *_ = env.step(actions)
        total += rewards.get("archer_0", 0.0)
    return total


ARCHER_FRAMES: Final = 450
_ROW: Final = 5  # numbers an entity: distance, where it is from here (x, y), where it looks (x, y)
_ENTITIES: Final = 24  # the archer itself, two players, a sword, ten arrows, ten zombies
_SELF_AND_TWO_ZOMBIES: Final = (*range(_ROW), *range((_ENTITIES - 10) * _ROW, (_ENTITIES - 8) * _ROW))

TASKS: Final = {
    "cartpole": Task((4, 2), _play_cartpole),
    "archer": Task(
        (15, 8, 6), _play_archer, _SELF_AND_TWO_ZOMBIES, rounds=16, nets=36, episodes=2, judged=40
    ),
}


def main() -> None:
    wanted = sys.argv[1:]
    if not wanted or not set(wanted) <= TASKS.keys():
        sys.exit(f"say which of {', '.join(TASKS)}")
    for name in wanted:
        net = train(TASKS[name])
        net.save(FOLDER / f"{name}.npz")
        print(f"{name}: mean return {judge(TASKS[name], net):.1f}, at random {judge(TASKS[name], None):.1f}")


if __name__ == "__main__":
    main()
