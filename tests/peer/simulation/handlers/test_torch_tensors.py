"""torch's tensors and generators as state, where torch is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netcode.errors import UncapturableStateError
from netcode.settings import MatchSettings
from peer.simulation.check.certify import certify
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, restore
from peer.simulation.trial import first_difference

torch: Any = pytest.importorskip("torch", reason="torch is not installed: pip install torch")

SETTINGS = MatchSettings(env="torch_games:Drift", players=1, seed=3)


def digest(value: Any) -> bytes:
    return digest_snapshot(capture([value]), [value])


def swap_elements(tensor: Any) -> None:
    tensor.data = torch.full((5,), 9.0)


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "in place": (lambda: torch.arange(6.0), lambda tensor: tensor.mul_(2)),
    "whole numbers": (lambda: torch.tensor([1, 2]), lambda tensor: tensor.add_(1)),
    "truth": (lambda: torch.tensor([True, False]), lambda tensor: tensor.logical_not_()),
    "half": (lambda: torch.ones(3, dtype=torch.bfloat16), lambda tensor: tensor.zero_()),
    "scalar": (lambda: torch.tensor(1.5), lambda tensor: tensor.fill_(-0.0)),
    "transposed": (lambda: torch.arange(6.0).reshape(2, 3).T, lambda tensor: tensor[0].zero_()),
    "expanded": (lambda: torch.ones(1, 2).expand(4, 2), lambda tensor: tensor[0, 0].zero_()),
    "resized": (lambda: torch.ones(3), lambda tensor: tensor.resize_(2, 4).zero_()),
    "other memory": (lambda: torch.ones(3), swap_elements),
    "parameter": (lambda: torch.nn.Parameter(torch.ones(3)), lambda tensor: tensor.data.zero_()),
    "gradient": (
        lambda: torch.ones(3, requires_grad=True),
        lambda tensor: (tensor * tensor).sum().backward(),
    ),
    "attribute": (lambda: torch.ones(3), lambda tensor: setattr(tensor, "note", [1])),
    "module": (lambda: torch.nn.Linear(2, 2), lambda net: net.weight.data.zero_()),
    "generator": (lambda: torch.Generator().manual_seed(1), lambda rng: torch.rand(3, generator=rng)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_taken_and_put_back(name: str) -> None:
    make, change = CHANGES[name]
    value = make()
    before, snapshot = digest(value), capture([value])
    change(value)
    assert digest(value) != before
    restore(snapshot)
    assert digest(value) == before


def test_memory_shared_by_views_and_arrays_stays_shared() -> None:
    grid = torch.zeros(2, 3)
    held = [grid, grid[1], grid.numpy()]
    snapshot = capture([held])
    grid += 1
    restore(snapshot)
    held[1][0] = 7
    assert grid[1, 0] == 7
    assert held[2][1, 0] == 7
    assert grid.sum() == 7


@pytest.mark.parametrize("make", [lambda: torch.eye(3).to_sparse(), lambda: torch.ones(3, device="meta")])
def test_what_has_no_plain_elements_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(UncapturableStateError, match="tensor"):
        capture([make()])


def test_constants_of_torch_are_left_alone() -> None:
    assert len(capture([(torch.float32, torch.device("cpu"), torch.Size([2]), torch.strided)])) == 0


def test_a_game_in_torch_is_certified() -> None:
    report = certify(SETTINGS, frames=60)
    assert report.mode == "rollback", report.verdict


def test_draws_of_others_do_not_reach_the_game() -> None:
    alone, disturbed = EnvironmentSimulation(SETTINGS), EnvironmentSimulation(SETTINGS)
    torch.manual_seed(5)
    others = []
    for _ in range(5):
        alone.step([alone.default_inputs[0]])
    for _ in range(5):
        others.append(float(torch.rand(())))
        disturbed.step([disturbed.default_inputs[0]])
    assert first_difference(alone, disturbed) is None
    torch.manual_seed(5)
    assert others == [float(torch.rand(())) for _ in range(5)]
