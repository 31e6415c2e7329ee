"""Was it the same game? Match logs against each other, and against one reference run of their inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netcode.confirmed_frame import ConfirmedFrame
from netcode.errors import NetplayError
from netcode.simulation import Simulation
from netcode.simulator.reference import first_difference, play_reference
from peer.records.match_log import MatchLog


@dataclass(frozen=True)
class Divergence:
    """The first frame at which two histories differ."""

    frame: int
    what: str  # inputs, outcome or state; a state is compared where a digest was due
    between: tuple[str, str]  # names of the players, or "reference"

    def __str__(self) -> str:
        return f"frame {self.frame}: {self.what} of {self.between[0]} and {self.between[1]} differ"


@dataclass(frozen=True)
class Verdict:
    """What a comparison of logs found."""

    frames_confirmed: int  # by every player who left a log
    digests: int  # compared between each pair, over those frames
    inputs_lost: int  # of any author, otherwise in another's log
    divergence: Divergence | None

    @property
    def digests_equal(self) -> bool:
        return self.divergence is None and self.digests > 0


def compare_logs(logs: Sequence[MatchLog]) -> Verdict:
    """Compare each log with the longest, over the frames that both hold."""
    common = min((len(log.frames) for log in logs), default=0)
    longest = max(logs, key=lambda log: len(log.frames), default=None)
    divergences = (_first_divergence(longest, other) for other in logs if longest and other is not longest)
    earliest = min((d for d in divergences if d), key=lambda d: d.frame, default=None)
    digests = sum(frame.digest is not None for frame in logs[0].frames[:common]) if logs else 0
    return Verdict(common, digests, _inputs_lost(logs), earliest)


def compare_with_reference(
    log: MatchLog, simulation: Simulation, progress: Callable[[int], None] = lambda frames: None
) -> Divergence | None:
    """Play the log's inputs on a fresh `simulation` in this process; the first difference, if any.

    `progress` is told how many frames are done.
    Raises: NetplayError if the log holds what this game cannot be given.
    """
    settings = log.header.settings
    inputs = (_valid_inputs(frame, simulation) for frame in log.frames)
    reference = play_reference(simulation, inputs, settings.digest_interval, settings.frames)
    for confirmed, true in zip(log.frames, reference, strict=True):
        what = first_difference(confirmed, true)
        if what is not None:
            return Divergence(true.frame, what, (_author(log), "reference"))
        progress(true.frame + 1)
    return None


def _valid_inputs(frame: ConfirmedFrame, simulation: Simulation) -> tuple[bytes, ...]:
    for slot, data in enumerate(frame.inputs):
        if not simulation.is_valid_input(slot, data):
            raise NetplayError(f"frame {frame.frame:,}: the input of slot {slot} is none of this game's")
    return frame.inputs


def _first_divergence(one: MatchLog, other: MatchLog) -> Divergence | None:
    pairs: zip[tuple[ConfirmedFrame, ConfirmedFrame]] = zip(one.frames, other.frames, strict=False)
    for ours, theirs in pairs:
        what = first_difference(ours, theirs)
        if what is not None:
            return Divergence(ours.frame, what, (_author(one), _author(other)))
    return None


def _inputs_lost(logs: Sequence[MatchLog]) -> int:
    """Inputs that are otherwise in another log than in their author's, over the frames both hold."""
    lost = 0
    for author in logs:
        slot = author.header.slot
        if slot is None:
            continue  # a spectator, who has no inputs
        for other in logs:
            frames = zip(author.frames, other.frames, strict=False)
            lost += sum(said.inputs[slot] != heard.inputs[slot] for said, heard in frames)
    return lost


def _author(log: MatchLog) -> str:
    return log.header.author
