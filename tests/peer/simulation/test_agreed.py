"""What somebody else names is made only if it is installed as an environment, or the user named it too."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

import peer.player
import peer.spectator
from netcode.confirmed_frame import ConfirmedFrame
from netcode.errors import MatchRefusedError, NetplayError
from netcode.settings import MatchSettings
from peer.commands.replay import replay
from peer.player import play
from peer.playing import PlayerOptions
from peer.records.log_writer import MatchLogWriter
from peer.records.match_log import LogHeader
from peer.simulation.agreed import check_as_asked, check_named_by_others, is_known
from peer.spectator import SpectatorOptions, spectate

RAN: list[str] = []


def run_anything(**_: object) -> None:
    """Stands for os.system and the like."""
    RAN.append("ran")
    raise ValueError


HARM = f"{__name__}:run_anything"


@pytest.fixture(autouse=True)
def harm(monkeypatch):
    RAN.clear()
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(run_anything=run_anything))


def settings_of(env: str, **values: object) -> MatchSettings:
    return MatchSettings.parse({"env": env, "players": 1, "frames": 10} | values)


@pytest.mark.parametrize(
    "env", ["CartPole-v1", "race:CartPole-v1", "pettingzoo:butterfly/knights_archers_zombies_v11"]
)
def test_an_installed_environment_may_be_named_by_anybody(env):
    assert is_known(env)
    check_named_by_others(env, None)


@pytest.mark.parametrize(
    "env",
    ["os:system", "race:os:system", "antigravity:Name-v0", "race:this:Name-v0", "GymV26Environment-v0",
     "race:GymV21Environment-v0", "pettingzoo:butterfly:x/y_v1", HARM],
)  # fmt: skip
def test_any_other_code_only_by_the_user(env):
    with pytest.raises(MatchRefusedError, match="naming it with --env") as refused:
        check_named_by_others(env, None)
    assert "\n" not in str(refused.value)
    with pytest.raises(MatchRefusedError):
        check_named_by_others(env, "CartPole-v1")
    check_named_by_others(env, env)


def test_the_refusal_cannot_write_to_the_terminal():
    with pytest.raises(MatchRefusedError) as refused:
        check_named_by_others("x:\x1b[2J\ny", None)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("told", [settings_of("os:system"), settings_of("x:y", env_args={"a": 2})])
def test_a_broker_cannot_answer_with_another_environment(told):
    with pytest.raises(MatchRefusedError, match="asked for x:y"):
        check_as_asked(settings_of("x:y", env_args={"a": 1}), told)
    check_as_asked(settings_of("x:y", seed=1), settings_of("x:y", seed=2))


class Silent:
    """A console that nobody reads, and a control that nobody uses."""

    stop_reason = None

    def __getattr__(self, name: str) -> object:
        return lambda *_, **__: False


def told(env: str) -> SimpleNamespace:
    return SimpleNamespace(match_id="m", settings=settings_of(env), sources=())


def test_a_spectator_runs_no_code_that_a_match_names(monkeypatch):
    monkeypatch.setattr(peer.spectator, "_find_match", lambda *_: told(HARM))
    with pytest.raises(MatchRefusedError):
        spectate(SpectatorOptions("eve", "127.0.0.1:9", bind="127.0.0.1"), Silent(), Silent())
    assert not RAN
    with pytest.raises(NetplayError, match="cannot be made"):
        agreed = SpectatorOptions("eve", "127.0.0.1:9", bind="127.0.0.1", agreed_env=HARM)
        spectate(agreed, Silent(), Silent())
    assert RAN, "else this test could not fail"


def test_who_comes_into_a_match_runs_no_code_that_it_names(monkeypatch):
    way_in = SimpleNamespace(roster=told(HARM))
    monkeypatch.setattr(peer.player, "find_way_in", lambda *_: way_in)
    options = PlayerOptions(None, "eve", ("random",), "127.0.0.1:9", bind="127.0.0.1", into="m")
    with pytest.raises(MatchRefusedError):
        play(options, Silent(), Silent())
    assert not RAN


def test_who_waits_for_a_match_runs_no_code_that_the_broker_names(monkeypatch):
    monkeypatch.setattr(peer.player, "find_match", lambda *_, **__: told(HARM))
    asked = settings_of("CartPole-v1")
    options = PlayerOptions(asked, "eve", ("random",), "127.0.0.1:9", bind="127.0.0.1")
    with pytest.raises(MatchRefusedError):
        play(options, Silent(), Silent())
    assert not RAN


def test_a_log_runs_no_code_that_it_names(tmp_path):
    header = LogHeader("m", 0, ("ann",), settings_of(HARM), (1,), {})
    log = tmp_path / "log"
    writer = MatchLogWriter(log, header)
    writer.write([ConfirmedFrame(0, (b"x",), b"", None)])
    writer.close()
    with pytest.raises(MatchRefusedError):
        replay(log, verify=True)
    assert not RAN
    with pytest.raises(NetplayError, match="cannot be made"):
        replay(log, env=HARM, verify=True)
