"""Frame advantage -> length of the next frame.

A peer's *advantage* over a remote is its own frame minus the frame the remote says it is at, taken when
that news arrives (later it would grow with every lost packet, on both sides). When both sides of a link
see the same advantage, rollbacks are shared fairly; half the difference is how far ahead a peer is. A
peer that is ahead stretches its frames a little, one that is behind shortens them: no frame is ever
skipped, and nobody sees a hitch.
"""

from __future__ import annotations

from typing import Final

from netcode.limits import MAX_WINDOW

GAIN: Final = 0.04  # share of a frame's length per frame of lead: a lead halves in about 17 frames
MAX_STRETCH: Final = 0.09  # below the 10 % at which people begin to notice
MAX_SHORTEN: Final = 0.07
SLOWED_STRETCH: Final = 1.0  # below the full frame rate, where everybody sees more than this anyway
DEAD_ZONE: Final = 0.6  # frames of lead that are left alone: whole frames cannot be told more finely
SMOOTHING: Final = 0.1  # weight of a new sample: about a sixth of a second at 60 fps
QUICKEST: Final = 0.5  # weight of a sample at any pace


class LeadEstimate:
    """How many frames this peer is ahead of one remote, smoothed over jitter."""

    __slots__ = ("frames",)

    def __init__(self) -> None:
        self.frames = 0.0

    def sample(self, our_advantage: float, their_advantage: float, slowdown: float = 1.0) -> None:
        """Both advantages in frames, as each side sees it; frames take `slowdown` times their length."""
        lead = (our_advantage - their_advantage) / 2
        if not -MAX_WINDOW <= lead <= MAX_WINDOW:  # more cannot be, but can be claimed
            lead = MAX_WINDOW if lead > 0 else -MAX_WINDOW
        self.frames += min(SMOOTHING * slowdown, QUICKEST) * (lead - self.frames)


def frame_length(period: float, leads: list[float], slowdown: float = 1.0) -> float:
    """Seconds the next frame should take, given the lead over each remote (frames).

    The largest lead counts: everyone converges on the peer that is furthest behind. Where frames take
    `slowdown` times their length, as many fewer do to mend a lead in the same time.
    """
    lead = max(leads, default=0.0)
    if abs(lead) < DEAD_ZONE:
        return period * slowdown
    stretch = MAX_STRETCH if slowdown == 1.0 else SLOWED_STRETCH
    return period * slowdown * (1.0 + min(max(lead * GAIN * slowdown, -MAX_SHORTEN), stretch))
