"""Is a simulation exact? One process, no network: every frame is taken back and played again.

Whoever writes a `Simulation` should run this over it before the first match. The commonest faults are a
field that `capture` forgets, a snapshot that shares a list with the game, and luck from outside of the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from netcode.errors import ConfigError, GameError, LocalProtocolError
from netcode.limits import MAX_WINDOW
from netcode.simulation import Simulation, Snapshot

_ABSENT = "(absent)"


class ReadableSimulation(Simulation, Protocol):
    """A simulation that can name its fields."""

    def flatten(self, snapshot: Snapshot | None = None) -> Mapping[str, object]:
        """Every field by a path a person knows, with a plain value: of `snapshot`, or of the present."""
        ...


@dataclass(frozen=True, slots=True)
class SyncFault:
    """Where a simulation first was not what it had been.

    With `replayed` 0 the state before `frame` was put back wrong: look at `capture` and `restore`. Else
    `frame` came out differently when it was played again: something that is not in the snapshot, nor in the
    inputs, takes part in `step`.
    """

    frame: int
    depth: int  # frames that were taken back
    replayed: int  # of them played again, this one included
    path: str  # the first field that differs; "outcome" if it is what `step` returned
    first: str  # its value when the frame was played for the first time
    again: str

    def __str__(self) -> str:
        what = f"frame {self.frame} played again" if self.replayed else f"the state before frame {self.frame}"
        frames = "1 frame" if self.depth == 1 else f"{self.depth} frames"
        return f"{self.path}: {self.first} != {self.again} ({what}, after a rollback of {frames})"


@dataclass(frozen=True, slots=True)
class SyncTestResult:
    """What was tried, and the first fault; `fault` None: exact as far as tried."""

    frames: int
    rollbacks: int
    replayed_frames: int
    depths: tuple[int, ...]  # rolled back by that many frames at least once
    fault: SyncFault | None

    @property
    def ok(self) -> bool:
        return self.fault is None


@dataclass(frozen=True, slots=True)
class _FirstPlay:
    """A frame as it was when it was new."""

    inputs: tuple[bytes, ...]
    outcome: bytes
    digest: bytes  # of the state after it
    fields: Mapping[str, object]  # the same state, kept apart from any snapshot


class SyncTestSession:
    """Plays a simulation with a forced rollback after every frame, each depth of `depths` in turn.

    Example, of a game with two slots whose inputs are one byte:

        rng = random.Random(1)
        session = SyncTestSession(MyGame(), window=8)
        result = session.run([bytes([rng.randrange(4)]) for _ in range(2)] for _ in range(600))
        assert result.ok, result.fault

    Let the inputs change often: what nobody presses is not tested. Takes about as many times longer than
    plain play as the depths are frames on average.
    """

    def __init__(
        self,
        simulation: ReadableSimulation,
        window: int = 8,
        depths: Sequence[int] | None = None,
        names: bool = True,
    ) -> None:
        """Frames taken back are 1 to `window`, or in turn those of `depths` where given.

        names: of a fault, the field and the frame that it began in. False is several times faster, and finds
        no more than that there is one.

        Raises: ConfigError if a depth is not within 1..MAX_WINDOW.
        """
        self._depths = tuple(depths or range(1, window + 1))
        if not self._depths or not all(1 <= depth <= MAX_WINDOW for depth in self._depths):
            raise ConfigError(
                f"sync test: depths are {list(self._depths)}; allowed: 1 to {MAX_WINDOW} frames"
            )
        self.frame = 0  # the present: the next frame to be played for the first time
        self.depth = 0  # of the newest rollback
        self._simulation, self._names = simulation, names
        self._snapshots: dict[int, Snapshot] = {}  # before each of the newest frames
        self._plays: dict[int, _FirstPlay] = {}  # of the same frames, and the one before them
        self._rollbacks = 0
        self._replayed = 0
        self._covered: set[int] = set()
        self._fault: SyncFault | None = None

    @property
    def result(self) -> SyncTestResult:
        """What was found so far."""
        covered = tuple(sorted(self._covered))
        return SyncTestResult(self.frame, self._rollbacks, self._replayed, covered, self._fault)

    def run(self, inputs: Iterable[Sequence[bytes]]) -> SyncTestResult:
        """Play `inputs` (a sequence per frame, by slot) until they are used up, or a fault is found."""
        for frame_inputs in inputs:
            self.advance(frame_inputs)
            if self._fault is not None:
                break
        return self.result

    def advance(self, inputs: Sequence[bytes], astray: Iterable[Sequence[bytes]] = ()) -> bytes:
        """Play one frame, take back this one and others before it, play them again. Returns its outcome.

        astray: frames to be played beyond and taken back too, as wrong predictions are: they may leave
        traces that the right inputs would not. Where the game fails in one, they end.

        Raises: LocalProtocolError after a fault was found: there is nothing left to compare with.
        """
        if self._fault is not None:
            raise LocalProtocolError(f"the simulation is not exact: {self._fault}")
        outcome = self._play_new(tuple(inputs))
        try:
            for wrong in astray:
                self._simulation.step(wrong)
        except GameError:
            pass  # a match stops guessing there, and takes it back likewise
        self.depth = min(self._depths[self._rollbacks % len(self._depths)], self.frame)
        self._rollbacks += 1
        self._covered.add(self.depth)
        self._fault = self._roll_back(self.depth)
        self._forget_old()
        return outcome

    def _play_new(self, inputs: tuple[bytes, ...]) -> bytes:
        simulation, frame = self._simulation, self.frame
        if frame == 0:
            self._plays[-1] = _FirstPlay((), b"", simulation.digest(), self._fields())
        self._snapshots[frame] = simulation.capture()
        outcome = simulation.step(inputs)
        self._plays[frame] = _FirstPlay(inputs, outcome, simulation.digest(), self._fields())
        self.frame += 1
        return outcome

    def _fields(self) -> Mapping[str, object]:
        return dict(self._simulation.flatten()) if self._names else {}

    def _roll_back(self, depth: int) -> SyncFault | None:
        """Take back `depth` frames and play them again. Returns the first difference."""
        simulation, first = self._simulation, self.frame - depth
        simulation.restore(self._snapshots[first])
        if simulation.digest() != self._plays[first - 1].digest:
            return self._put_back_wrong(first) or self._fault_at(first, 0, "the digest", "", "")
        for frame in range(first, self.frame):
            if frame > first:
                self._snapshots[frame] = simulation.capture()
            outcome = simulation.step(self._plays[frame].inputs)
            self._replayed += 1
            looked_at = self._names or frame == self.frame - 1
            differs = looked_at and simulation.digest() != self._plays[frame].digest
            if differs or outcome != self._plays[frame].outcome:
                return self._played_differently(frame, first, outcome)
        return None

    def _played_differently(self, frame: int, first: int, outcome: bytes) -> SyncFault:
        play, replayed = self._plays[frame], frame - first + 1
        if not self._names:
            return self._fault_at(frame, replayed, "the state", "", "")
        found = first_difference(play.fields, self._simulation.flatten())
        if found is None:
            found = ("outcome", repr(play.outcome), repr(outcome))
            if play.outcome == outcome:
                found = ("the digest", play.digest.hex(), self._simulation.digest().hex())
        # It may have begun with a field that no digest reads, put back wrong: that is the one to name.
        self._simulation.restore(self._snapshots[first])
        return self._put_back_wrong(first) or self._fault_at(frame, replayed, *found)

    def _put_back_wrong(self, first: int) -> SyncFault | None:
        """The state before frame `first` has just been restored: which field is not what it was?"""
        if not self._names:
            return None
        found = first_difference(self._plays[first - 1].fields, self._simulation.flatten())
        return None if found is None else self._fault_at(first, 0, *found)

    def _fault_at(self, frame: int, replayed: int, path: str, first: str, again: str) -> SyncFault:
        return SyncFault(frame, self.depth, replayed, path, first, again)

    def _forget_old(self) -> None:
        oldest = self.frame - max(self._depths)
        self._snapshots.pop(oldest, None)
        self._plays.pop(oldest - 1, None)


def first_difference(first: Mapping[str, object], again: Mapping[str, object]) -> tuple[str, str, str] | None:
    """The first path with unequal values, and both as text.

    An attribute that is None counts as absent: what is only drawn comes and goes. In lists and dicts
    (`path[...]`) it does not.
    """
    for path in [*first, *(path for path in again if path not in first)]:
        one, other = first.get(path, _ABSENT), again.get(path, _ABSENT)
        # By text, which tells -0.0 from 0.0 and 1 from True, and finds NaN equal to itself.
        if type(one) is type(other) and repr(one) == repr(other):
            continue
        if {one, other} <= {None, _ABSENT} and not path.endswith("]"):
            continue
        return path, _show(one), _show(other)
    return None


def _show(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
