"""Lanes in virtual time: ordered connections over one bad link, each blocked by what it lost until that is
sent again, as TCP is."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Final

from netcode.lanes import LanePolicy
from netcode.simulator.weather import BadLink, Weather
from netcode.wire.lane_packets import LaneRecord, wrap

RTO_MIN: Final = 0.020  # seconds, as peer.network.tcp_timers asks for
RTO_MAX: Final = 1.0


class OrderedLanes:
    """All lanes of one direction. What is lost goes out again after a round trip, then ever later."""

    def __init__(self, link: BadLink, weather: Weather) -> None:
        self._link = link
        self._round_trip = 2 * (weather.delay_ms + weather.jitter_ms) / 1000
        self._patience = self._round_trip + RTO_MIN
        self._to_send: list[tuple[float, int, int, bytes, float]] = []  # when, tie, lane, packet, patience
        self._ties = 0
        self._segments: dict[int, list[bytes]] = {}  # lane -> not delivered yet, in order
        self._arrived: set[bytes] = set()
        self._lost: dict[int, set[bytes]] = {}  # lane -> sent in vain so far
        self._held: dict[int, list[bytes]] = {}  # lane -> given to it since, and not sent before those arrive

    def put(self, lane: int, packet: bytes, now: float) -> None:
        """No two packets are equal."""
        self._segments.setdefault(lane, []).append(packet)
        if self._lost.get(lane):
            self._held.setdefault(lane, []).append(packet)
        else:
            self._schedule(now, lane, packet, self._patience)

    def take(self, now: float) -> list[bytes]:
        """What has been delivered by `now`."""
        while self._to_send and self._to_send[0][0] <= now:
            at, _, lane, packet, patience = heappop(self._to_send)
            lost = self._link.lost
            self._link.put(packet, at)
            if self._link.lost > lost:
                self._lost.setdefault(lane, set()).add(packet)
                self._schedule(at + patience, lane, packet, min(2 * patience, RTO_MAX))
            elif packet in self._lost.get(lane, ()):
                self._got_through(lane, packet, at)
        self._arrived |= {packet for packet, _ in self._link.take(now)}
        delivered = []
        for waiting in self._segments.values():
            while waiting and waiting[0] in self._arrived:
                self._arrived.discard(waiting[0])
                delivered.append(waiting.pop(0))
        return delivered

    def _got_through(self, lane: int, packet: bytes, now: float) -> None:
        self._lost[lane].remove(packet)
        if not self._lost[lane]:
            for held in self._held.pop(lane, ()):
                self._schedule(now + self._round_trip, lane, held, self._patience)

    def _schedule(self, at: float, lane: int, packet: bytes, patience: float) -> None:
        self._ties += 1
        heappush(self._to_send, (at, self._ties, lane, packet, patience))


class CutLink(BadLink):
    """Loses everything from one time to another."""

    def __init__(self, weather: Weather, rng: Random, outage: tuple[float, float]) -> None:
        super().__init__(weather, rng)
        self._outage = outage

    def put(self, data: bytes, now: float) -> None:
        if self._outage[0] <= now < self._outage[1]:
            self.lost += 1
        else:
            super().put(data, now)


def input_ages(
    policy: Callable[[], LanePolicy],
    weather: Weather,
    seconds: float,
    seed: int,
    fps: float = 60.0,
    outage: tuple[float, float] = (0.0, 0.0),
) -> tuple[list[float], LanePolicy]:
    """How old the newest known input is at each frame of a receiver, in seconds, after the first five.

    One side sends a packet a frame over lanes of `weather`, the other says each frame what has come.
    Neither hears anything from the first to the second time of `outage`.
    """
    sender, record = policy(), LaneRecord()
    lanes = OrderedLanes(CutLink(weather, Random(f"lanes {seed}"), outage), weather)
    answers = CutLink(weather, Random(f"answers {seed}"), outage)
    ages, newest = [], 0.0
    for number in range(int(seconds * fps)):
        now = number / fps
        for answer, _ in answers.take(now):
            sender.heard([answer[i] | answer[i + 1] << 8 for i in range(0, len(answer), 2)], now)
        for took, lane in enumerate(sender.choose(now), start=1):
            lanes.put(lane, wrap(bytes(8) + number.to_bytes(4, "little"), lane, number, []), now)
            sender.sent(lane, number, now)
            if took == 2 or not sender.wants_copy(now):
                break
        for packet in lanes.take(now):
            body = record.unwrap(packet)
            if body is not None:
                newest = max(newest, int.from_bytes(body[8:], "little") / fps)
        answers.put(b"".join(n.to_bytes(2, "little") for n in record.newest), now)
        ages.append(now - newest)
    return ages[int(5 * fps) :], sender


def datagram_ages(weather: Weather, seconds: float, seed: int, fps: float = 60.0) -> list[float]:
    """The same where nothing is sent again and nothing waits: UDP."""
    link, ages, newest = BadLink(weather, Random(f"lanes {seed}")), [], 0.0
    for number in range(int(seconds * fps)):
        now = number / fps
        link.put(number.to_bytes(4, "little"), now)
        for data, _ in link.take(now):
            newest = max(newest, int.from_bytes(data, "little") / fps)
        ages.append(now - newest)
    return ages[int(5 * fps) :]
