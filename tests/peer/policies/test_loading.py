"""Policies from files and from code: what is loaded, and what is refused with one line."""

from __future__ import annotations

import json
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest

from netcode.errors import ConfigError
from peer.policies.policy import CallablePolicy, load_here, load_policy
from peer.policies.sb3_policy import _algorithm_of
from peer.policies.tiny_net import TinyNet

SHIPPED = Path(__file__).parents[3] / "configs" / "policies"
LAYERS = [(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))]


def test_a_net_is_stored_and_loaded_again(tmp_path):
    TinyNet(LAYERS, np.array([2, 1, 0])).save(tmp_path / "net.npz")
    net = load_policy(str(tmp_path / "net.npz"), True)
    assert net.act(np.array([5.0, 1.0, 2.0]), {}) == 2
    assert net.act(np.array([5.0, 1.0, 2.0]), {"action_mask": [1, 1, 0]}) == 0
    assert net.act(np.array([5.0, 1.0, 2.0]), {"first_action": 10}) == 12


@pytest.mark.parametrize("content", [b"", b"not a net", b"PK\x03\x04"])
def test_a_broken_file_is_refused(tmp_path, content):
    path = tmp_path / "net.npz"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not a net of ours"):
        load_policy(str(path), True)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, w0=np.array([print], dtype=object), b0=np.zeros(1))
    with pytest.raises(ConfigError, match="not a net of ours"):
        load_policy(str(path), True)


def test_layers_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "net.npz"
    TinyNet([*LAYERS, (np.zeros((4, 2), np.float32), np.zeros(2, np.float32))]).save(path)
    with pytest.raises(ConfigError, match="do not fit"):
        load_policy(str(path), True)


def test_code_of_ones_own(monkeypatch):
    module = types.ModuleType("my_policies")
    module.play = lambda seen, info: 4
    module.number = 3
    monkeypatch.setitem(sys.modules, "my_policies", module)
    assert isinstance(load_here("my_policies:play", True), CallablePolicy)
    assert load_here("my_policies:play", True).act(None, {}) == 4
    for name, says in (("my_policies:number", "cannot be called"), ("my_policies:nobody", "nobody")):
        with pytest.raises(ConfigError, match=says):
            load_here(name, True)


MAKERS = """
class Counts:
    def __init__(self):
        self.asked = 0
    def reset(self):
        self.asked = 0
    def act(self, observation, info):
        self.asked += 1
        return self.asked

class Called(Counts):
    __call__ = Counts.act

def make():
    return Counts()

def make_called():
    return Called()

def make_lambda():
    return lambda observation, info: 9

def any_arguments(*arguments):
    return len(arguments)

def make_number():
    return 3

def make_badly():
    raise ValueError("no weights\\nhere")


counts = Counts()
"""


@pytest.fixture
def makers(monkeypatch):
    module = types.ModuleType("my_makers")
    exec(MAKERS, module.__dict__)
    monkeypatch.setitem(sys.modules, "my_makers", module)


@pytest.mark.parametrize("name", ["Counts", "Called", "make", "make_called", "counts"])
def test_a_class_a_factory_or_an_object_has_its_own_state(makers, name):
    policy = load_here(f"my_makers:{name}", True)
    assert [policy.act(None, {}) for _ in range(3)] == [1, 2, 3]
    policy.reset()
    assert policy.act(None, {}) == 1
    if name != "counts":
        assert load_here(f"my_makers:{name}", True).act(None, {}) == 1, "each player has one of their own"


def test_what_is_called_and_what_makes_are_told_apart(makers):
    assert load_here("my_makers:make_lambda", True).act(None, {}) == 9
    assert load_here("my_makers:any_arguments", True).act(None, {}) == 2


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("make_number", "makes 3, which cannot be called; it must take (observation, info)"),
        ("make_badly", "policy 'my_makers:make_badly': ValueError: no weights"),
    ],
)
def test_what_makes_no_policy_is_told_in_one_line(makers, name, says):
    with pytest.raises(ConfigError) as caught:
        load_here(f"my_makers:{name}", True)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    for name in ("onnxruntime", "stable_baselines3"):
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "net.onnx").write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "net.zip", "w") as stored:
        stored.writestr("data", json.dumps({"clip_range": 0.2, "gae_lambda": 0.9}))
    for name in ("net.onnx", "net.zip"):
        with pytest.raises(ConfigError, match=r"pip install 'netplay\[policies\]'"):
            load_here(str(tmp_path / name), True)


def test_the_algorithm_is_read_from_the_file(tmp_path):
    def stored(**data: object) -> str:
        with zipfile.ZipFile(tmp_path / "m.zip", "w") as file:
            file.writestr("data", json.dumps(data))
        return _algorithm_of(tmp_path / "m.zip")

    assert stored(clip_range=1, gae_lambda=1) == "PPO"
    assert stored(gae_lambda=1) == "A2C"
    assert stored(exploration_rate=1) == "DQN"
    nets = {"__module__": "sb3_contrib.common.recurrent.policies"}
    assert stored(clip_range=1, gae_lambda=1, policy_class=nets) == "RecurrentPPO"
    assert stored(clip_range=1, policy_class={"__module__": "my.nets"}) == "PPO"
    assert stored(gae_lambda=1, cg_damping=1) == "TRPO"
    with pytest.raises(ConfigError, match="not known"):
        stored(other=1)
    with pytest.raises(ConfigError, match="not a model"):
        stored(policy_class="RecurrentPPO")
    (tmp_path / "m.zip").write_bytes(b"x")
    with pytest.raises(ConfigError, match="not a model"):
        _algorithm_of(tmp_path / "m.zip")


def test_a_recurrent_onnx_policy_keeps_its_state_and_lets_go_of_it(tmp_path):
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    helper, real = onnx.helper, onnx.TensorProto.FLOAT
    one = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["seen", "state"], ["after"]),
            helper.make_node("Identity", ["after"], ["action"]),
        ],
        "sums",
        [one("seen", real, ["batch", 3]), one("state", real, ["batch", 3])],
        [one("action", real, ["batch", 3]), one("after", real, ["batch", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "sums.onnx")
    policy = load_policy(str(tmp_path / "sums.onnx"), True)
    info = {"first_action": 0, "action_mask": None}
    first, second = np.array([3.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0])
    assert [policy.act(seen, info) for seen in (first, second, second)] == [0, 0, 1]
    policy.reset()
    assert policy.act(second, info) == 1
    assert policy.act(second, info | {"action_mask": [1, 0, 1]}) == 0


def test_what_is_shipped_plays_better_than_at_random(monkeypatch):
    monkeypatch.syspath_prepend(SHIPPED.parents[1] / "docs" / "examples")
    from train_policy import TASKS

    cartpole, archer = (TinyNet.load(SHIPPED / f"{name}.npz") for name in ("cartpole", "archer"))
    assert TASKS["cartpole"].play(cartpole, 123) > 10 * 20
    assert sum(TASKS["archer"].play(archer, seed) for seed in range(6)) > 6
