"""Receiver and transport over real sockets on 127.0.0.1."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import zmq

from netcode.errors import NetplayError
from netcode.limits import INBOX_PACKETS, MAX_PACKET_BYTES
from peer.network.receiver import Receiver
from peer.network.transport import Transport

Context = zmq.Context[zmq.Socket[bytes]]
LINK = b"linklink"


@pytest.fixture
def context() -> Iterator[Context]:
    context: Context = zmq.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
def receiver(context: Context) -> Iterator[Receiver]:
    receiver = Receiver(context, "127.0.0.1")
    yield receiver
    receiver.close()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.002)


def connected(context: Context, receiver: Receiver) -> Transport:
    transport = Transport(context, {LINK: f"tcp://127.0.0.1:{receiver.port}"})

    def arrives() -> bool:
        transport.send([LINK + b"hello"])
        return len(receiver.packets) >= 4

    until(arrives)
    return transport


def test_packets_reach_the_deque_with_their_arrival(context: Context, receiver: Receiver) -> None:
    transport = connected(context, receiver)
    receiver.packets.clear()
    four = [LINK + data for data in (b"one", b"two", b"three", b"four")]
    before = time.monotonic()
    transport.send(four)
    until(lambda: set(four) <= {data for data, _ in receiver.packets})
    assert all(before <= arrived <= time.monotonic() for data, arrived in receiver.packets if data == four[0])
    transport.close()


def test_both_lanes_carry_packets(context: Context, receiver: Receiver) -> None:
    transport = connected(context, receiver)
    lanes = transport._remotes[LINK].lanes
    assert len(lanes) == 2
    receiver.packets.clear()
    for number in range(10):
        transport.send([LINK + b"%d" % number])
    until(lambda: len(receiver.packets) >= 10)
    lanes[0].close(linger=0)
    assert transport.lanes == 2
    lanes[1].close(linger=0)


def test_nobody_at_the_other_end_neither_blocks_nor_raises(context: Context) -> None:
    transport = Transport(context, {LINK: "tcp://127.0.0.1:1"})
    started = time.monotonic()
    for _ in range(500):
        transport.send([LINK + b"x"])
    assert time.monotonic() - started < 2.0
    assert transport.dropped == 500
    transport.close()


def test_too_long_and_multipart_messages_never_arrive(context: Context, receiver: Receiver) -> None:
    sender = context.socket(zmq.PUSH)
    sender.setsockopt(zmq.LINGER, 0)
    sender.connect(f"tcp://127.0.0.1:{receiver.port}")
    sender.send(b"x" * (MAX_PACKET_BYTES + 1))
    sender.send_multipart([b"two", b"parts", b"are", b"nobody's"])
    honest = connected(context, receiver)  # the thread lives on
    sender.send(b"again")
    until(lambda: any(data == b"again" for data, _ in receiver.packets))
    assert {data for data, _ in receiver.packets} <= {LINK + b"hello", b"again"}
    honest.close()
    sender.close()


def test_a_full_deque_lets_the_oldest_go_and_counts(context: Context, receiver: Receiver) -> None:
    sender = context.socket(zmq.PUSH)
    sender.setsockopt(zmq.SNDHWM, 0)
    sender.connect(f"tcp://127.0.0.1:{receiver.port}")
    for number in range(INBOX_PACKETS + 50):
        sender.send(b"%d" % number)
    until(lambda: receiver.overflowed == 50)
    assert len(receiver.packets) == INBOX_PACKETS
    assert receiver.packets[0][0] == b"50"
    sender.close(linger=0)


def test_port_in_use_is_one_clear_line(context: Context, receiver: Receiver) -> None:
    with pytest.raises(NetplayError, match=rf"cannot listen on 127\.0\.0\.1:{receiver.port}") as error:
        Receiver(context, "127.0.0.1", receiver.port)
    assert "\n" not in str(error.value)
