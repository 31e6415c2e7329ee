from __future__ import annotations

from pathlib import Path

import pytest

from netcode.errors import ConfigError
from peer.fleet.fault_schedule import fault_schedule, match_seed
from peer.fleet.soak_config import SoakConfig, load_soak_config

MATCH = {"match": {"env": "CartPole-v1", "players": 1, "frames": 10}}


def test_same_seed_same_schedule() -> None:
    config = SoakConfig(seed=3, matches=[MATCH])
    assert fault_schedule(config, 10) == fault_schedule(config, 10)
    assert fault_schedule(config, 10) != fault_schedule(config.model_copy(update={"seed": 4}), 10)
    assert fault_schedule(config, 1) == fault_schedule(config, 10)[:11]
    assert match_seed(config, 0, 1) == match_seed(config, 0, 1) != match_seed(config, 1, 0)


def test_a_fault_every_so_often_of_every_kind() -> None:
    faults = fault_schedule(SoakConfig(seed=1, fault_every=5.0, matches=[MATCH]), 20)
    assert [fault.at for fault in faults] == [5.0 * n for n in range(1, 240)]
    assert {fault.kind for fault in faults} == {"kill_peer", "kill_broker", "pause_peer", "change_weather"}
    assert all(0.5 <= fault.pause_s <= 3.0 for fault in faults)


def test_no_weights_no_faults() -> None:
    none = {"kill_peer": 0, "kill_broker": 0, "pause_peer": 0, "change_weather": 0}
    assert fault_schedule(SoakConfig(faults=none, matches=[MATCH]), 5) == []


def test_the_shipped_scenario_is_valid() -> None:
    assert load_soak_config("short").lanes == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lanez = 3\n[[matches]]\nmatch = {env='x', frames=1}", "unknown key 'lanez'; allowed: .*lanes"),
        ("lanes = 0\n[[matches]]\nmatch = {env='x', frames=1}", "lanes = 0"),
        ("[[matches]]\nmatch = {env='x', frames=0}", "frames must be given"),
        ("[[matches]]\nmatch = {env='x', frames=1, disconnect_timeout=2.0}", "pause_seconds"),
        ("weathers=['nice']\n[[matches]]\nmatch = {env='x', frames=1}", "nice"),
        ("lanes = 1", "'matches' is missing"),
    ],
)
def test_broken_scenarios_name_the_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as error:
        load_soak_config(str(path))
    assert "\n" not in str(error.value)
