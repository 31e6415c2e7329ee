"""The settings of a match: refused in words that help, compared by value."""

import pytest

from netcode.errors import ConfigError
from netcode.settings import MatchSettings


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, ["env", "missing"]),
        ({"env": ""}, ["env"]),
        ({"env": "x", "players": 0}, ["players", "0", "greater than or equal to 1"]),
        ({"env": "x", "players": 17}, ["players", "16"]),
        ({"env": "x", "window": -1}, ["window"]),
        ({"env": "x", "window": 61}, ["window", "60"]),
        ({"env": "x", "fps": 0}, ["fps"]),
        ({"env": "x", "fps": float("nan")}, ["fps"]),
        ({"env": "x", "input_delay": 31}, ["input_delay", "30"]),
        ({"env": "x", "seed": -1}, ["seed"]),
        ({"env": "x", "prediction": "magic"}, ["prediction", "repeat-last", "default"]),
        ({"env": "x", "windw": 8}, ["windw", "allowed", "window"]),
        ({"env": "x", "env_args": {"a": [1]}}, ["env_args"]),
        ("no mapping", ["match settings"]),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(values, names):
    with pytest.raises(ConfigError) as caught:
        MatchSettings.parse(values)
    text = str(caught.value)
    assert "\n" not in text
    assert all(name in text for name in names), text


def test_the_digest_is_equal_iff_the_settings_are():
    base = {"env": "x", "players": 3, "env_args": {"n": 1}}
    assert MatchSettings.parse(base).digest() == MatchSettings.parse(dict(base)).digest()
    changes = [{"env": "y"}, {"seed": 1}, {"fps": 30}, {"window": 3}, {"env_args": {"n": 2}}, {"fast": True}]
    digests = {MatchSettings.parse(base | change).digest() for change in [{}, *changes]}
    assert len(digests) == len(changes) + 1


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        MatchSettings(env="x").players = 3
