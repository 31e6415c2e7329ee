"""Catching up: the inputs that we are fed are played on our game, and its digests compared with those told.

Episodes that are over need not be played, for each begins as its number says. The source that feeds us
tells where the newest one begins: we begin there, and play on. Of the frames before it, and of those up to
the next digest, we have only inputs and the digests that were told. Nothing is handed out until the first
digest of our own is as we were told. If it is not, the source has lied: another is asked, and we go back to
where the game is known to be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Final

from netcode.confirmed_frame import ConfirmedFrame
from netcode.digests import DigestChain, OwnDigests
from netcode.episodes import FIRST_EPISODE, Episodes, EpisodeStart
from netcode.errors import GameError
from netcode.feed_reader import Claim, FeedReader
from netcode.settings import MatchSettings
from netcode.simulation import EpisodicSimulation, Simulation

MEASURED: Final = 1.0  # seconds of replaying until it is said how long it will take
FAR_BEHIND: Final = 10.0  # seconds of frames: so far ahead a newer episode is begun instead of catching up


class Replay:
    """The game of somebody who came late. It begins with frame 0 unless told of a newer beginning."""

    def __init__(
        self, feed: FeedReader, simulation: Simulation, settings: MatchSettings, digests: OwnDigests
    ) -> None:
        """`digests`: gets the digest of every frame handed out that one is due of."""
        self.frame = 0  # the next to be played
        self.handed_out = 0  # frames below were
        self.compared = 0  # digests that are as we were told
        self.proven = FIRST_EPISODE  # begun from there the game is right
        self.skipped = 0  # frames below were handed out without an outcome, some at least
        self.chain = DigestChain()
        self.episodes = Episodes(simulation)
        self._feed, self._told = feed, feed.told
        self._simulation, self._digests = simulation, digests
        self._interval, self._frames = settings.digest_interval, settings.frames
        self._far_behind = max(2 * self._interval, FAR_BEHIND * settings.fps)
        self._worth_it: float = 2 * self._interval  # frames: what a claim spares if it is to be followed
        self._claim: Claim | None = None  # we have begun as it says, and do not know whether it is true
        self._told_until = 0  # digests of frames up to this one are taken as told
        self._unproven: bytes | None = None  # the first digest of our own, while there is a claim
        self._held: list[ConfirmedFrame] = []  # played, not handed out
        self._fps = 0.0 if settings.fast else settings.fps
        self._now = 0.0
        self._measured_from = 0, 0.0  # frame and time since which all was replayed

    @property
    def on_trial(self) -> bool:
        """Is it open whether the game is the right one?"""
        return self._claim is not None

    @property
    def at_hand(self) -> int:
        """Frames that may be played now."""
        told = self._told
        if self.frame <= self._told_until and told.digest_count < told.digests_due(self._told_until):
            return max(min(told.count, self._told_until - 1) - self.frame, 0)
        return max(told.count - self.frame, 0)

    def seconds_left(self, live: int) -> float | None:
        """Until frame `live`, and those that the others play meanwhile, are played, by what replaying has
        cost so far; inf: never. None: it is not known yet."""
        played, took = self.frame - self._measured_from[0], self._now - self._measured_from[1]
        if not played or took < MEASURED:
            return None
        spare = played / took - self._fps
        return max(live - self.frame, 0) / spare if spare > 0 else inf

    def play(self, most: int, now: float) -> list[ConfirmedFrame]:
        """Play up to `most` frames. Returns those that have become known to be true, in order.

        Raises: GameError if the game fails.
        """
        self._now = now
        if not self._told.count:
            self._measured_from = 0, now  # nothing to play yet
        self._follow_claim()
        try:
            for _ in range(min(most, self.at_hand)):
                self._play_one()
        except GameError as error:
            if self._claim is None:
                raise
            self._disbelieve(f"the game fails there: {error}")
        self._judge()
        return [] if self.on_trial else self._hand_out()

    def first_wrong_digest(self) -> int | None:
        """The number of the first digest that differs from what we were told, if one does."""
        told = self._told
        while self.compared < min(self._digests.count, told.digest_count):
            if self._digests.at(self.compared) != told.digests(self.compared, self.compared + 1):
                return self.compared
            self.compared += 1
        if not self.on_trial:
            self.proven = self.episodes.newest_below(self.compared * self._interval) or self.proven
        return None

    # ------------------------------------------------------------ where to begin

    def _follow_claim(self) -> None:
        """Begin the newest episode that we are told of, if that spares enough."""
        claim = self._feed.claim
        if claim is None or not isinstance(self._simulation, EpisodicSimulation):
            return
        spared = claim.start.frame - max(self.frame, self.handed_out)
        can_be_proven = not self._frames or self._digest_frame(claim.start.frame) < self._frames
        if can_be_proven and spared > self._worth_it:
            self._worth_it, self._claim = self._far_behind, claim
            try:
                self._begin(claim.start)
            except GameError as error:
                self._disbelieve(f"the game fails there: {error}")

    def _begin(self, start: EpisodeStart) -> None:
        if start.frame < self._told.first:
            raise GameError(f"frames before {self._told.first:,} are not kept any more")
        assert isinstance(self._simulation, EpisodicSimulation)  # else no claim was followed
        self._held.clear()
        self._unproven = None
        self.frame, self._told_until = start.frame, self._digest_frame(start.frame)
        self._measured_from = start.frame, self._now
        self.chain = DigestChain()
        self.episodes.begin_at(start)
        self._simulation.begin_episode(start.number)

    def _digest_frame(self, frame: int) -> int:
        """The next that a digest is due of the state before."""
        return -(-frame // self._interval) * self._interval

    def _judge(self) -> None:
        """Is the claim that we follow true? Its source is named if not."""
        claim = self._claim
        if claim is None:
            return
        number = self._told.digests_due(self._told_until)
        if self._unproven is not None and self._told.digest_count > number:
            if self._unproven == self._told.digests(number, number + 1):
                self._claim = None
                self.skipped = self._told_until
            else:
                self._disbelieve("played from there, the game is another one")
        elif not self.at_hand and (self._told.complete or self._feed.hopeless is not None):
            self._claim, self._worth_it = None, inf  # no more digests will come
            self._begin(self.proven)

    def _disbelieve(self, why: str) -> None:
        assert self._claim is not None
        self._feed.disbelieve(self._claim, why, self._now)
        self._claim = None
        self._begin(self.proven)

    # ------------------------------------------------------------ frames

    def _play_one(self) -> None:
        frame, told = self.frame, self._told
        if frame == self._told_until > 0:
            number = told.digests_due(frame)
            self.chain = DigestChain(told.digests(number - 1, number))
        inputs = self._feed.row(frame)
        outcome: bytes | None = self._simulation.step(inputs)
        assert outcome is not None
        self.episodes.confirm(frame, outcome)
        self.frame = frame + 1
        if self.frame <= self._told_until:
            outcome, digest = None, self._told_digest(frame)
        else:
            self.chain.add(b"".join(inputs), outcome)
            digest = self._own_digest()
        if frame >= self.handed_out:
            self._held.append(ConfirmedFrame(frame, inputs, outcome, digest))

    def _own_digest(self) -> bytes | None:
        if not self._told.is_digest_frame(self.frame):
            return None
        digest = self.chain.close(self._simulation.digest())
        if self._unproven is None:
            self._unproven = digest
        return digest

    def _told_digest(self, frame: int) -> bytes | None:
        """Due after `frame`."""
        number = self._told.digests_due(frame)
        return self._told.digests(number, number + 1) if self._told.is_digest_frame(frame + 1) else None

    def _hand_out(self) -> list[ConfirmedFrame]:
        frames = [*self._skipped_before_held(), *self._held]
        self._held.clear()
        for frame in frames:
            if frame.digest is not None:
                self._digests.append(frame.digest)
        self.handed_out += len(frames)
        return frames

    def _skipped_before_held(self) -> Iterable[ConfirmedFrame]:
        end = self._held[0].frame if self._held else self.handed_out
        for frame in range(self.handed_out, end):
            yield ConfirmedFrame(frame, self._feed.row(frame), None, self._told_digest(frame))
