"""Real environments in whole matches of virtual time: real inputs over bad links, judged by the plain game.

The environments below have action spaces of all kinds. Each peer plays with every shortcut of a real match;
the reference plays the same inputs plainly, alone, and without a snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from netcode.errors import NetplayError, UnplayableError
from netcode.events import EndReason
from netcode.settings import MatchSettings, Scalar
from netcode.simulation import Simulation
from netcode.simulator.match import VirtualMatch
from netcode.simulator.weather import Weather
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.make import make_simulation

WAN_BAD: Final = Weather(delay_ms=50, jitter_ms=10, loss=0.03)
_HOLD: Final = 0.8  # chance that a player goes on with what it did the frame before
_SECONDS_A_FRAME: Final = 1.0  # of virtual time, at most, before a match counts as stuck


class EnvironmentMatch(VirtualMatch):
    """A virtual match whose inputs are actions of the environment, of whatever size they have."""

    def __init__(self, settings: MatchSettings, weather: Weather) -> None:
        self._plain = EnvironmentSimulation(settings)
        self._made = 0
        super().__init__(settings, weather, game=self._make, hold=_HOLD)

    def _make(self, settings: MatchSettings) -> Simulation:
        self._made += 1
        return make_simulation(settings) if self._made <= settings.players else self._plain

    def _default_inputs(self) -> list[bytes]:
        return list(self._plain.default_inputs)

    def _draw(self, rng: Random, slot: int) -> bytes:
        return self._plain.codecs[slot].sample(rng)

    @property
    def plain(self) -> EnvironmentSimulation:
        """The reference's game; it is over once the match has been judged."""
        return self._plain


@dataclass(frozen=True, slots=True)
class Entry:
    """What to play."""

    env: str
    players: int
    acts: str  # the kind of action space, for people
    env_args: dict[str, Scalar] = field(default_factory=dict)


ENVIRONMENTS: Final = (
    Entry("pettingzoo:butterfly/cooperative_pong_v6", 2, "Discrete"),
    Entry("pettingzoo:butterfly/knights_archers_zombies_v11", 4, "Discrete"),
    Entry("race:CartPole-v1", 3, "Discrete"),
    Entry("race:Pendulum-v1", 2, "Box of 1"),
    Entry("pettingzoo:classic/connect_four_v3", 2, "turns, masked Discrete"),
    Entry("pettingzoo:classic/chess_v6", 2, "turns, masked Discrete"),
    Entry("pettingzoo:classic/texas_holdem_v4", 2, "turns, masked Discrete"),
    Entry("pettingzoo:sisl/pursuit_v5", 4, "Discrete", {"n_pursuers": 4, "n_evaders": 8}),
    Entry("pettingzoo:sisl/multiwalker_v9", 3, "Box of 4"),
    Entry("race:LunarLander-v3", 2, "Discrete"),
    Entry("race:BipedalWalker-v3", 2, "Box of 4"),
    Entry("race:HalfCheetah-v5", 2, "Box of 6"),
    Entry("lbforaging:Foraging-8x8-2p-1f-v3", 2, "Tuple, a part each"),
    Entry("rware:rware-tiny-2ag-v2", 2, "Tuple, a part each"),
    Entry("race:minigrid:MiniGrid-DoorKey-6x6-v0", 2, "Discrete"),
    Entry("race:Taxi-v4", 4, "masked Discrete"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """How one match went; `faults` is empty if all confirmed what the reference played."""

    entry: Entry
    faults: list[str]
    frames: int = 0
    episodes: int = 0
    rollbacks: int = 0
    deepest: int = 0
    seconds: float = 0.0
    skipped: str = ""  # why it was not played


def play_entry(entry: Entry, frames: int, weather: Weather = WAN_BAD, seed: int = 1) -> Result:
    """One match of `frames` frames between as many peers as the entry has players."""
    started = time.perf_counter()
    settings = MatchSettings(
        env=entry.env,
        env_args=entry.env_args,
        players=entry.players,
        frames=frames,
        seed=seed,
        digest_interval=10,
    )
    try:
        match = EnvironmentMatch(settings, weather)
    except UnplayableError as error:
        return Result(entry, [], skipped=str(error))
    try:
        match.run(frames * _SECONDS_A_FRAME)
        faults = match.faults_found()
    except NetplayError as error:
        return Result(entry, [str(error)])
    faults += [
        f"slot {peer.slot}: {peer.reason}" for peer in match.peers if peer.reason is not EndReason.FINISHED
    ]
    depths = [depth for peer in match.peers for depth in peer.depths]
    return Result(
        entry,
        faults,
        frames=min(len(peer.confirmed) for peer in match.peers),
        episodes=match.plain.episode,
        rollbacks=len(depths),
        deepest=max(depths, default=0),
        seconds=time.perf_counter() - started,
    )


def play_all(entries: Sequence[Entry] = ENVIRONMENTS, frames: int = 1000) -> Iterator[Result]:
    """One after the other."""
    for entry in entries:
        yield play_entry(entry, frames)
