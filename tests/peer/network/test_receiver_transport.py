"""Receiver and transport over real sockets on 127.0.0.1."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
import zmq
from zmq.utils.monitor import recv_monitor_message

from netcode.errors import NetplayError
from netcode.lanes import InTurn
from netcode.limits import INBOX_PACKETS, LINK_ID_BYTES, MAX_MESSAGE_BYTES
from netcode.wire.lane_packets import strip
from peer.network.receiver import Receiver
from peer.network.tcp_timers import RTO_MIN_US, TCP_RTO_MIN_US, TimerTuning, set_timers
from peer.network.transport import Transport

Context = zmq.Context[zmq.Socket[bytes]]
LINK, BACK = b"linklink", b"backback"


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
    transport = Transport(context)
    transport.open(LINK, BACK, f"tcp://127.0.0.1:{receiver.port}")

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
    until(lambda: set(four) <= {strip(data) for data, _ in receiver.packets})
    assert all(before <= at <= time.monotonic() for data, at in receiver.packets if strip(data) == four[0])
    transport.close()


def test_both_lanes_carry_packets(context: Context, receiver: Receiver) -> None:
    transport = connected(context, receiver)
    receiver.packets.clear()
    for number in range(10):
        transport.send([LINK + b"%d" % number])
    until(lambda: len(receiver.packets) >= 10)
    assert {data[LINK_ID_BYTES] for data, _ in receiver.packets} == {0, 1}
    assert transport.lanes == 2
    transport.close()


def test_lanes_are_opened_and_closed_as_the_policy_wants(context: Context, receiver: Receiver) -> None:
    class Some(InTurn):
        """As many lanes as it is told."""

    policy, marks = Some(1), count()
    transport = Transport(context)
    transport.open(LINK, BACK, f"tcp://127.0.0.1:{receiver.port}", lambda: policy)

    def used() -> set[int]:
        receiver.packets.clear()
        for _ in range(20):
            transport.send([LINK + b"x"])
        mark = b"mark %d" % next(marks)
        until(lambda: (transport.send([LINK + mark]), any(mark in data for data, _ in receiver.packets))[1])
        return {data[LINK_ID_BYTES] for data, _ in receiver.packets}

    until(lambda: used() == {0})
    policy.lanes = 5
    until(lambda: used() == {0, 1, 2, 3, 4})
    policy.lanes = 2
    until(lambda: used() == {0, 1})
    assert transport.lanes == 5  # the most there were
    transport.close()


def test_a_lost_segment_is_sent_again_soon(context: Context, receiver: Receiver) -> None:
    """The kernel took our timers, where it has them."""
    transport = connected(context, receiver)
    (remote,) = transport._remotes.values()
    seen = []

    def looked(descriptor: int) -> None:
        with socket.socket(fileno=os.dup(descriptor)) as ours:
            seen.append(ours.getsockopt(socket.IPPROTO_TCP, TCP_RTO_MIN_US))

    fresh = context.socket(zmq.PUSH)
    timers = TimerTuning(fresh)
    fresh.connect(f"tcp://127.0.0.1:{receiver.port}")
    monitor = timers._monitor
    if monitor is None:
        pytest.skip("no such timers here")
    until(lambda: bool(monitor.poll(0)))
    descriptor = recv_monitor_message(monitor)["value"]
    try:
        set_timers(descriptor)
        looked(descriptor)
    except OSError:
        pytest.skip("an older kernel")
    assert RTO_MIN_US <= seen[0] <= 2 * RTO_MIN_US  # in ticks of the kernel; untouched it is 200 ms
    timers.close()
    fresh.close(0)
    assert remote.most_lanes >= 2
    transport.close()


def test_nobody_at_the_other_end_neither_blocks_nor_raises(context: Context) -> None:
    transport = Transport(context)
    transport.open(LINK, BACK, "tcp://127.0.0.1:1")
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
    sender.send(b"x" * (MAX_MESSAGE_BYTES + 1))
    sender.send_multipart([b"two", b"parts", b"are", b"nobody's"])
    honest = connected(context, receiver)  # the thread lives on
    sender.send(b"again")
    until(lambda: any(data == b"again" for data, _ in receiver.packets))
    assert {strip(data) for data, _ in receiver.packets} <= {LINK + b"hello", b"again"}
    honest.close()
    sender.close()


def test_a_mishap_of_ours_ends_no_receiver(
    context: Context, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        monkeypatch.undo()
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(receiver.guard, "heard", fail)
    connected(context, receiver).close()
    assert receiver.stumbles == 1


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
