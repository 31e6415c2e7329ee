"""What `netplay check` must find, and what it must not accuse."""

from __future__ import annotations

import late_games
import pytest

from netcode.errors import UnplayableError
from netcode.settings import MatchSettings
from peer.simulation.adapters.spaces import DiscreteCodec
from peer.simulation.check import frame_costs
from peer.simulation.check.certificate import Report
from peer.simulation.check.certify import certify
from peer.simulation.check.claims import DRAWING, Claims
from peer.simulation.check.plain_run import Thorough, play_plainly

STEP = "step, as in a match"


def certified(
    name: str, frames: int = 100, players: int = 2, thorough: Thorough | None = None, **env_args: int
) -> Report:
    env = name if ":" in name or "-v" in name else f"planted_games:{name}"
    settings = MatchSettings(env=env, players=players, env_args=env_args, seed=3)
    return certify(settings, frames, thorough=thorough)


def failed(report: Report) -> dict[str, str]:
    return {check.claim: check.detail for check in report.checks if check.passed is False}


@pytest.mark.parametrize(
    ("name", "players"),
    [
        ("Walk", 2),
        ("ProcessRng", 2),
        ("Nim", 2),
        ("Tiny", 1),
        ("Bare", 1),
        ("ObserveChangesCache", 2),
        ("WornOut", 2),
    ],
)
def test_honest_games_are_certified_for_rollback(name: str, players: int) -> None:
    report = certified(name, players=players)
    assert report.ok, report
    assert report.mode == "rollback"
    assert report.verdict.startswith("rollback at ")
    assert report.episodes >= 2
    across = next(check for check in report.checks if check.claim == "an episode's end taken back")
    assert across.passed is True
    assert report.replayed_frames > 10
    assert report.entropy == []
    assert all(check.culprit is None for check in report.checks), "nobody is accused"
    assert report.objects > 3
    assert report.snapshot_bytes > 300
    assert set(report.costs_us) == {"step, plain", STEP, "capture", "restore", "digest", "render"}


def test_state_out_of_sight_is_found_by_replaying() -> None:
    report = certified("HiddenState")
    assert not report.ok
    assert "wrong predictions taken back exactly" in failed(report)
    assert "positions['" in report.verdict
    assert "after a rollback of " in report.verdict
    assert "window = 0" in report.verdict


def test_state_kept_in_a_picture_is_found() -> None:
    report = certified("InkOnScreen")
    assert "wrong predictions taken back exactly" in failed(report)


def test_randomness_of_its_own_is_found_and_named() -> None:
    report = certified("Unseeded")
    assert not report.ok
    assert "same seed, same game" in failed(report)
    assert "not playable because" in report.verdict


def test_observing_that_changes_the_game_is_never_skipped() -> None:
    report = certified("ObserveChangesState")
    assert report.ok, report
    assert not any("without observations" in check.detail for check in report.checks)


def test_a_machine_that_cannot_draw_it_can_play_it() -> None:
    report = certified("Undrawable")
    assert report.ok, report
    drawing = next(check for check in report.checks if check.claim == DRAWING)
    assert drawing.passed is None
    assert drawing.detail.startswith("RuntimeError: no OpenGL here")


def test_rendering_that_changes_visible_state_is_undone() -> None:
    assert certified("RenderChangesState").ok


def test_rendering_that_changes_hidden_state_is_found() -> None:
    assert not certified("RenderChangesHiddenState").ok


def test_what_cannot_be_remembered_is_lockstep_and_says_why() -> None:
    report = certified("Endless")
    assert report.ok
    assert report.mode == "lockstep"
    assert report.verdict.startswith(
        "lockstep only because the state cannot be remembered: beat is a builtins.generator, "
        "which does not tell where it has come to; a counter would; tried for 100 frames with "
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("planted_server:ByNumber", "pybullet keeps it in a server of its own"),
        (
            "planted_client:ByClient",
            "client is a pybullet_utils.bullet_client.BulletClient, whose world is in a server of its own",
        ),
    ],
)
def test_a_world_in_a_server_is_played_in_lockstep(name: str, reason: str) -> None:
    report = certified(name)
    assert report.ok
    assert report.verdict.startswith(f"lockstep only because the state cannot be remembered: {reason}; tried")


