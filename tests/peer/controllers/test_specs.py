"""The words that name controllers."""

from __future__ import annotations

from pathlib import Path

import pytest

from netcode.errors import ConfigError
from peer.controllers import parse_spec


def test_the_allowed_specs(tmp_path: Path) -> None:
    script = tmp_path / "moves.txt"
    script.touch()
    assert parse_spec("keyboard") == ("keyboard", "")
    assert parse_spec("idle") == ("idle", "")
    assert parse_spec("random") == ("random", "")
    assert parse_spec("random:7") == ("random", "7")
    assert parse_spec(f"script:{script}") == ("script", str(script))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (
            "mouse",
            "unknown controller 'mouse'; allowed: keyboard, random, random:SEED, script:FILE, policy:FILE",
        ),
        ("", "unknown controller ''; allowed: keyboard"),
        ("Random", "unknown controller 'Random'"),
        ("policy:model.zip", "there is no file 'model.zip'"),
        ("policy:", "name the policy"),
        ("policy:model", "policy:FILE.npz"),
        ("random:", "seed must be a whole number"),
        ("random:-1", "seed must be a whole number"),
        ("random:1.5", "seed must be a whole number"),
        ("random:²", "seed must be a whole number"),
        ("random:99999999999999999999", "seed must be a whole number"),
        ("keyboard:2", "'keyboard' takes nothing after it"),
        ("idle:", "'idle' takes nothing after it"),
        ("script:", "name the file"),
        ("script:nowhere.txt", "there is no file 'nowhere.txt'"),
    ],
)
def test_what_is_not_allowed_is_told(spec: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_spec(spec)
    assert says in str(caught.value)
