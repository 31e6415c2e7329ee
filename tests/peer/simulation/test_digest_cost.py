"""Where comparing states takes too much of the time, the check and the peers say what to type instead."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.settings import MatchSettings
from peer.console import LOCKSTEP
from peer.fleet.play_match import _notice
from peer.player import as_it_can_be_played
from peer.simulation import digest_cost, trial
from peer.simulation.check.certify import certify
from peer.simulation.digest_cost import COSTLY, costly_digests

SETTINGS = MatchSettings(env="planted_games:Walk", players=2)


def test_cheap_ones_are_not_spoken_of() -> None:
    assert costly_digests(0.008, 50, 30) == costly_digests(0.0, 60, 1) == ""


def test_the_line_says_what_to_type() -> None:
    assert costly_digests(0.040, 60, 30) == (
        "comparing states is costly: 40 ms every 30 frames, 8% of the time; "
        "--digest-interval 240, the same for all players, makes it 1%"
    )


@given(st.floats(0, 10), st.floats(0.1, 1000), st.integers(1, 3600))
def test_what_it_says_can_be_typed_and_is_better(digest_s: float, fps: float, interval: int) -> None:
    told = costly_digests(digest_s, fps, interval)
    if better := re.search(r"--digest-interval (\d+)", told):
        chosen = MatchSettings.parse({**SETTINGS.model_dump(), "digest_interval": int(better[1])})
        assert chosen.digest_interval > interval
        assert chosen.digest_interval == 3600 or not costly_digests(digest_s, fps, chosen.digest_interval)
    else:
        assert not told or interval == 3600


def play(digest_s: float, lockstep_reason: str | None = None, **more: Any) -> tuple[MatchSettings, list[str]]:
    said: list[str] = []
    simulation: Any = SimpleNamespace(digest_s=digest_s, lockstep_reason=lockstep_reason)
    return as_it_can_be_played(SETTINGS.model_copy(update=more), simulation, said.append), said


def test_a_peer_says_it_and_keeps_to_what_all_have_agreed_on() -> None:
    settings, said = play(0.040)
    assert (settings, len(said)) == (SETTINGS, 1)
    assert said[0].startswith(COSTLY)
    assert play(0.001)[1] == play(0.040, fast=True)[1] == play(0.040, digest_interval=240)[1] == []


def test_without_snapshots_a_peer_plays_in_lockstep() -> None:
    settings, said = play(0.0, "there is a generator")
    assert (settings.window, settings.on_desync) == (0, "stop")
    assert said == [f"{LOCKSTEP}: there is a generator"]


def test_a_match_tells_once_what_its_first_peer_has_said() -> None:
    first: Any = SimpleNamespace(
        said=["hello", f"{COSTLY}: 40 ms"],
        plan=SimpleNamespace(name="ann"),
        child=SimpleNamespace(exit_code=None),
    )
    run: Any = SimpleNamespace(newly_failed=lambda: None, peers=[first])
    broker: Any = SimpleNamespace(exit_code=None)
    noticed: set[str] = set()
    notes: list[str] = []
    for _ in range(2):
        _notice(run, broker, noticed, notes)
    assert notes == [f"{COSTLY}: 40 ms"]


def test_the_trial_before_a_match_measures_digests() -> None:
    assert trial.try_shortcuts(SETTINGS).digest_s > 0


def test_the_verdict_of_a_check_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_cost, "_TOO_MUCH", 0.0)
    assert COSTLY in certify(SETTINGS, 20).verdict
