"""netcode's own cost a frame: handshake done, new input every frame, everything 4 frames late.

So every frame rolls back. Packets are encoded and decoded; sockets and the simulation are excluded.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Sequence
from random import Random
from time import perf_counter_ns
from typing import Final

import msgpack
from rows import Row

from netcode.link import RemotePeer
from netcode.phases import Phase
from netcode.session import PlayerSession
from netcode.settings import MatchSettings

FRAMES = 3000
LATENCY = 4  # frames
WARM_UP = 200
ELSEWHERE: Final = "GekkoNet 2.1, GGRS 5.0, GGPO 6 to 13, netplayjs 18 to 21"


class NoGame:
    """Takes no time: what is left is netcode's own."""

    def step(self, inputs: Sequence[bytes]) -> bytes:
        return b"no game!"

    def capture(self) -> int:
        return 0

    def restore(self, snapshot: int) -> None:
        pass

    def digest(self, snapshot: int | None = None) -> bytes:
        return b"no game!"

    def flatten(self, snapshot: int | None = None) -> dict[str, object]:
        return {}

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return len(data) == 1 and data[0] < 7


def netcode_us(players: int, frames: int = FRAMES) -> tuple[float, int]:
    """Median microseconds a frame of one of `players` peers, and its rollbacks."""
    settings = MatchSettings(env="bench", players=players, fps=60, input_delay=0, window=8)
    sessions = [_session(settings, slot) for slot in range(players)]
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
            started = perf_counter_ns()
            session.receive([(data, now) for data in arrived], now)
            session.reconcile()
            session.newly_confirmed()
            if session.wants_inputs:
                session.add_local_inputs(pressed)
            session.advance(now)
            packets = session.outgoing(now)
            session.pace()
            spent = perf_counter_ns() - started
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


def _session(settings: MatchSettings, slot: int) -> PlayerSession:
    players = range(settings.players)
    remotes = [
        RemotePeer(str(other), (other,), _link_id(slot, other), _link_id(other, slot))
        for other in players
        if other != slot
    ]
    sizes, defaults = [1 for _ in players], [bytes(1) for _ in players]
    return PlayerSession(settings, (slot,), remotes, sizes, defaults, {}, NoGame(), 0.0)


def _link_id(sender: int, receiver: int) -> bytes:
    return b"link" + bytes([0, sender, 0, receiver])


def rows() -> list[Row]:
    two, rollbacks = netcode_us(2)
    eight, _ = netcode_us(8, 1000)
    floor = floor_us(2)
    assert rollbacks > FRAMES * 0.7, "the bench must roll back every frame"
    return [
        Row("netcode a frame, 2 players, rollback every frame", two, "us", "at most 15", ELSEWHERE),
        Row("  beside the bare floor (one packet packed and unpacked)", two / floor, "x", ""),
        Row("netcode a frame, 8 players", eight, "us", "at most 45"),
    ]


if __name__ == "__main__":
    for row in rows():
        print(row)
