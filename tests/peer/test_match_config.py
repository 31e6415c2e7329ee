"""Match and weather files: what they say, what the command line changes, and how they fail."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from netcode.errors import ConfigError
from netcode.simulator.weather import Weather
from peer.controllers.actions import NamedAction
from peer.match_config import (
    MatchConfig,
    WeatherFile,
    config_names,
    find_config,
    load_match_config,
    load_weather,
)

GOOD = """
controllers = ["keyboard", "random:3"]
weather = "wifi"
debug_remote_input_delay = 3
default_action = 1

[match]
env = "CartPole-v1"
env_args = { sutton_barto_reward = true }
frames = 100

[unattended]
controllers = ["random", "idle"]
fps = 60
frames = 400

[keys]
left = 0
"right+space" = { action = 1, name = "push" }
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "match.toml") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return write


def failure(name: str | None, overrides: dict[str, object] | None = None, display: bool = True) -> str:
    with pytest.raises(ConfigError) as caught:
        load_match_config(name, overrides, display=display)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_person_plays_at_the_environments_own_rate(write) -> None:
    config = load_match_config(write(GOOD), display=True)
    assert config.controllers == ["keyboard", "random:3"]
    assert config.by_hand
    settings = config.settings(own_fps=15)
    assert (settings.fps, settings.frames, settings.input_delay) == (15, 100, 2)
    assert config.settings(own_fps=None).fps == 60
    assert settings.env_args == {"sutton_barto_reward": True}
    assert config.keys == {"left": 0, "right+space": NamedAction(action=1, name="push")}
    assert (config.weather, config.debug_remote_input_delay, config.default_action) == ("wifi", 3, 1)


def test_without_a_display_nobody_plays_by_hand(write) -> None:
    config = load_match_config(write(GOOD), display=False)
    assert config.controllers == ["random", "idle"]
    settings = config.settings(own_fps=15)
    assert (settings.fps, settings.frames) == (60, 400)


def test_without_a_person_the_unattended_rate_holds_even_with_a_display(write) -> None:
    config = load_match_config(write(GOOD), {"controllers": ["random", "random"]}, display=True)
    assert config.settings(own_fps=15).fps == 60


def test_the_command_line_has_the_last_word(write) -> None:
    overrides = {
        "frames": 7,
        "fps": 30.0,
        "seed": 5,
        "weather": "lan",
        "debug_remote_input_delay": 0,
        "env": None,
    }
    config = load_match_config(write(GOOD), overrides, display=False)
    settings = config.settings(own_fps=15)
    assert (settings.frames, settings.fps, settings.seed, settings.env) == (7, 30, 5, "CartPole-v1")
    assert (config.weather, config.debug_remote_input_delay) == ("lan", 0)


def test_another_environment_drops_what_was_meant_for_the_files(write) -> None:
    config = load_match_config(write(GOOD), {"env": "MountainCar-v0"}, display=True)
    assert config.settings(None).env_args == {}
    assert (config.keys, config.default_action) == ({}, None)


@pytest.mark.parametrize(
    ("players", "seats"),
    [(1, ["keyboard"]), (2, ["keyboard", "random:3"]), (4, ["keyboard", "random:3", "random", "random"])],
)
def test_every_slot_gets_a_controller(write, players: int, seats: list[str]) -> None:
    assert load_match_config(write(GOOD), {"players": players}, display=True).controllers == seats


