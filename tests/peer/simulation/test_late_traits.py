"""What is first used in the middle of play is remembered exactly, or ends guessing before it does harm."""

from __future__ import annotations

import random

import late_games
import pytest
from late_games import ENDS_GUESSING, LATE, REMEMBERED

from netcode.errors import UncapturableStateError
from netcode.events import GuessingEnded
from netcode.settings import MatchSettings
from netcode.sync_test import SyncTestSession
from peer.simulation.check.claims import Claims
from peer.simulation.check.plain_run import play_plainly
from peer.simulation.check.virtual_match import WAN_BAD, EnvironmentMatch
from peer.simulation.environment_simulation import EnvironmentSimulation

FRAMES = LATE + 20


def settings_of(game: type, **more: object) -> MatchSettings:
    return MatchSettings.parse(
        {"env": f"late_games:{game.__name__}", "players": 2, "seed": 3, **more}, "test"
    )


def follow(settings: MatchSettings, frames: int) -> None:
    """Play with a rollback after every frame, beside the plain game."""
    plain, game = EnvironmentSimulation(settings), EnvironmentSimulation(settings, fresh_episodes=False)
    assert game.captures, game.lockstep_reason
    rng, session = random.Random(3), SyncTestSession(game, depths=(1, 2, 5))

    def draw() -> list[bytes]:
        return [codec.sample(rng) for codec in plain.codecs]

    for _ in range(frames):
        inputs = draw()
        outcome = session.advance(inputs, [draw() for _ in range(3)])
        assert session.result.fault is None
        assert outcome == plain.step(inputs)


@pytest.mark.parametrize("game", REMEMBERED, ids=lambda game: game.__name__)
def test_what_comes_late_is_remembered(game: type) -> None:
    follow(settings_of(game), FRAMES)


@pytest.mark.parametrize("game", ENDS_GUESSING, ids=lambda game: game.__name__)
def test_what_cannot_be_put_back_ends_guessing_by_name(game: type) -> None:
    with pytest.raises(UncapturableStateError) as caught:
        follow(settings_of(game), FRAMES)
    assert ENDS_GUESSING[game] in str(caught.value)


@pytest.mark.parametrize("game", [*ENDS_GUESSING, late_games.NestedClass], ids=lambda game: game.__name__)
def test_a_match_goes_on_as_the_true_game(game: type) -> None:
    """Over a bad link, with rollbacks until it comes up; judged by the plain game."""
    match = EnvironmentMatch(settings_of(game, frames=60, digest_interval=10), WAN_BAD)
    match.run(60)
    assert match.faults_found() == []
    for peer in match.peers:
        assert len(peer.confirmed) == 60
        ended = [event for event in peer.events if isinstance(event, GuessingEnded)]
        if game in ENDS_GUESSING:
            assert ended
            assert ended[0].frame >= LATE - 1
            assert ENDS_GUESSING[game] in ended[0].why
        else:
            assert not ended
    assert any(peer.depths for peer in match.peers)


@pytest.mark.parametrize(
    ("game", "line"),
    [(late_games.Generator, "self.steps = ("), (late_games.WeakMembers, "self.seen: Any = weakref.WeakSet(")],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_the_check_says_from_which_frame_on_and_by_which_line(game: type, line: str) -> None:
    settings = settings_of(game)
    run, plain = play_plainly(settings, 2 * LATE, lambda _stage, _share: None)
    claims = Claims(settings, run, plain, lambda _stage, _share: None)
    check = claims.rollbacks()[0]
    assert check.passed
    assert claims.guessed == LATE
    why = f"from frame {LATE} on nothing is guessed: the state cannot be remembered: {ENDS_GUESSING[game]}"
    assert why in check.detail
    assert check.culprit is not None
    assert line in check.culprit.code
