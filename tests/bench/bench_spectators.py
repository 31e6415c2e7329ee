"""What feeding spectators costs a player: the same frames with 32 watching and with none, side by side.

Everything a player does in a frame is counted but sockets: netcode, feeding, and the game itself. The game is
pong for two; every frame is rolled back, 4 frames deep. Watchers live outside of what is counted.
"""

from __future__ import annotations

import statistics
from collections import deque
from random import Random
from time import perf_counter_ns

from rows import Row

from netcode.archive import Archive
from netcode.feed_reader import FeedReader
from netcode.feeding import Feeder
from netcode.link import Identity, RemotePeer
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulation import Simulation
from netcode.simulator.game import MixingGame
from netcode.sources import Source
from peer.simulation.make import make_simulation

FRAMES = 3300
STRETCH = 120
WARM_UP = 300
LATENCY = 4  # frames
FRAME = 1 / 60
PONG = MatchSettings(env="pettingzoo:butterfly/cooperative_pong_v6", input_delay=0, on_drop="default")
MIXING = MatchSettings(env="bench", input_delay=0, on_drop="default")

Packets = list[tuple[bytes, float]]


class Match:
    """Two players, the first of whom is watched and measured."""

    def __init__(self, settings: MatchSettings, watchers: int) -> None:
        self.costs: list[float] = []  # us, of each frame
        self.feed_us: list[float] = []  # of which for the watchers
        self._games = [_game(settings) for _ in range(2)]
        self._sessions = [_session(settings, slot, self._games[slot]) for slot in range(2)]
        self._wires: list[deque[Packets]] = [deque([[]] * LATENCY) for _ in range(2)]
        self._rng = Random(1)
        self._now = 0.0
        identity = Identity(settings.fields(), {})
        self._feeder = Feeder(self._sessions[0].archive, identity, 32)
        self._readers: dict[bytes, FeedReader] = {}
        self._mail: deque[Packets] = deque([[]] * LATENCY)
        for number in range(watchers):
            out, back = b"out%5d" % number, b"bak%5d" % number
            self._feeder.welcome("w", back, out, 0.0)
            archive = Archive(2, settings.digest_interval, 0)
            source = Source("s", out, back)
            self._readers[back] = FeedReader(
                [source], archive, [1, 1], identity, lambda slot, data: True, 0.0
            )

    def tick(self) -> None:
        self._now += FRAME
        to_watchers: list[bytes] = []
        sent: list[list[bytes]] = [[], []]
        for slot, session in enumerate(self._sessions):
            pressed = {slot: self._press(slot)}
            arrived = self._wires[slot].popleft()
            mail = self._mail.popleft() if slot == 0 else []
            started = perf_counter_ns()
            if slot == 0:
                self._feeder.receive(mail)
            fed = perf_counter_ns()
            session.receive(arrived, self._now)
            session.reconcile()
            session.newly_confirmed()
            if session.wants_inputs:
                session.add_local_inputs(pressed)
            session.advance(self._now)
            sent[1 - slot] = session.outgoing(self._now)
            session.pace()
            played = perf_counter_ns()
            if slot == 0:
                to_watchers = self._feeder.outgoing(self._now)
                ended = perf_counter_ns()
                self.costs.append((ended - started) / 1000)
                self.feed_us.append((ended - played + fed - started) / 1000)
        for slot in range(2):
            self._wires[slot].append([(data, self._now) for data in sent[slot]])
        self._mail.append(self._watch(to_watchers))

    def _watch(self, packets: list[bytes]) -> Packets:
        for data in packets:
            self._readers[data[:8]].receive([(data, self._now)])
        answers = [data for reader in self._readers.values() for data in reader.outgoing(self._now)]
        return [(data, self._now) for data in answers]

    def _press(self, slot: int) -> bytes:
        return bytes([self._rng.randrange(3)])


def _game(settings: MatchSettings) -> Simulation:
    return MixingGame(2, 1) if settings is MIXING else make_simulation(settings)


def _session(settings: MatchSettings, slot: int, game: Simulation) -> PlayerSession:
    other = 1 - slot
    remote = RemotePeer("other", (other,), bytes([slot] * 8), bytes([other] * 8))
    return PlayerSession(settings, (slot,), [remote], [1, 1], [bytes(1)] * 2, {}, game, 0.0)


def compared(settings: MatchSettings, watchers: int) -> tuple[float, float]:
    """us a frame without watchers, and how many more with them.

    Each is the median over stretches of two seconds, in which every watcher is fed and heard equally often:
    so what else the machine does in some of them counts for little.
    """
    alone, watched = Match(settings, 0), Match(settings, watchers)
    for _ in range(FRAMES):
        alone.tick()
        watched.tick()
    assert len(watched._feeder.watchers) == watchers
    return _typical(alone.costs), _typical(watched.feed_us)


def _typical(costs: list[float]) -> float:
    """Mean of a frame in the median stretch."""
    stretches = range(WARM_UP, FRAMES, STRETCH)
    return statistics.median(statistics.fmean(costs[first : first + STRETCH]) for first in stretches)


def rows() -> list[Row]:
    as_led, directly = 32 // 4, 32
    alone, feed = compared(MIXING, as_led)
    _, feed_all = compared(MIXING, directly)
    pong, _ = compared(PONG, 0)
    return [
        Row("feeding, of 32 on a match of two, the 8 that the broker sends to a player", feed, "us", ""),
        Row("  feeding 8 watchers, a frame of pong is longer by", feed / pong * 100, "%", "under 5"),
        Row("  netcode's part of it alone is longer by", feed / alone * 100, "%", ""),
        Row("feeding all 32 from one player", feed_all, "us", ""),
        Row("  feeding all 32, a frame of pong is longer by", feed_all / pong * 100, "%", "under 5"),
    ]


if __name__ == "__main__":
    for row in rows():
        print(row)
