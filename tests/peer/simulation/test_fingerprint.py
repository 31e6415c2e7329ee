"""What two peers compare before they play."""

from __future__ import annotations

import numpy as np
import pytest

from netcode.fingerprint import first_difference
from netcode.limits import MAX_FIELDS, MAX_TEXT_BYTES
from netcode.settings import MatchSettings, Scalar
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint, float_probes


def of(env: str, players: int, **env_args: Scalar) -> dict[str, str]:
    settings = MatchSettings(env=env, players=players, env_args=env_args)
    return fingerprint(env, env_args, EnvironmentSimulation(settings))


def test_it_names_what_a_game_depends_on() -> None:
    found = of("pettingzoo:butterfly/knights_archers_zombies_v11", 2, num_archers=1, num_knights=1)
    assert found == of("pettingzoo:butterfly/knights_archers_zombies_v11", 2, num_archers=1, num_knights=1)
    assert found["env_args.num_archers"] == "1"
    assert {"protocol", "env", "inputs", "slots", "python", "machine", "floats.numpy.exp"} <= found.keys()
    for package in ("netplay", "gymnasium", "numpy", "pettingzoo", "pygame-ce"):
        assert found[f"version.{package}"]
    assert not any("pytest" in field or "pymunk" in field for field in found), "no part of this game"
    assert len(found) <= MAX_FIELDS
    assert all(len(text.encode()) <= MAX_TEXT_BYTES for text in (*found, *found.values()))


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        (("planted_games:Tiny", 1, {}), ("planted_games:Tiny", 1, {"noops": 3}), "env_args.noops"),
        (("planted_games:Walk", 2, {}), ("planted_games:Endless", 2, {}), "env"),
    ],
)
def test_a_difference_is_named(
    one: tuple[str, int, dict[str, Scalar]], other: tuple[str, int, dict[str, Scalar]], field: str
) -> None:
    difference = first_difference(of(one[0], one[1], **one[2]), of(other[0], other[1], **other[2]))
    assert difference is not None
    assert difference.startswith(field + ":")


def test_float_probes_are_stable_and_feel_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    first = float_probes()
    assert float_probes() == first
    real = np.exp
    monkeypatch.setattr(np, "exp", lambda x: np.nextafter(real(x), np.inf, dtype=x.dtype))
    assert float_probes()["numpy.exp"] != first["numpy.exp"]