def test_what_depends_on_when_objects_are_freed_is_lockstep_and_names_the_line() -> None:
    report = certified("late_games:WeakMembersAtOnce", frames=40)
    assert report.ok, report
    assert report.verdict.startswith(
        "lockstep only because the state cannot be remembered: seen is a _weakrefset.WeakSet, "
        "which depends on when objects are freed: a snapshot keeps them longer; hold the object itself; tried"
    )
    snapshots = next(check for check in report.checks if check.claim == "snapshots")
    assert snapshots.culprit is not None
    assert snapshots.culprit.code == "self.seen = weakref.WeakSet(self.things)"


def test_a_thorough_check_goes_on_to_what_comes_late() -> None:
    brief = certified("late_games:ShortGenerator", late_games.LATE - 1)
    assert brief.verdict.endswith("with no ends of episodes; --thorough plays whole episodes")
    report = certified("late_games:ShortGenerator", late_games.LATE - 1, thorough=Thorough(1.0, episodes=2))
    assert report.ok, report
    assert (report.frames, report.episodes, report.guessed) == (60, 2, late_games.LATE)
    why = f"; from frame {late_games.LATE} on nothing is guessed, because the state cannot be"
    assert f"; tried for 60 frames with 2 ends of episodes{why}" in report.verdict


def test_a_thorough_check_without_time_still_tries_the_frames_asked_for() -> None:
    report = certified("Walk", 20, thorough=Thorough(1e-9))
    assert report.ok, report
    assert (report.frames, report.guessed) == (20, 20)


def test_a_thorough_check_says_how_far_it_came() -> None:
    settings = MatchSettings(env="planted_games:Walk", players=2, seed=3)
    run, plain = play_plainly(settings, 60, lambda _stage, _share: None)
    claims = Claims(settings, run, plain, lambda _stage, _share: None, 20, deadline=0.0)
    claims.rollbacks()
    assert claims.guessed == 20


@pytest.mark.parametrize("taken", [True, False])
def test_a_space_that_takes_or_refuses_the_wrong_inputs_is_found(
    taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiscreteCodec, "is_valid", lambda self, data: taken)
    report = certified("Walk", frames=20)
    (detail,) = failed(report).values()
    assert list(failed(report)) == ["foreign actions rejected"]
    assert ("is taken for an action of slot 0" in detail) if taken else ("not taken for" in detail)
    assert "window = 0" not in report.verdict


def test_a_breakdown_is_one_line() -> None:
    with pytest.raises(UnplayableError, match="failed while it was played: IndexError: no frame 13"):
        certified("BreaksDown")


def test_no_time_to_replay_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_costs, "_SPARE", 0.0)
    report = certified("Walk", frames=30)
    assert (report.mode, report.replayed_frames) == ("rollback", 0)
    assert "at 30 fps there is no time to replay a frame" in report.verdict


def test_no_episode_end_is_said_not_hidden() -> None:
    report = certified("Walk", frames=20)
    across = next(check for check in report.checks if check.claim == "an episode's end taken back")
    assert across.passed is None
    assert "more --frames" in across.detail


@pytest.mark.parametrize(
    ("env", "players", "frames", "env_args"),
    [
        ("CartPole-v1", 1, 200, {}),
        ("race:CartPole-v1", 2, 200, {}),
        (
            "pettingzoo:butterfly/knights_archers_zombies_v11",
            2,
            220,
            {"num_archers": 1, "num_knights": 1, "max_cycles": 60},
        ),
        ("pettingzoo:butterfly/cooperative_pong_v6", 2, 120, {"max_cycles": 50}),
        ("pettingzoo:classic/connect_four_v3", 2, 200, {}),
    ],
)
def test_real_environments_are_certified_for_rollback(
    env: str, players: int, frames: int, env_args: dict[str, int]
) -> None:
    report = certified(env, frames, players, **env_args)
    assert report.ok, report
    assert report.mode == "rollback"
    assert all(check.passed or check.claim == DRAWING for check in report.checks), report.checks


def test_pistonball_is_certified_for_rollback() -> None:
    """Of 200 frames and more: what contacts remember shows only then."""
    report = certified("pettingzoo:butterfly/pistonball_v6", 220, 3, n_pistons=3, max_cycles=150)
    assert report.ok, report
    assert report.mode == "rollback"
