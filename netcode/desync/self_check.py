"""Is it we who left the game? The confirmed inputs of an episode, played again beside the match.

The match goes on meanwhile: a few frames are played at a time, and each time the present is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netcode.digests import DigestChain
from netcode.episodes import EpisodeStart
from netcode.errors import GameError, UncapturableStateError
from netcode.simulation import EpisodicSimulation, Snapshot
from netcode.wire.desync_packets import Judgement


class SelfCheck:
    """Of one digest of ours: that of frames `first` to `end` - 1, and of the state after them."""

    def __init__(
        self,
        start: EpisodeStart,
        first: int,
        end: int,
        inputs: Callable[[int], Sequence[bytes]],
        before: bytes,
        ours: bytes,
    ) -> None:
        """`start`: of an episode, at `first` or earlier. `inputs(frame)`: of all slots. `before`: the digest
        before `ours`, on which all agree."""
        self.judgement: Judgement | None = None  # once it is known
        self._number, self._frame = start.number, start.frame  # the next to be played again
        self._first, self._end = first, end
        self._inputs = inputs
        self._chain, self._ours = DigestChain(before), ours
        self._state: Snapshot | None = None  # before that frame; None: at the beginning of the episode

    def work(self, simulation: EpisodicSimulation, frames: int) -> None:
        """Play about so many frames, and put the present back; nothing, while that could not be put back."""
        try:
            present = simulation.capture()
        except UncapturableStateError:
            return
        try:
            self._play(simulation, frames)
        except GameError:
            self.judgement = Judgement.UNKNOWN  # these inputs were played once
        finally:
            simulation.restore(present)

    def _play(self, simulation: EpisodicSimulation, frames: int) -> None:
        if self._state is None:
            simulation.begin_episode(self._number)
        else:
            simulation.restore(self._state)
        pause = self._frame + frames
        while self._frame < self._end:
            if self._frame >= pause and self._remembers(simulation):
                return
            inputs = self._inputs(self._frame)
            outcome = simulation.step(inputs)
            if self._frame >= self._first:
                self._chain.add(b"".join(inputs), outcome)
            self._frame += 1
        agrees = self._chain.close(simulation.digest()) == self._ours
        self.judgement = Judgement.RIGHT if agrees else Judgement.WRONG

    def _remembers(self, simulation: EpisodicSimulation) -> bool:
        """Can it go on from here the next time?"""
        try:
            self._state = simulation.capture()
        except UncapturableStateError:
            return False
        return True
