"""A tiny game that forgives nothing: every input of every frame stays in its state for ever."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from netcode.errors import GameError, LocalProtocolError, UncapturableStateError

INPUT_BYTES = 1
HIGHEST_INPUT = 7
ENDS_EPISODE = 7  # whoever presses this ends the episode, once it may end
_ENDING = bytes([ENDS_EPISODE])
STICKS = bytes([6])  # who presses this twice running breaks a brittle game

LEAST_FRAMES: Final = 200
_STRETCH: Final = 60  # frames; of these a forgetful game cannot be put back in the last third

_State = tuple[int, int, int, int]  # everything so far, episode, frame in it, slots that hold STICKS (bits)


class Unremembered(tuple[int, int, int, int]):
    """A state to be digested, and never restored."""

    __slots__ = ()


class MixingGame:
    """Implements `EpisodicSimulation`. An episode ends after `episode_frames`, or when a player ends it; each
    has a number of frames, drawn for it, within which none can.

    A brittle one fails in frames that nobody plays, but that are guessed: half changed, as real ones are.
    A forgetful one comes into states that cannot be put back: one in eight, and at times many in a row.
    """

    def __init__(
        self,
        players: int,
        seed: int,
        episode_frames: int = 200,
        *,
        brittle: bool = False,
        forgetful: bool = False,
    ) -> None:
        self.players = players
        self._seed = seed
        self.failures = 0
        self._brittle, self._forgetful = brittle, forgetful
        self.steps = 0  # not part of the state: counts the work done
        self.restores = 0
        self._episode_frames = episode_frames
        self.begin_episode(0)

    def begin_episode(self, number: int) -> None:
        self.state: _State = (self._drawn(number), number, 0, 0)

    def episode_of(self, outcome: bytes) -> int:
        return int.from_bytes(outcome[-9:-1], "little")

    def _least_frames(self, episode: int) -> int:
        """After which a player may end it."""
        return (self._drawn(episode) >> 40) % LEAST_FRAMES

    def _drawn(self, number: int) -> int:
        return (self._seed * 6364136223846793005 + (number + 1) * 0x9E3779B97F4A7C15) % 2**64

    def step(self, inputs: Sequence[bytes]) -> bytes:
        mixed, episode, frame, before = self.state
        self.steps += 1
        held = 0
        if STICKS in inputs:
            held = sum([1 << slot for slot, data in enumerate(inputs) if data == STICKS])
        if self._brittle and held & before:
            self.failures += 1
            self.state = (mixed + 1, episode, frame, held)
            raise GameError("a button is stuck")
        for data in inputs:
            mixed = (mixed * 6364136223846793005 + data[0] + 1442695040888963407) % 2**64
        frame += 1
        ended = frame >= self._episode_frames or (_ENDING in inputs and frame > self._least_frames(episode))
        self.state = (mixed, episode, frame, held)
        if ended:
            self.begin_episode(episode + 1)
        return mixed.to_bytes(8, "little") + episode.to_bytes(8, "little") + bytes([ended])

    def capture(self) -> _State:
        mixed, _, frame, _ = self.state
        if self._forgetful and (frame % _STRETCH > _STRETCH * 2 // 3 or not mixed >> 61):
            raise UncapturableStateError("the state cannot be put back", Unremembered(self.state))
        return self.state

    def restore(self, snapshot: _State) -> None:
        if isinstance(snapshot, Unremembered):
            raise LocalProtocolError("what cannot be put back was put back")
        self.restores += 1
        self.state = snapshot

    def digest(self, snapshot: _State | None = None) -> bytes:
        return blake2b(repr(tuple(snapshot or self.state)).encode(), digest_size=8).digest()

    def flatten(self, snapshot: _State | None = None) -> dict[str, int]:
        return dict(zip(("mixed", "episode", "frame", "held"), snapshot or self.state, strict=True))

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return len(data) == INPUT_BYTES and data[0] <= HIGHEST_INPUT
