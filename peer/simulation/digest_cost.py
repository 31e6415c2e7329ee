"""Comparing states costs time, more for larger ones: what to do where it costs too much.

How often is one of the settings that all peers agree on, so nobody can choose it alone by what it costs here.
"""

from __future__ import annotations

from math import ceil
from typing import Final

COSTLY: Final = "comparing states is costly"  # how that is told, before the figures

_TOO_MUCH: Final = 0.03  # of the time
_FINE: Final = 0.01
_STEP: Final = 30  # frames
_LONGEST: Final = 3600  # frames, see MatchSettings


def costly_digests(digest_s: float, fps: float, interval: int) -> str:
    """What a digest every `interval` frames costs, and what to type instead; "" where it costs little."""
    frames = digest_s * fps
    if frames / interval <= _TOO_MUCH:
        return ""
    better = min(ceil(frames / _FINE / _STEP) * _STEP, _LONGEST)
    costs = f"{COSTLY}: {digest_s * 1000:.0f} ms every {interval} frames, {frames / interval:.0%} of the time"
    if better <= interval:
        return costs
    return f"{costs}; --digest-interval {better}, the same for all players, makes it {frames / better:.0%}"
