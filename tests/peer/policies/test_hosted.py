"""Code of others in a process of its own."""

from __future__ import annotations

import random

import psutil
import pytest

from netcode.errors import ConfigError
from peer.policies.hosted import HostedPolicy
from peer.policies.policy import load_policy


@pytest.fixture
def hosted():
    made = []

    def host(name: str) -> HostedPolicy:
        made.append(load_policy(f"acting:{name}", True))
        return made[-1]

    yield host
    for policy in made:
        policy.close()
        assert not psutil.pid_exists(policy._process.pid)


def test_it_plays_begins_anew_and_leaves_our_luck_alone(hosted):
    counter, lucky = hosted("Counter"), hosted("lucky")
    before = random.getstate()
    assert [counter.act(None, {}) for _ in range(3)] == [1, 2, 3]
    counter.reset()
    assert counter.act(None, {}) == 1
    assert {lucky.act(None, {}) for _ in range(50)} == set(range(6))
    assert random.getstate() == before


def test_its_faults_are_told(hosted):
    with pytest.raises(RuntimeError, match="ValueError: no idea"):
        hosted("broken").act(None, {})
    with pytest.raises(ConfigError, match="cannot be called"):
        hosted("number")
    with pytest.raises(ConfigError, match="policy 'acting:dies': its process has ended"):
        hosted("dies")
    counter = hosted("Counter")
    counter._process.kill()
    with pytest.raises((RuntimeError, OSError)):
        counter.act(None, {})


def test_what_it_prints_is_not_taken_for_our_words(hosted, capfd):
    assert hosted("talks").act(None, {}) == 1
    out, err = capfd.readouterr()
    assert (out, err) == ("", "thinking aloud\n")
