from __future__ import annotations

from collections import deque

from netcode.session import Arrival
from netcode.simulator.weather import Weather
from peer.network.inbox import Inbox

HERE, THERE = b"linkhere", b"linkthat"


def test_without_weather_everything_passes_at_once() -> None:
    packets: deque[Arrival] = deque([(HERE + b"1", 1.0), (b"stranger", 1.1)])
    assert Inbox(packets, [HERE]).drain(2.0) == [(HERE + b"1", 1.0), (b"stranger", 1.1)]
    assert not packets


def test_weather_holds_packets_back_and_stamps_their_new_arrival() -> None:
    packets: deque[Arrival] = deque([(HERE + b"1", 1.0)])
    inbox = Inbox(packets, [HERE], Weather(delay_ms=50))
    assert inbox.drain(1.049) == []
    assert inbox.drain(1.06) == [(HERE + b"1", 1.05)]


def test_same_seed_same_fate() -> None:
    def fate(seed: int) -> list[Arrival]:
        packets: deque[Arrival] = deque((HERE + bytes([n]), n / 60) for n in range(200))
        return Inbox(packets, [HERE, THERE], Weather(50, 10, loss=0.1), seed).drain(60.0)

    assert fate(1) == fate(1) != fate(2)
    assert 150 < len(fate(1)) < 200


def test_changing_the_weather_loses_nothing_under_way() -> None:
    packets: deque[Arrival] = deque([(HERE + b"old", 1.0)])
    inbox = Inbox(packets, [HERE], Weather(delay_ms=500))
    assert inbox.drain(1.0) == []
    inbox.set_weather(Weather(delay_ms=10))
    packets.append((HERE + b"new", 1.1))
    assert inbox.drain(1.2) == [(HERE + b"new", 1.11)]
    assert inbox.drain(2.0) == [(HERE + b"old", 1.5)]
    inbox.set_weather(None)
    packets.append((HERE + b"now", 2.0))
    assert inbox.drain(2.0) == [(HERE + b"now", 2.0)]
