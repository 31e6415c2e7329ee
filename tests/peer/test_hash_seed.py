"""Texts hash alike in every process that plays."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = "import sys; from peer.hash_seed import fix_hashes as f; f(sys.argv[1:]); print(hash('a'))"


def hashed(*arguments: str, **env: str) -> int:
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"}
    plain["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-c", CODE, *arguments]
    done = subprocess.run(command, env=plain | env, capture_output=True, text=True, check=True, timeout=30)
    return int(done.stdout)


@pytest.mark.parametrize("seed", [{}, {"PYTHONHASHSEED": "7"}, {"PYTHONHASHSEED": "0"}])
def test_who_plays_hashes_as_all_do(seed: dict[str, str]) -> None:
    truth = hashed("broker", PYTHONHASHSEED="0")
    for verb in ("peer", "match", "soak", "check", "replay", "spectate", "what may come"):
        assert hashed(verb, "--env", "X", **seed) == truth, verb


def test_who_does_not_play_is_left_alone() -> None:
    assert hashed("broker", PYTHONHASHSEED="7") != hashed("peer")
