"""ENV_IDs, and one clear line for each that is none."""

from __future__ import annotations

import builtins
import re
import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from netcode.errors import ConfigError, UnplayableError
from netcode.limits import MAX_PLAYERS
from peer.simulation import environments
from peer.simulation.environments import find_maker, make_environment, parse_env_args
from peer.simulation.player_counts import count_players

KAZ = "pettingzoo:butterfly/knights_archers_zombies_v11"


def make(env_id: str, **env_args: Any) -> Any:
    return make_environment(find_maker(env_id, env_args), env_id)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "gymnasium:CartPole-v1", "race:CartPole-v1"])
def test_gymnasium_ids(env_id: str) -> None:
    env = make(env_id, max_episode_steps=7)
    assert isinstance(env, gymnasium.Env)
    assert env.render_mode == "rgb_array"
    assert env.spec is not None
    assert env.spec.max_episode_steps == 7


@pytest.mark.parametrize(
    "env_id",
    [KAZ, KAZ.replace("_v11", "-v11"), KAZ.replace("pettingzoo:", "pettingzoo.").replace("/", ".") + ":env"],
)
def test_pettingzoo_and_callables(env_id: str) -> None:
    env = make(env_id, num_archers=1)
    assert env.possible_agents == ["archer_0", "knight_0", "knight_1"]
    assert env.unwrapped.render_mode == "rgb_array"


def test_the_parallel_api_is_preferred() -> None:
    assert hasattr(make(KAZ), "aec_env")
    assert not hasattr(make("pettingzoo:classic/connect_four_v3"), "aec_env")


def test_a_render_mode_of_the_user_s_own_stays() -> None:
    assert make("CartPole-v1", render_mode=None).render_mode is None
    assert make(KAZ, render_mode=None).unwrapped.render_mode is None


@pytest.mark.parametrize(
    ("env_id", "text"),
    [
        ("CartPoel-v1", "did you mean CartPole-v1"),
        ("CartPole", "did you mean CartPole-v1"),
        (
            "pettingzoo:butterfly/knights_archer_zombies_v11",
            "did you mean butterfly/knights_archers_zombies_v11?",
        ),
        ("pettingzoo:buterfly/pistonball_v6", "did you mean butterfly?"),
        ("pettingzoo:classic/chess_v6", "; pip install chess"),
        ("planted_games:Wlak", "did you mean Walk"),
        ("no_such_module:Game", "; pip install no_such_module"),
        ("no_such_module:Game-v0", "; pip install no_such_module"),
        (
            "planted_games:Walk-v0",
            "registers none; planted_games:NAME may be",
        ),
        ("gymnasium:CartPool-v0", "did you mean CartPole-v1 or"),
        ("race:nothing", "no environment 'nothing'"),
        ("", "no environment ''"),
        (":", "cannot be imported"),
        ("a:b:c", "cannot be imported"),
        ("pettingzoo:", "has no family"),
        ("pettingzoo:butterfly/../x", "has no"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    env_id: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chess", None)  # as if it were not installed
    with pytest.raises(UnplayableError) as caught:
        make(env_id)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_that_is_like_others_only_by_its_version_suggests_none() -> None:
    with pytest.raises(UnplayableError) as caught:
        make("Zzyzx-v0")
    assert str(caught.value) == "there is no environment 'Zzyzx-v0'"


def test_an_error_without_words_is_told_with_its_line() -> None:
    with pytest.raises(UnplayableError) as caught:
        make("planted_games:Wordless")
    told = r".* cannot be made: AssertionError: assert length > 99 \(.*planted_games.py:\d+\)"
    assert re.fullmatch(told, str(caught.value))


def test_an_unknown_argument_is_said_in_one_line() -> None:
    with pytest.raises(UnplayableError, match="unexpected keyword argument 'speeed'"):
        make(KAZ, speeed=3)
    with pytest.raises(UnplayableError, match="unexpected keyword argument 'speeed'"):
        make("CartPole-v1", speeed=3)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_pygame(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "pygame":
            raise ModuleNotFoundError("No module named 'pygame'", name="pygame")
        return real(name, *args, **kwargs)

    for module in [name for name in sys.modules if name.startswith("pettingzoo.butterfly.cooperative_pong")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without_pygame)
    with pytest.raises(UnplayableError, match=r"pip install 'netplay\[window\]'"):
        make("pettingzoo:butterfly/cooperative_pong_v6")


def test_env_args() -> None:
    assert parse_env_args(["a=1", "b=2.5", "c=true", "d=False", "e=x=y", "f="]) == {
        "a": 1,
        "b": 2.5,
        "c": True,
        "d": False,
        "e": "x=y",
        "f": "",
    }
    for bad in ("a", "=1", "a b=1"):
        with pytest.raises(ConfigError, match="KEY=VALUE"):
            parse_env_args([bad])


def test_how_many_play() -> None:
    assert count_players("CartPole-v1", {}) == 1
    assert count_players("race:CartPole-v1", {}) == 2
    assert count_players(KAZ, {"num_knights": 1}) == 3


def test_more_than_a_match_takes_is_said_with_their_number() -> None:
    with pytest.raises(UnplayableError, match=f"is for 17 players; a match takes {MAX_PLAYERS} at most"):
        count_players(KAZ, {"num_knights": 9, "num_archers": 8})
    with pytest.raises(UnplayableError, match=r"is for 20 players.*; change --env-arg n_pistons=N"):
        count_players("pettingzoo:butterfly/pistonball_v6", {})


def test_a_name_of_gymnasium_s_needs_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = gymnasium.spec("CartPole-v1")
    monkeypatch.setitem(gymnasium.registry, "planted/Pole", spec)
    assert make("planted_games:planted/Pole").unwrapped.spec.id == "CartPole-v1"


def test_roms_of_ale_py_serve_pettingzoo_s_atari() -> None:
    pytest.importorskip("ale_py")
    folder = Path(str(environments._rom_folder()["auto_rom_install_path"]))
    assert (folder / "pong.bin").is_file()


def test_without_ale_py_pettingzoo_s_own_folder_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ale_py", None)
    assert environments._rom_folder() == {}
