"""A match of 150 frames, as a peer confirms it."""

from __future__ import annotations

from typing import Final

from netcode.events import EndReason, MatchEnded
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame
from netcode.simulator.reference import play_reference
from peer.records.match_log import LogHeader

SETTINGS: Final = MatchSettings(env="x", frames=150, seed=5, digest_interval=20)
HEADER: Final = LogHeader("m", 0, ("ann", "bob"), SETTINGS, (1, 1), {"numpy": "2"})
FRAMES: Final = list(
    play_reference(MixingGame(2, 5), [(bytes([n % 5]), bytes([n % 7])) for n in range(150)], 20, 150)
)
FINISHED: Final = MatchEnded(EndReason.FINISHED, "150 frames")
