"""The single-process reference: the same inputs, played once, without network or rollback.

Peers can agree and all be wrong; the reference cannot be wrong with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netcode.confirmed_frame import ConfirmedFrame
from netcode.digests import DigestChain
from netcode.simulation import Simulation


def play_reference(
    simulation: Simulation, inputs: Iterable[Sequence[bytes]], digest_interval: int, last_frame: int
) -> Iterator[ConfirmedFrame]:
    """Play `inputs` (a sequence per frame, by slot) on a fresh simulation, frame by frame.

    Yields what a perfect peer would confirm, with digests where they are due: every
    `digest_interval` frames, and after `last_frame` frames (0: no known end).
    """
    chain = DigestChain()
    for frame, frame_inputs in enumerate(inputs):
        outcome = simulation.step(frame_inputs)
        chain.add(b"".join(frame_inputs), outcome)
        digest = None
        if (frame + 1) % digest_interval == 0 or frame + 1 == last_frame:
            digest = chain.close(simulation.digest())
        yield ConfirmedFrame(frame, tuple(frame_inputs), outcome, digest)


def first_difference(confirmed: ConfirmedFrame, reference: ConfirmedFrame) -> str | None:
    """What differs in one frame: `inputs`, `outcome` or `state`; None if nothing does."""
    if confirmed.inputs != reference.inputs:
        return "inputs"
    outcomes = (confirmed.outcome, reference.outcome)
    if None not in outcomes and outcomes[0] != outcomes[1]:  # None: not played there, but skipped
        return "outcome"
    if confirmed.digest != reference.digest:
        return "state"
    return None


def first_frame_that_differs(ours: Iterable[ConfirmedFrame], theirs: Iterable[ConfirmedFrame]) -> int | None:
    """Of those that both have; None if none does."""
    pairs = zip(ours, theirs, strict=False)
    return next((one.frame for one, other in pairs if first_difference(one, other)), None)
