"""Stable-Baselines3, PyTorch and onnxruntime themselves: what they save plays as it does with them.

Only where they are installed: pip install 'netplay[policies]' onnx
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from netcode.settings import MatchSettings
from peer.controllers.policy_player import PolicyController
from peer.policies.options import PolicyOptions
from peer.policies.pipeline import ObservationPipeline
from peer.policies.policy import Policy, load_here
from peer.simulation.environment_simulation import EnvironmentSimulation

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # theirs
    sb3 = pytest.importorskip("stable_baselines3", reason="needs stable-baselines3")
    torch = pytest.importorskip("torch", reason="needs torch")
    pytest.importorskip("onnx", reason="needs onnx")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")

pytestmark = pytest.mark.filterwarnings("ignore")

SMALL = {"seed": 1, "device": "cpu"}
OF_MEMORY = SMALL | {"buffer_size": 100}
MODELS = [
    ("PPO", "CartPole-v1", SMALL | {"n_steps": 64}),
    ("A2C", "CartPole-v1", SMALL),
    ("DQN", "CartPole-v1", OF_MEMORY),
    ("PPO", "Pendulum-v1", SMALL | {"n_steps": 64}),
    ("SAC", "Pendulum-v1", OF_MEMORY),
    ("TD3", "Pendulum-v1", OF_MEMORY),
]


@pytest.mark.parametrize(("algorithm", "env", "options"), MODELS)
def test_each_algorithm_acts_as_with_its_own_package(tmp_path, algorithm, env, options) -> None:
    model = getattr(sb3, algorithm)("MlpPolicy", env, **options)
    model.save(tmp_path / "model.zip")
    policy = load_here(str(tmp_path / "model.zip"), True)
    space = model.observation_space
    for seen in np.random.default_rng(1).uniform(-1, 1, (20, *space.shape)).astype(np.float32):
        np.testing.assert_array_equal(policy.act(seen, {}), model.predict(seen, deterministic=True)[0])


CONTRIBUTED = [
    ("RecurrentPPO", "MlpLstmPolicy", "CartPole-v1", SMALL | {"n_steps": 64}),
    ("TRPO", "MlpPolicy", "CartPole-v1", SMALL),
    ("QRDQN", "MlpPolicy", "CartPole-v1", OF_MEMORY),
    ("TQC", "MlpPolicy", "Pendulum-v1", OF_MEMORY),
    ("CrossQ", "MlpPolicy", "Pendulum-v1", OF_MEMORY),
    ("ARS", "MlpPolicy", "CartPole-v1", SMALL),
]


@pytest.mark.parametrize(("algorithm", "nets", "env", "options"), CONTRIBUTED)
def test_those_of_sb3_contrib_keep_their_state_for_an_episode(
    tmp_path, algorithm, nets, env, options
) -> None:
    contrib = pytest.importorskip("sb3_contrib", reason="needs sb3-contrib")
    model = getattr(contrib, algorithm)(nets, env, **options)
    model.save(tmp_path / "model.zip")
    policy = load_here(str(tmp_path / "model.zip"), True)
    looks = np.random.default_rng(1).uniform(-1, 1, (2, 30, *model.observation_space.shape))
    for episode in looks.astype(np.float32):
        policy.reset()
        state = None
        for number, seen in enumerate(episode):
            wanted, state = model.predict(seen, state, np.array([number == 0]), deterministic=True)
            np.testing.assert_array_equal(policy.act(seen, {}), wanted)
    if algorithm == "RecurrentPPO":
        assert state is not None


def test_a_maskable_one_minds_the_mask(tmp_path) -> None:
    contrib = pytest.importorskip("sb3_contrib", reason="needs sb3-contrib")
    masking = pytest.importorskip("sb3_contrib.common.wrappers")
    env = masking.ActionMasker(gymnasium.make("CartPole-v1"), lambda env: np.ones(2, bool))
    contrib.MaskablePPO("MlpPolicy", env, n_steps=64, **SMALL).save(tmp_path / "model.zip")
    policy = load_here(str(tmp_path / "model.zip"), True)
    seen = np.zeros(4, np.float32)
    for only in (0, 1):
        mask = np.eye(2, dtype=np.int8)[only]
        assert policy.act(seen, {"action_mask": mask}) == only
        assert policy.act({"observation": seen, "action_mask": mask}, {"action_mask": mask}) == only


@pytest.fixture(scope="module")
def trained() -> Any:
    """Some seconds of PPO on CartPole: far better than at random, which is 20."""
    torch.set_num_threads(1)
    return sb3.PPO("MlpPolicy", "CartPole-v1", n_steps=256, **SMALL).learn(6000)


def returns_in_a_match(policy: Policy, frames: int = 1200) -> list[float]:
    """Of each episode that a match of one player has come to the end of."""
    simulation = EnvironmentSimulation(MatchSettings(env="CartPole-v1", players=1, seed=5))
    controller, returns, sums = PolicyController(policy, PolicyOptions(), waits=True), [], 0.0
    frame = 0
    while frame < frames:
        action = controller.sample(frame, simulation, 0)
        if not isinstance(action, int):
            continue  # not yet
        outcome = simulation.decode_outcome(simulation.step([simulation.codecs[0].encode(action)]))
        frame += 1
        sums += outcome.rewards[0]
        if outcome.episode_ended:
            returns.append(sums)
            sums = 0.0
    simulation.close()
    return returns


def own_returns(model: Any, episodes: int = 20) -> list[float]:
    env, returns = gymnasium.make("CartPole-v1"), []
    for seed in range(episodes):
        seen, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            seen, reward, terminated, truncated, _ = env.step(model.predict(seen, deterministic=True)[0])
            total, over = total + reward, terminated or truncated
        returns.append(total)
    return returns


def test_a_trained_one_reaches_in_a_match_what_it_reaches_at_home(trained, tmp_path) -> None:
    trained.save(tmp_path / "ppo.zip")
    export(PolicyNet(trained.policy), torch.zeros(1, 4), tmp_path / "ppo.onnx")
    at_home = own_returns(trained)
    assert np.mean(at_home) > 60, "it has learned something"
    zipped, onnx = (
        returns_in_a_match(load_here(str(tmp_path / f"ppo.{end}"), True)) for end in ("zip", "onnx")
    )
    assert zipped == onnx, "the same net, twice"
    assert 0.5 * np.mean(at_home) < np.mean(zipped) < 2 * np.mean(at_home)


class Screen(gymnasium.Env):
    """Pictures, as an Atari game shows them."""

    observation_space = gymnasium.spaces.Box(0, 255, (84, 84, 4), np.uint8)
    action_space = gymnasium.spaces.Discrete(5)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        return np.zeros((84, 84, 4), np.uint8), {}


def test_one_trained_on_stacked_pictures_is_shown_what_it_knows(tmp_path) -> None:
    model = sb3.PPO("CnnPolicy", Screen(), n_steps=64, **SMALL)
    model.save(tmp_path / "ppo.zip")
    policy = load_here(str(tmp_path / "ppo.zip"), True)
    pipeline = ObservationPipeline(PolicyOptions(grayscale=True, resize=(84, 84), frame_stack=4))
    rng = np.random.default_rng(4)
    for _ in range(6):
        seen = pipeline.see(rng.integers(0, 255, (210, 160, 3), np.uint8))
        assert policy.act(seen, {}) == model.predict(seen, deterministic=True)[0]


class PolicyNet(torch.nn.Module):
    """What of a PPO is exported: from observation to one number an action."""

    def __init__(self, policy: Any) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, seen: Any) -> Any:
        policy = self.policy
        features = policy.extract_features(seen, policy.pi_features_extractor)
        return policy.action_net(policy.mlp_extractor.forward_actor(features))


def export(net: Any, inputs: Any, path: Path) -> None:
    torch.onnx.export(net.eval(), inputs, str(path), dynamo=False)


class Recurrent(torch.nn.Module):
    """An LSTM as exporters write it: sequences of batches in and out, its state beside them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.lstm, self.head = torch.nn.LSTM(4, 8), torch.nn.Linear(8, 3)

    def forward(self, seen: Any, hidden: Any, cell: Any) -> Any:
        out, (hidden, cell) = self.lstm(seen, (hidden, cell))
        return self.head(out), hidden, cell


def test_an_exported_lstm_remembers_one_episode_and_no_more(tmp_path) -> None:
    net, start = Recurrent(), (torch.zeros(1, 1, 8), torch.zeros(1, 1, 8))
    export(net, (torch.zeros(1, 1, 4), *start), tmp_path / "lstm.onnx")
    policy = load_here(str(tmp_path / "lstm.onnx"), True)
    looks = 3 * np.random.default_rng(2).standard_normal((2, 30, 4)).astype(np.float32)
    for episode in looks:
        policy.reset()
        state, wanted = start, []
        with torch.no_grad():
            for seen in episode:
                numbers, *state = net(torch.from_numpy(seen).reshape(1, 1, 4), *state)
                wanted.append(int(numbers.argmax()))
        acted = [policy.act(seen, {"first_action": 0, "action_mask": None}) for seen in episode]
        assert acted == wanted
        assert len(set(wanted)) > 1
