"""Which beginning a late comer takes, when it goes back, and what it hands out."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from netcode.archive import Archive
from netcode.confirmed_frame import ConfirmedFrame
from netcode.digests import OwnDigests
from netcode.episodes import Episodes, EpisodeStart
from netcode.feed_reader import Claim
from netcode.replay import FAR_BEHIND, Replay
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame
from netcode.simulator.reference import first_difference, play_reference
from netcode.sources import Source

SETTINGS = MatchSettings(env="x", players=2, seed=3, digest_interval=10, frames=0)
SOURCE = Source("ann", bytes(8), bytes(8))
rng = random.Random(1)
INPUTS = [[bytes([rng.randrange(8)]) for _ in range(2)] for _ in range(3000)]
REFERENCE = list(play_reference(MixingGame(2, 3), INPUTS, 10, 0))


def start_below(frame: int) -> EpisodeStart:
    """The newest of the true game."""
    episodes = Episodes(MixingGame(2, 3))
    for one in REFERENCE[:frame]:
        assert one.outcome is not None
        episodes.confirm(one.frame, one.outcome)
    return episodes.present


class Feed:
    """As a FeedReader, of one source."""

    def __init__(self) -> None:
        self.told = Archive(2, 10, 0)
        self.claim: Claim | None = None
        self.hopeless: str | None = None
        self.false: list[Claim] = []

    def tell(self, frames: int, claim: EpisodeStart | None = None) -> None:
        """Of the true game; `claim`: None: the true one."""
        for frame in REFERENCE[self.told.count : frames]:
            self.told.add(b"".join(frame.inputs))
            if frame.digest is not None:
                self.told.add_digest(frame.digest)
        self.claim = Claim(SOURCE, claim or start_below(frames))

    def row(self, frame: int) -> tuple[bytes, ...]:
        return REFERENCE[frame].inputs

    def disbelieve(self, claim: Claim, why: str, now: float) -> None:
        self.false.append(claim)
        self.claim = None


class Played:
    """A late comer and all that it handed out, which is true, whatever it was told."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.replay = Replay(self.feed, MixingGame(2, 3), SETTINGS, OwnDigests())  # type: ignore[arg-type]
        self.seen: list[ConfirmedFrame] = []

    def play(self, most: int = 10**6) -> None:
        self.seen += self.replay.play(most, 0.0)
        assert self.replay.first_wrong_digest() is None
        for one, true in zip(self.seen, REFERENCE, strict=False):
            assert one.frame == true.frame
            assert first_difference(one, true) is None
        for one, following in pairwise(self.seen):
            assert one.outcome or not following.outcome or one.digest, "gone on where no digest is"

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Frames skipped: first, last."""
        none = [frame.frame for frame in self.seen if frame.outcome is None]
        firsts = [frame for frame in none if frame - 1 not in none]
        return [(first, next(f for f in none if f >= first and f + 1 not in none)) for first in firsts]


def test_it_begins_the_newest_episode_and_waits_for_a_digest() -> None:
    one = Played()
    start = start_below(1000)
    first = -(-start.frame // 10) * 10
    one.feed.tell(first + 9, start)
    one.play()
    assert one.seen == [] and one.replay.on_trial
    one.feed.tell(1000)
    one.play()
    assert len(one.seen) == 1000 and one.gaps == [(0, first - 1)]
    assert not one.replay.on_trial and one.replay.compared == 100
    assert one.replay.proven == start


def test_digests_that_come_late_are_waited_for() -> None:
    one = Played()
    one.feed.tell(1000)
    kept, one.feed.told.digest_count = one.feed.told.digest_count, 3
    one.play()
    assert one.seen == [] and not one.replay.at_hand
    one.feed.told.digest_count = kept
    one.play()
    assert len(one.seen) == 1000


def test_what_spares_little_is_not_followed() -> None:
    one = Played()
    one.feed.tell(60, EpisodeStart(20, 1))
    one.play()
    assert len(one.seen) == 60 and one.gaps == []


@pytest.mark.parametrize(("frames", "number"), [(-1, 0), (1, 0), (0, -1), (0, 1), (-40, 0)])
def test_a_false_beginning_is_found_and_nothing_of_it_is_seen(frames: int, number: int) -> None:
    one, true = Played(), start_below(1000)
    false = EpisodeStart(true.frame + frames, true.number + number)
    one.feed.tell(1000, false)
    one.play()
    assert one.feed.false == [Claim(SOURCE, false)]
    assert not one.replay.on_trial and one.replay.proven == (0, 0)
    one.play()
    assert len(one.seen) == 1000 and one.gaps == []


def test_after_a_lie_another_is_followed() -> None:
    one, true = Played(), start_below(1000)
    one.feed.tell(1000, EpisodeStart(true.frame, true.number + 1))
    one.play()
    one.play(70)  # nobody has told anything else yet
    one.feed.tell(1000)
    one.play()
    assert len(one.seen) == 1000 and [first for first, _ in one.gaps] == [70]


def test_who_falls_far_behind_begins_a_newer_one() -> None:
    one, far = Played(), int(FAR_BEHIND * SETTINGS.fps)
    one.feed.tell(300)
    one.play()
    seen = len(one.seen)
    assert seen == 300
    one.feed.tell(300 + far // 2)
    one.play(50)
    assert len(one.seen) == 350
    one.feed.tell(2500)
    one.play()
    assert len(one.gaps) == 2 and one.gaps[1][0] == 350
    assert len(one.seen) == 2500


def test_a_lie_in_between_costs_no_frame() -> None:
    """It goes back to where its game was right, and hands out nothing twice."""
    one = Played()
    one.feed.tell(300)
    one.play()
    true = start_below(2500)
    one.feed.tell(2500, EpisodeStart(true.frame + 1, true.number))
    one.play()
    assert len(one.feed.false) == 1
    one.play()
    assert len(one.seen) == 2500 and len(one.gaps) == 1


def test_where_the_match_is_over_first_all_is_played() -> None:
    one = Played()
    start = start_below(1000)
    one.feed.tell(-(-start.frame // 10) * 10 + 5, start)
    one.play()
    assert one.seen == []
    one.feed.hopeless = "the match is over"
    one.play()
    one.play()
    assert len(one.seen) == one.feed.told.count and one.gaps == []
