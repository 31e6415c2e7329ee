"""Luck and clocks of an environment that would differ between machines: answered from the match instead.

Peers that each ask their operating system for entropy or the time play different games. Such draws, where the
environment's own code makes them, follow from the match's seed and the frame, and the clock goes by frames.
Since nothing but seed, episode and frame take part, a frame that is played again draws the same, and no
snapshot need hold any of it. Every place is noted, to be told. sources.py says what is answered so.
"""

from __future__ import annotations

import gc
import hashlib
import struct
import sys
from dataclasses import dataclass
from threading import get_ident
from types import FrameType
from typing import Any, Final

from peer.simulation.source_lines import Whose, line_of, short_path, whose_frame

EPOCH_S: Final = 1_577_836_800  # 2020-01-01 UTC: when every match begins, by its own clock
EPISODE_S: Final = 86_400  # each episode has a day of its own, so that its beginning follows from its number
READ_S: Final = (
    1e-6  # the clock goes on by that at each look: who waits for it to move shall not wait for ever
)
MAX_USES: Final = 1000  # places noted; further ones are answered, too, but not told

LOOK: Final = "look"  # the occasion of drawing and observing

SEEDED: Final = "seeded from the match"
CLOCKED: Final = "goes by the match's frames"
UNTOUCHED: Final = "left as it is"


@dataclass(frozen=True, slots=True)
class EntropyUse:
    """One place in the environment's code that asks for luck or for the time."""

    source: str  # what it asks: `uuid.uuid4`, `time.time`
    file: str
    line: int
    treatment: str

    def __str__(self) -> str:
        return f"{self.source} at {short_path(self.file)}:{self.line}: {self.treatment}"

    def as_dict(self) -> dict[str, Any]:
        """For reports."""
        return {
            "source": self.source,
            "file": short_path(self.file),
            "line": self.line,
            "code": line_of(self.file, self.line),
            "treatment": self.treatment,
        }


class MatchEntropy:
    """The luck and the clock of one game."""

    def __init__(self, seed: int, fps: float = 60.0) -> None:
        self.fps = fps
        self.uses: dict[EntropyUse, int] = {}  # place -> times
        self._seed = seed
        self._moment: tuple[str, int, int] = ("", 0, 0)
        self.occasion = ""
        self._draws = self._reads = 0

    def at(self, occasion: str, episode: int = 0, frame: int = 0) -> None:
        """All that is drawn from here on follows from the seed and these three."""
        self.occasion = occasion
        self._moment = (occasion, episode, frame)
        self._draws = self._reads = 0

    def draw(self, size: int) -> bytes:
        """The next `size` bytes of this moment."""
        self._draws += 1
        occasion, episode, frame = self._moment
        place = struct.pack("<QQQQ", self._seed, episode, frame, self._draws)
        return hashlib.shake_128(place + occasion.encode()).digest(size)

    def draw_bits(self, bits: int) -> int:
        return int.from_bytes(self.draw((bits + 7) // 8), "little") >> (-bits % 8)

    def elapsed(self) -> float:
        """Seconds since the match began, by its own clock."""
        self._reads += 1
        _, episode, frame = self._moment
        return episode * EPISODE_S + frame / self.fps + self._reads * READ_S

    def note(self, use: EntropyUse) -> None:
        if use in self.uses or len(self.uses) < MAX_USES:
            self.uses[use] = self.uses.get(use, 0) + 1


def answer_from(entropy: MatchEntropy | None) -> MatchEntropy | None:
    """Questions on this thread are this game's from now on. Returns whose they were before."""
    before = _answering[0][1] if _answering else None
    _answering[:] = [] if entropy is None else [(get_ident(), entropy)]
    return before


_answering: Final[list[tuple[int, MatchEntropy]]] = []  # at most one: the thread, and whose turn it is


def asked_by_environment(source: str, treatment: str) -> MatchEntropy | None:
    """Does the environment ask, on its own thread? Then the place is noted, and its entropy shall answer.

    To be called by a stand-in, which somebody has called in place of `source`.
    """
    if not _answering or _answering[0][0] != get_ident():
        return None
    found = asking(sys._getframe(2))
    if found is None:
        return None
    frame, through = found
    entropy = _answering[0][1]
    entropy.note(
        EntropyUse(_name(through) if through else source, frame.f_code.co_filename, frame.f_lineno, treatment)
    )
    return entropy


def is_looking() -> bool:
    """Is the environment only looked at, so that whatever it does now is undone?"""
    return bool(_answering) and _answering[0][1].occasion == LOOK


def asking(frame: FrameType | None) -> tuple[FrameType, FrameType | None] | None:
    """The environment's frame that asks, and what it asks through; None if somebody else does."""
    asker, through = frame, None
    unasked = [getattr(callback, "__code__", None) for callback in gc.callbacks]
    while frame is not None:
        if frame.f_code in unasked:
            return None  # the garbage collector's hour, not a call
        match whose_frame(frame):
            case Whose.ENVIRONMENT:
                return frame, through
            case Whose.OTHER:
                return None
            case Whose.OURS:  # then it was a wrapper, or the base class of all environments
                return None if through is None or asker is None else (asker, None)
        through, frame = frame, frame.f_back
    return None


def _name(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}".removesuffix(".__init__")
