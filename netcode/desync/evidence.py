"""What is kept of confirmed frames until every remote agrees with their digest.

A state is kept as the snapshot that a rollback needs anyway, by reference. Nothing is hashed or flattened
before somebody asks: in a match without a desync this costs no more than a capture of each confirmed frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final, Protocol

from netcode.desync.fields import INPUTS_OF, OUTCOME, Field, bucket_hashes, field, fields_of
from netcode.limits import DIGEST_BYTES, EVIDENCE_FRAMES, STATES_KEPT
from netcode.simulation import Simulation, Snapshot

NOT_KEPT: Final = bytes(DIGEST_BYTES)  # stands for the digest of a state that is not here


class Confirmed(Protocol):
    """The part of a session's ConfirmedFrame that is looked at here."""

    @property
    def inputs(self) -> tuple[bytes, ...]: ...
    @property
    def outcome(self) -> bytes | None: ...


def keeps_state(frame: int, interval: int) -> bool:
    """Is the state before `frame` kept? Every one, unless the digest interval is longer than STATES_KEPT.

    The same on all peers, so that they can compare. The ends of intervals always are.
    """
    return frame % interval % -(-interval // STATES_KEPT) == 0


class Exhibit:
    """Inputs, outcomes and states of some frames, as they were when the digests were found to differ."""

    def __init__(
        self,
        due_from: int,
        first: int,
        frames: Sequence[Confirmed],
        states: Mapping[int, Snapshot],
        simulation: Simulation,
    ) -> None:
        """`frames`, from `first` on, are those that are still here (or were played here: who came late has
        not all) of the digest's, which begin at `due_from`. `states`: frame -> the state before it."""
        self.due_from = due_from
        self.first = first
        self.last = first + len(frames) - 1
        self._frames = frames
        self._states = states
        self._simulation = simulation
        self._digests: dict[int, bytes] = {}
        self._fields: dict[int, list[Field]] = {}
        self._buckets: dict[int, list[bytes]] = {}

    def digests(self, frame: int) -> bytes:
        """Of inputs and outcome, and of the state after `frame`: 2 * DIGEST_BYTES."""
        if frame not in self._digests:
            confirmed = self._frames[frame - self.first]
            played = blake2b(digest_size=DIGEST_BYTES)
            for part in (*confirmed.inputs, confirmed.outcome or b""):
                played.update(len(part).to_bytes(4, "little") + part)
            held = frame + 1 in self._states
            state = self._simulation.digest(self._states[frame + 1]) if held else NOT_KEPT
            self._digests[frame] = played.digest() + state
        return self._digests[frame]

    def fields(self, frame: int) -> list[Field]:
        """Inputs, outcome and every field of the state after `frame`."""
        if frame not in self._fields:
            confirmed = self._frames[frame - self.first]
            # In the order in which they explain each other: other inputs make another state.
            inputs = enumerate(confirmed.inputs)
            found = [field(f"{INPUTS_OF}{slot}", data.hex()) for slot, data in inputs]
            if frame + 1 in self._states:
                found += fields_of(self._simulation.flatten(self._states[frame + 1]))
            found.append(field(OUTCOME, (confirmed.outcome or b"").hex()))
            self._fields[frame] = found
        return self._fields[frame]

    def buckets(self, frame: int) -> list[bytes]:
        """Hashes of all buckets of those fields."""
        if frame not in self._buckets:
            self._buckets[frame] = bucket_hashes(self.fields(frame))
        return self._buckets[frame]

    def may_examine(self, frame: int, most: int) -> bool:
        """Is `frame` ours to look at, without looking at more than `most` in all?"""
        known = frame in self._fields or len(self._fields) < most
        return self.first <= frame <= self.last and known


class Evidence:
    """Grows with every confirmed frame; let go of when all agree. At EVIDENCE_FRAMES the oldest falls out."""

    def __init__(self, interval: int) -> None:
        self.first = 0  # the oldest frame kept
        self._interval = interval
        self._frames: list[Confirmed] = []
        self._states: dict[int, Snapshot] = {}  # frame -> the confirmed state before it

    def add(self, frame: int, confirmed: Confirmed) -> None:
        """The next confirmed frame; with a gap to those before, they are let go of."""
        if frame != self.first + len(self._frames):
            self._frames, self.first = [], frame
        self._frames.append(confirmed)
        if len(self._frames) > EVIDENCE_FRAMES:
            self.forget_before(self.first + self._interval)

    def keep_state(self, frame: int, snapshot: Snapshot) -> None:
        """`snapshot` is the confirmed state before `frame`."""
        if keeps_state(frame, self._interval):
            self._states[frame] = snapshot

    def state(self, frame: int) -> Snapshot | None:
        """The confirmed state before `frame`, if it is kept."""
        return self._states.get(frame)

    def exhibit(self, first: int, last: int, simulation: Simulation) -> Exhibit:
        """Of frames first..last, as far as they are here."""
        due_from, first = first, max(first, self.first)
        frames = self._frames[first - self.first : last + 1 - self.first]
        states = {f: s for f, s in self._states.items() if first < f <= last + 1}
        return Exhibit(due_from, first, frames, states, simulation)

    def forget_before(self, frame: int) -> None:
        """Everybody agrees with all frames below."""
        if frame > self.first:
            del self._frames[: frame - self.first]
            self._states = {f: s for f, s in self._states.items() if f >= frame}
            self.first = frame


def agreed_bound(ours: Sequence[bytes], theirs: Sequence[bytes]) -> tuple[int, int] | None:
    """The first frame whose digests differ, by Exhibit.digests of both sides: (earliest it may be, seen at).

    They are the same frame unless states between were not kept. None if nothing differs.
    """
    earliest = 0
    for index, (here, there) in enumerate(zip(ours, theirs, strict=True)):
        state_here, state_there = here[DIGEST_BYTES:], there[DIGEST_BYTES:]
        both = NOT_KEPT not in (state_here, state_there)
        if here[:DIGEST_BYTES] != there[:DIGEST_BYTES]:
            return earliest, index
        if both and state_here != state_there:
            return earliest, index
        if both:
            earliest = index + 1
    return None