def test_no_file_needed() -> None:
    config = load_match_config(None, {"env": "CartPole-v1", "players": 3}, display=False)
    assert config.controllers == ["random"] * 3
    assert "--env" in failure(None)
    assert "command line: --players 0" in failure(None, {"env": "CartPole-v1", "players": 0})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "[match]\nenv = 'a'\nenvv = 1",
            "match.toml [match]: unknown key 'envv'; allowed: digest_interval, ",
        ),
        ("[match]\nframes = 3", "match.toml [match]: 'env' is missing"),
        ("[match]\nenv = 'a'\nplayers = 0", "match.toml [match]: players = 0: input should be greater than"),
        ("controllers = []", "match.toml: 'match' is missing"),
        (
            "wether = 'lan'\n[match]\nenv = 'a'",
            "match.toml: unknown key 'wether'; allowed: co_pilot, co_pilot_after, con",
        ),
        (
            "[match]\nenv = 'a'\n[unattended]\nfpss = 1",
            "unknown key 'unattended.fpss'; allowed: controllers, fps",
        ),
        (
            "debug_remote_input_delay = 31\n[match]\nenv = 'a'",
            "debug_remote_input_delay = 31: input should be less",
        ),
        (
            "[match]\nenv = 'a'\n[keys]\nw = 'x'",
            "match.toml: [keys] w: write a number, a list, or { action = 0",
        ),
        ("[match]\nenv = 'a'\n[keys]\nw = { action = 1 }", "match.toml: [keys] w: write a number"),
        ("[match]\nenv = 'a'\nplayers = = 2", "match.toml: not valid TOML: invalid value (at line 3"),
        (
            "controllers = ['mouse']\n[match]\nenv = 'a'",
            "unknown controller 'mouse'; allowed: keyboard, random",
        ),
        ("controllers = ['idle', 'idle']\n[match]\nenv = 'a'\nplayers = 1", "2 controllers for 1 players"),
    ],
)
def test_a_fault_of_the_file_is_named(write, text: str, says: str) -> None:
    assert says in failure(write(text))


def test_a_fault_of_the_command_line_is_not_blamed_on_the_file(write) -> None:
    assert failure(write(GOOD), {"fps": -1.0}).startswith("command line: --fps -1.0")
    assert "needs a display" in failure(write(GOOD), {"controllers": ["keyboard"]}, display=False)


def test_an_unreadable_file_is_told(write, tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    assert failure("latin.toml") == "latin.toml: not UTF-8 text"


def test_an_unknown_name_lists_the_names_there_are() -> None:
    text = failure("chess_boxing")
    assert "cartpole_race, cooperative_pong, knights_archers_zombies" in text
    with pytest.raises(ConfigError, match="bursty, lan, wan_bad, wan_good, wifi"):
        load_weather("hail")


def test_files_here_go_before_those_of_the_source_tree(write) -> None:
    from_source = load_weather("lan")
    write("delay_ms = 9", "configs/weather/lan.toml")
    assert load_weather("lan").delay_ms == 9 != from_source.delay_ms
    assert find_config("weather", "configs/weather/wifi.toml").is_file()  # a path, seen from the source tree


@pytest.mark.parametrize("name", config_names("matches"))
@pytest.mark.parametrize("display", [True, False])
def test_shipped_matches_are_sound(name: str, display: bool) -> None:
    config = load_match_config(name, display=display)
    own_fps = 50 if "cartpole" in name else 15
    settings = config.settings(own_fps)
    assert settings.frames / settings.fps == 60  # a minute
    assert settings.fps == (own_fps if display else 60)
    assert config.by_hand == display
    assert len(config.controllers) == settings.players == 2
    assert config.weather in config_names("weather")


@pytest.mark.parametrize("name", config_names("weather"))
def test_shipped_weathers_are_sound(name: str) -> None:
    weather = load_weather(name)
    assert 0 < weather.delay_ms <= 50
    assert weather.delay_ms >= weather.jitter_ms


def test_the_bursts_of_bursty_take_fifteen_packets_every_five_seconds() -> None:
    weather = load_weather("bursty")
    assert weather.burst_ms / 1000 * 60 == 15
    assert weather.burst_ms / weather.burst_loss == 5000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "los = 0.1",
            "unknown key 'los'; allowed: burst_loss, burst_ms, delay_ms, duplicate, jitter_ms, kbit, loss",
        ),
        ("loss = 3", "loss = 3: input should be less than or equal to 1"),
        ("delay_ms = -1", "delay_ms = -1: input should be greater than or equal to 0"),
        ("delay_ms = nan", "delay_ms = nan"),
        ("delay_ms = 'long'", "delay_ms = 'long'"),
    ],
)
def test_a_fault_of_a_weather_file_is_named(write, text: str, says: str) -> None:
    name = write(text, "storm.toml")
    with pytest.raises(ConfigError) as caught:
        load_weather(name)
    assert str(caught.value).startswith(f"storm.toml: {says}")


def test_weather_files_know_every_field_and_default_of_weather() -> None:
    assert WeatherFile().model_dump() == asdict(Weather())


def test_a_match_config_is_immutable() -> None:
    config = MatchConfig(match={"env": "CartPole-v1"})
    with pytest.raises(ValueError, match="frozen"):
        config.weather = "lan"  # type: ignore[misc]
