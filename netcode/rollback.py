"""The frame order: reconcile -> (one rollback) -> advance. Laws 2 and 3 live here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from netcode.desync.evidence import keeps_state
from netcode.errors import GameError, LocalProtocolError, UncapturableStateError
from netcode.simulation import Simulation
from netcode.snapshot_interval import MOST, SnapshotInterval
from netcode.snapshots import SnapshotRing
from netcode.timeline import Timeline

NEVER: Final = -1_000_000  # a frame longer ago than any interval
_confirmed_of = attrgetter("confirmed")


class Rollback:
    """Plays a simulation on the timelines of all slots, at most `window` frames past the confirmed."""

    def __init__(
        self,
        timelines: Sequence[Timeline],
        window: int,
        digest_interval: int,
        saving: SnapshotInterval | None = None,
    ) -> None:
        """Without `saving` every frame that needs one has a snapshot."""
        self.timelines = timelines
        self.window = window
        self.frame = 0  # the present: the next frame to be played for the first time
        self.outcomes: dict[int, bytes] = {}  # of frames not yet handed out as confirmed
        self.saving = saving or SnapshotInterval(window, 1.0, fast=False)
        self.replayed = 0  # frames in all
        self.snapshots = SnapshotRing(window + 1 + MOST)
        self._newest = NEVER  # frame of the newest snapshot
        self.keeps_evidence = True  # False: only the states that digests are due of
        self._digest_interval = digest_interval
        self.confirmed = 0  # when `count_confirmed` looked last
        self._replaying = False
        self.failure: GameError | None = None  # in the present frame, whose inputs are all confirmed
        self._barred = NEVER  # it failed with guessed inputs: played once they are confirmed
        self.unremembered = ""  # why the present cannot be put back: so long, only the confirmed is played

    def count_confirmed(self) -> int:
        """Frames below have every slot's input confirmed, by now."""
        self.confirmed = min(map(_confirmed_of, self.timelines))
        return self.confirmed

    @property
    def may_advance(self) -> bool:
        """Law 3: never past the window. With window 0 only confirmed frames are played (lockstep)."""
        if self.failure is not None:
            return False
        if self.frame == self._barred or self.unremembered:
            return self.frame < self.count_confirmed()
        # What is confirmed only grows: mostly it need not be counted.
        limit = self.frame - self.window
        return limit < self.confirmed or limit < self.count_confirmed()

    def reconcile(self, simulation: Simulation) -> int:
        """Make the present agree with every input known now, by at most one rollback.

        Returns: the number of frames replayed; 0 when every prediction held.
        """
        self.count_confirmed()
        first = self.first_misprediction()
        if first is None:
            return 0
        depth = self.frame - first
        if depth > self.window:
            raise LocalProtocolError(f"a rollback of {depth} frames, past the window of {self.window}")
        self._barred, self.unremembered = NEVER, ""  # another past may bear the same guess
        self._replay(simulation, first)
        return depth

    def first_misprediction(self) -> int | None:
        """The earliest played frame whose confirmed input is not the one really used."""
        first: int | None = None
        for timeline in self.timelines:
            frame = timeline.first_misprediction()
            if frame is not None and (first is None or frame < first):
                first = frame
        return first

    def advance(self, simulation: Simulation) -> bool:
        """Play the new frame. Returns whether it was played: not if the game failed in it, nor on a guess
        that cannot be taken back.

        Raises: LocalProtocolError past the window; ask `may_advance` first.
        """
        frame = self.frame
        if frame >= self.count_confirmed() + self.window:
            raise LocalProtocolError(f"frame {frame} is past the window")
        self.saving.frame()
        if not self._save(simulation, frame):
            return False
        try:
            self._play(simulation, frame)
        except GameError as error:
            self._stop_at(frame, error, simulation)
            return False
        self.frame = frame + 1
        return True

    def skip_to(self, frame: int) -> None:
        """The simulation was given the state before `frame`, and all frames below are confirmed."""
        for timeline in self.timelines:
            timeline.skip_to(frame)
        self.frame = frame
        self._forget_snapshots_from(0)

    def kept_from(self, frame: int) -> int:
        """Inputs from here on may be replayed; frames below `frame` are confirmed and played."""
        if not self.window or (self.unremembered and self.frame <= self.confirmed):
            return frame  # nothing is guessed: nothing will be taken back
        newest = self.snapshots.newest_until(frame)
        return frame if newest is None else newest

    def _replay(self, simulation: Simulation, first: int) -> None:
        """Restore the newest state until `first` and play to the present: one tight loop, nothing between."""
        if self._replaying:
            raise LocalProtocolError("a rollback inside a rollback")
        start = self.snapshots.newest_until(first)
        if start is None:
            raise LocalProtocolError(f"no snapshot before frame {first}")
        self._replaying = True
        try:
            failed = self._replay_from(simulation, start, first)
        finally:
            self._replaying = False
        if failed is not None:
            self._stop_at(*failed, simulation)

    def _replay_from(self, simulation: Simulation, start: int, first: int) -> tuple[int, GameError] | None:
        """Returns the frame that the game failed in, if it did.

        It ends early before a guess that cannot be taken back: that frame is the present then.
        """
        simulation.restore(self.snapshots.before(start))
        self._forget_snapshots_from(start + 1)
        self._newest = start
        self.saving.rollback(first - start)
        self.replayed += self.frame - start
        outcomes = self.outcomes
        by_slot = [timeline.use_all(start, self.frame) for timeline in self.timelines]
        frame = start
        try:
            for frame, inputs in enumerate(zip(*by_slot, strict=True), start):
                if frame > start and not self._save(simulation, frame):
                    self._take_back(frame)
                    break
                outcome = simulation.step(inputs)
                if frame >= first or frame in outcomes:  # else it was handed out already
                    outcomes[frame] = outcome
        except GameError as error:
            return frame, error
        return None

    def _stop_at(self, frame: int, error: GameError, simulation: Simulation) -> None:
        """The game fails in `frame`: that is the present now. With guessed inputs the state is put back to
        before it, and waits for the true ones; if these are the true ones, it is over."""
        self._take_back(frame)
        if frame < self.confirmed:
            self.failure = error
            if self.window and self.snapshots.newest_until(frame) == frame:
                simulation.restore(self.snapshots.before(frame))  # a digest of it may be due
            return
        self._barred = frame
        self._replay(simulation, frame)

    def _take_back(self, frame: int) -> None:
        """Frames from `frame` on were never played."""
        self.frame = frame
        for timeline in self.timelines:
            timeline.take_back(frame)
        for played in [played for played in self.outcomes if played >= frame]:
            del self.outcomes[played]

    def _play(self, simulation: Simulation, frame: int) -> None:
        self.outcomes[frame] = simulation.step([timeline.use(frame) for timeline in self.timelines])

    def _save(self, simulation: Simulation, frame: int) -> bool:
        """Take a snapshot of the present, the state before `frame`, if one is needed.

        Returns: False if it cannot be had, so that `frame` may not be played on a guess.
        """
        # A frame played with confirmed inputs only is never rolled back to. But until all agree on its
        # digest, its state is kept to name what differs.
        saving, unsure = self.saving, frame >= self.confirmed
        if frame % self._digest_interval:
            if unsure and saving.interval == 1:
                saving.due += 1
            elif not self._needs_snapshot(frame, unsure):
                return True
        try:
            self.snapshots.save(frame, simulation.capture())
        except UncapturableStateError as error:
            self.unremembered = str(error)
            if not frame % self._digest_interval:
                self.snapshots.save(frame, error.readable, restorable=False)
            return not unsure
        self.unremembered = ""
        self._newest = frame
        return True

    def _needs_snapshot(self, frame: int, unsure: bool) -> bool:
        saving, interval = self.saving, self.saving.interval
        evidence = self.keeps_evidence and keeps_state(frame, self._digest_interval)
        if not unsure and (not evidence or self.unremembered):
            return False  # what cannot be remembered is tried again where a digest is due
        saving.due += 1
        if interval == 1:
            return True
        if evidence and frame % self._digest_interval % interval == 0:
            return True
        if unsure and frame - self._newest >= interval:
            return True
        saving.spare()
        return False

    def _forget_snapshots_from(self, frame: int) -> None:
        newest = max(self._newest, self.frame)  # those that cannot be restored, too
        self.snapshots.forget(range(max(frame, newest - self.window - MOST, 0), newest + 1))
        self._newest = NEVER
