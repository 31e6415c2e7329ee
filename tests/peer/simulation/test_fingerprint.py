"""What two peers compare before they play."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from netcode.fingerprint import difference
from netcode.limits import MAX_FIELDS, MAX_TEXT_BYTES
from netcode.settings import MatchSettings, Scalar
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import _spec, fingerprint, float_probes


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
    found = difference(of(one[0], one[1], **one[2]), of(other[0], other[1], **other[2]))
    assert found is not None
    assert f"{field}:" in found


def test_float_probes_are_stable_and_feel_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    first = float_probes()
    assert float_probes() == first
    real = np.exp
    monkeypatch.setattr(np, "exp", lambda x: np.nextafter(real(x), np.inf, dtype=x.dtype))
    assert float_probes()["numpy.exp"] != first["numpy.exp"]


def test_where_a_file_of_the_registration_lies_makes_no_difference(tmp_path, monkeypatch) -> None:
    told = []
    for machine in ("ann", "bob"):
        folder = tmp_path / machine
        monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
        kwargs = {"xml_file": str(folder / "game" / "model.xml"), "legs": 4}
        told.append(_spec(SimpleNamespace(spec=SimpleNamespace(entry_point="game:Env", kwargs=kwargs))))
    assert told[0] == told[1]
    assert "game/model.xml" in told[0] and "'legs': 4" in told[0]


def test_spec_wrappers_and_observations_are_part_of_it() -> None:
    found = of("CartPole-v1", 1)
    assert found["wrappers"] == "TimeLimit of OrderEnforcing of CartPoleEnv"
    assert "max_episode_steps=500" in found["spec"]
    assert of("CartPole-v1", 1, max_episode_steps=100)["spec"] != found["spec"]
    assert of("planted_games:Walk", 2)["spec"] == "none"
    assert of("planted_games:Nim", 2)["observations"] != of("planted_games:Walk", 2)["observations"]


def test_own_code_is_told_by_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A game that was never installed has no version: two peers may have two states of its file."""
    digests = []
    for folder, speed in [("one", b"1"), ("two", b"2"), ("dos", b"1")]:
        (tmp_path / folder).mkdir()
        ends = b"\r\n" if folder == "dos" else b"\n"
        helper, game = tmp_path / folder / "own_helper.py", tmp_path / folder / "own_game.py"
        helper.write_bytes(b"SPEED = " + speed + ends)
        game.write_bytes(
            ends.join(
                [b"import own_helper", b"from planted_games import Walk", b"class Own(Walk):", b"    pass"]
            )
        )
        with monkeypatch.context() as patched:
            patched.syspath_prepend(str(tmp_path / folder))
            found = of("own_game:Own", 2)
            del sys.modules["own_game"], sys.modules["own_helper"]
        assert {"code.own_game", "code.own_helper", "code.planted_games"} <= found.keys()
        digests.append({field: text for field, text in found.items() if field.startswith("code.")})
    one, two, dos = digests
    assert {field for field in one if one[field] != two[field]} == {"code.own_helper"}
    assert one == dos
    assert not any(field.startswith("code.") for field in of("CartPole-v1", 1))


@pytest.mark.parametrize(("env", "players"), [("race:CartPole-v1", 2), ("planted_games:Nim", 2)])
def test_taking_it_leaves_no_trace(env: str, players: int) -> None:
    simulation = EnvironmentSimulation(MatchSettings(env=env, players=players))
    before = simulation.flatten()
    fingerprint(env, {}, simulation)
    assert simulation.flatten() == before


def test_where_a_function_of_the_registration_lies_makes_no_difference() -> None:
    def registered(domain: str) -> SimpleNamespace:
        def make(name: str) -> None: ...

        return SimpleNamespace(spec=SimpleNamespace(entry_point=partial(make, name=domain), kwargs={}))

    one, same, other = registered("walker"), registered("walker"), registered("cartpole")
    assert _spec(one) == _spec(same) != _spec(other)
