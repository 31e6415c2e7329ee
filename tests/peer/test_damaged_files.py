"""Files that people write, or somebody for them: whatever is in them, they are taken or refused in words."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from netcode.errors import NetplayError
from netcode.simulator.draw import draw_scenario
from netcode.simulator.scenario import Scenario
from peer.controllers.my_keys import MyKeys
from peer.fleet.soak_config import load_soak_config
from peer.match_config import load_match_config, load_weather
from peer.policies.sb3_policy import _algorithm_of
from peer.policies.tiny_net import TinyNet
from peer.text_files import MAX_TEXT_FILE, read_text, read_toml

CONFIGS: Final = Path(__file__).parents[2] / "configs"
WORDS: Final = [
    *("nan", "inf", "-1", "0", "1e400", "99999999999999999999999", "true", "2020-01-01", "[]", "{}", "[[]]"),
    *('""', '"x"', '"\\u001b[31mX"', '"a:b"', "[1, 2]", '["x", "y"]', "{ a = 1 }", f'"{"y" * 2000}"', ""),
]


def as_script(path: Path) -> object:
    from peer.controllers.scripted import read_script
    from peer.simulation.adapters.spaces import DiscreteCodec

    return read_script(path, DiscreteCodec.__new__(DiscreteCodec))


LOADERS: Final[dict[str, tuple[str, Callable[[Path], object]]]] = {
    "match": (
        "matches/knights_archers_zombies.toml",
        lambda path: load_match_config(str(path), display=False),
    ),
    "policies": (
        "matches/with_a_trained_archer.toml",
        lambda path: load_match_config(str(path), display=True),
    ),
    "weather": ("weather/wan_bad.toml", lambda path: load_weather(str(path))),
    "soak": ("soak/short.toml", lambda path: load_soak_config(str(path))),
}


def taken_or_refused(load: Callable[[Path], object], path: Path) -> bool:
    """Was it taken? If not, it was refused in words."""
    try:
        load(path)
    except NetplayError as error:
        text = str(error)
        assert text and "\n" not in text, text
        return False
    return True


@pytest.mark.parametrize("kind", LOADERS)
def test_files_that_are_damaged_are_told_in_one_line(kind: str, tmp_path: Path) -> None:
    example, load = LOADERS[kind]
    whole = (CONFIGS / example).read_bytes()[:4000].rpartition(b"\n\n")[0] + b"\n"
    path = tmp_path / "file.toml"
    path.write_bytes(whole)
    assert taken_or_refused(load, path)
    rng = random.Random(kind)
    refused = 0
    for damaged in (*changed_words(whole.decode(), rng), *flipped(whole, rng, 60)):
        path.write_bytes(damaged)
        refused += not taken_or_refused(load, path)
    assert refused > 30


def changed_words(text: str, rng: random.Random) -> Iterator[bytes]:
    """One value after the other replaced by one of another kind."""
    values = list(re.finditer(r"(?<== ).+?(?=\n)", text))
    for value in values[:12]:
        for word in rng.sample(WORDS, 12):
            yield (text[: value.start()] + word + text[value.end() :]).encode()


def flipped(data: bytes, rng: random.Random, times: int) -> Iterator[bytes]:
    for number in range(times):
        if number % 3 == 0:
            yield data[: rng.randrange(len(data))]
        else:
            damaged = bytearray(data)
            damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            yield bytes(damaged)


def test_scenarios(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"

    def load(path: Path) -> object:
        return Scenario.from_json(read_text(path), str(path))

    whole = draw_scenario(3, 2).to_json().encode()
    path.write_bytes(whole)
    assert taken_or_refused(load, path)
    for damaged in (b"[" * 100_000, b"null", b"1" * 5000, *flipped(whole, random.Random(1), 200)):
        path.write_bytes(damaged)
        taken_or_refused(load, path)
    path.write_text("root:secret:0:0")
    with pytest.raises(NetplayError) as refused:
        load(path)
    assert "not JSON" in str(refused.value) and "secret" not in str(refused.value)


def test_text_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b" " * MAX_TEXT_FILE)
    assert len(read_text(path)) == MAX_TEXT_FILE
    for path in (Path("/dev/zero"), tmp_path, tmp_path / "none"):
        with pytest.raises(NetplayError, match=re.escape(str(path))):
            read_text(path)
    for content in (b"\xff", b"a = " + b"[" * 50_000, b"a = " + b"9" * 5000, b"a"):
        (tmp_path / "text").write_bytes(content)
        with pytest.raises(NetplayError, match="text: not "):
            read_toml(tmp_path / "text")


def test_nets(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    rng = np.random.default_rng(1)
    TinyNet([(rng.normal(size=(4, 8)), np.zeros(8)), (rng.normal(size=(8, 2)), np.zeros(2))]).save(path)
    whole = path.read_bytes()
    for damaged in flipped(whole, random.Random(1), 100):
        path.write_bytes(damaged)
        taken_or_refused(TinyNet.load, path)
    layers: dict[str, Any] = {"w0": np.zeros((2, 2)), "b0": np.zeros(2)}
    for wrong in (
        {"w0": np.array([["x", "y"], ["z", "w"]])},
        {"b0": np.array([1j, 2])},
        {"seen": np.array([0.5, 1.5])},
        {"seen": np.array([0])},
    ):
        np.savez(path, **layers | wrong)
        assert not taken_or_refused(TinyNet.load, path) or "b0" in wrong
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("w0.npy", bytes(70_000_000))
    assert path.stat().st_size < 200_000
    with pytest.raises(NetplayError, match="too large when unpacked"):
        TinyNet.load(path)


def test_stored_models(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as stored:
        stored.writestr("data", '{"clip_range": 0.2}')
    whole = path.read_bytes()
    assert _algorithm_of(path) == "PPO"
    for damaged in flipped(whole, random.Random(1), 100):
        path.write_bytes(damaged)
        taken_or_refused(_algorithm_of, path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("data", b" " * 70_000_000)
    assert not taken_or_refused(_algorithm_of, path)


def test_own_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    whole = b'[keys]\n"a" = "b"\n"b" = "a"\n'
    for damaged in (
        b"a = " + b"[" * 20_000,
        b"keys = 3",
        b"keys = [1]",
        *flipped(whole, random.Random(1), 100),
    ):
        path.write_bytes(damaged)
        said: list[str] = []
        MyKeys([], path, said.append)
        assert len(said) <= 1 and "\n" not in "".join(said)
