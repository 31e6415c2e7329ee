"""netcode's own cost a frame: handshake done, new input every frame, everything 4 frames late.

So every frame rolls back. Packets are encoded and decoded; sockets and the simulation are excluded.
"""

from __future__ import annotations

import statistics
from collections import deque
from random import Random
from time import perf_counter_ns

import msgpack
from rows import Row

from netcode.link import RemotePeer
from netcode.phases import Phase
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame
from peer.timing import TimedSimulation

FRAMES = 3000
LATENCY = 4  # frames
WARM_UP = 200


def netcode_us(players: int, frames: int = FRAMES) -> tuple[float, int]:
    """Median microseconds a frame of one of `players` peers, and its rollbacks."""
    settings = MatchSettings(env="bench", players=players, fps=60, input_delay=0, window=8)
    simulations = [TimedSimulation(MixingGame(players, 1)) for _ in range(players)]
    sessions = [_session(settings, slot, simulations[slot]) for slot in range(players)]
    wires: list[deque[list[bytes]]] = [deque([[]] * LATENCY) for _ in range(players)]  # to each peer
    rng = Random(1)
    costs: list[float] = []
    now = 0.0
    while sessions[0].frame < frames:
        now += 1 / 60
        sent: list[list[bytes]] = [[] for _ in range(players)]
        for slot, session in enumerate(sessions):
            arrived = wires[slot].popleft()
            pressed = {slot: bytes([rng.randrange(7)])}
            started, simulated = perf_counter_ns(), simulations[slot].nanoseconds
            session.receive([(data, now) for data in arrived], now)
            session.reconcile()
            session.newly_confirmed()
            if session.wants_inputs:
                session.add_local_inputs(pressed)
            session.advance(now)
            packets = session.outgoing(now)
            session.pace()
            spent = perf_counter_ns() - started - (simulations[slot].nanoseconds - simulated)
            if slot == 0 and session.phase is Phase.PLAYING and session.frame > WARM_UP:
                costs.append(spent / 1000)
            for data in packets:
                sent[data[7]].append(data)  # the last byte of its link id
        for slot in range(players):
            wires[slot].append(sent[slot])
    return statistics.median(costs), sessions[0].stats.rollbacks


def floor_us(players: int) -> float:
    """The bare floor: packing and unpacking one such packet a remote, and nothing else."""
    packet = (1, 1000, 1000, 4, 990, bytes(8), 995, 33, b"", 33, 123456789, 123456789, 20)
    pack = msgpack.Packer().pack
    costs = []
    for _ in range(2000):
        started = perf_counter_ns()
        for _ in range(players - 1):
            msgpack.unpackb(pack(packet))
        costs.append((perf_counter_ns() - started) / 1000)
    return statistics.median(costs)


def _session(settings: MatchSettings, slot: int, simulation: TimedSimulation) -> PlayerSession:
    players = range(settings.players)
    remotes = [
        RemotePeer(str(other), (other,), _link_id(slot, other), _link_id(other, slot))
        for other in players
        if other != slot
    ]
    sizes, defaults = [1 for _ in players], [bytes(1) for _ in players]
    return PlayerSession(settings, (slot,), remotes, sizes, defaults, {}, simulation, 0.0)


def _link_id(sender: int, receiver: int) -> bytes:
    return b"link" + bytes([0, sender, 0, receiver])


def rows() -> list[Row]:
    two, rollbacks = netcode_us(2)
    eight, _ = netcode_us(8, 1000)
    floor = floor_us(2)
    assert rollbacks > FRAMES * 0.7, "the bench must roll back every frame"
    return [
        Row("netcode a frame, 2 players, rollback every frame", two, "us", "under 60"),
        Row("  beside the bare floor (one packet packed and unpacked)", two / floor, "x", ""),
        Row("netcode a frame, 8 players", eight, "us", ""),
    ]


if __name__ == "__main__":
    for row in rows():
        print(row)
