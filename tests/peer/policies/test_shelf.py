"""Policies loaded ahead of the match."""

from __future__ import annotations

import psutil
import pytest

from netcode.errors import ConfigError
from peer.policies import shelf as shelves
from peer.policies.hosted import HostedPolicy
from peer.policies.options import PolicyOptions
from peer.policies.shelf import PolicyShelf

SHARED = PolicyOptions(reaction=3)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(shelves, "load_policy", lambda *wanted: asked.append(wanted) or object())
    return asked


def test_each_is_loaded_ahead_once_for_each_who_wants_it(loaded) -> None:
    shelf = PolicyShelf()
    shelf.prepare(["policy:a:a reaction=9", "random:3", "policy:a:a", "keyboard"], SHARED)
    assert loaded == [("a:a", True)] * 2
    first, options = shelf.take("a:a", SHARED)
    second, others = shelf.take("a:a reaction=9", SHARED)
    assert first is not second, "policies have state: nobody shares one"
    assert (options.reaction, others.reaction) == (3, 9)
    assert len(loaded) == 2
    shelf.take("a:a", SHARED)
    assert len(loaded) == 3, "the shelf is empty"


def test_what_was_loaded_otherwise_is_not_it(loaded) -> None:
    shelf = PolicyShelf()
    shelf.prepare(["policy:a:a deterministic=false"], SHARED)
    shelf.take("a:a", SHARED)
    assert loaded == [("a:a", False), ("a:a", True)]


def test_processes_end_with_it() -> None:
    shelf = PolicyShelf()
    with pytest.raises(ConfigError, match="acting:nobody"):
        shelf.prepare(["policy:acting:Counter", "policy:acting:nobody"], SHARED)
    policy, _ = shelf.take("acting:Counter", SHARED)
    assert isinstance(policy, HostedPolicy)
    pid = policy._process.pid
    assert psutil.pid_exists(pid)
    shelf.close()
    assert not psutil.pid_exists(pid)
