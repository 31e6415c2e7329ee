"""Connections to a bound socket: too many, too full, and those that matter."""

import errno
import resource
import socket
import struct
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
import zmq

from netcode.lanes import LANES_IN_ALL
from peer.network import connection_guard
from peer.network.addresses import Address
from peer.network.broker_socket import BrokerSocket
from peer.network.connection_guard import UNFINISHED_BYTES, UNFINISHED_IN_ALL, ConnectionGuard
from peer.network.descriptors import FEWEST, PEER_RESERVE, connections_allowed
from peer.network.transport import Transport

GREETING = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PUSH"
PART = b"\x03" + struct.pack(">Q", 8000) + bytes(8000)  # of a message that goes on
LINK = b"our link"
SHUT = "reset|pipe|timed out"  # the last where our end was gone before its buffers were empty


class Door:
    """A guarded PULL, read as the receiver does; strangers on plain TCP."""

    def __init__(self, most):
        self.context = zmq.Context()
        self.pull = self.context.socket(zmq.PULL)
        self.pull.setsockopt(zmq.MAXMSGSIZE, 10_000)
        self.guard = ConnectionGuard(self.pull, most)
        self.port = self.pull.bind_to_random_port("tcp://127.0.0.1")
        self.messages = []
        self._others = []

    def read(self):
        try:
            while True:
                frame = self.pull.recv(zmq.NOBLOCK, copy=False)
                self.messages.append(frame.bytes)
                self.guard.heard(frame, frame.bytes.startswith(LINK))
        except zmq.Again:
            self.guard.look()

    def read_until(self, condition):
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline, "it never came true"
            self.read()
            time.sleep(0.002)

    def stranger(self, *said):
        one = socket.create_connection(("127.0.0.1", self.port))
        one.settimeout(0.5)
        for data in said:
            one.sendall(data)
            time.sleep(0.05)
        self._others.append(one)
        return one

    def friend(self):
        push = self.context.socket(zmq.PUSH)
        push.linger = 0
        push.connect(f"tcp://127.0.0.1:{self.port}")
        self._others.append(push)
        self.say(push)
        return push

    def say(self, push):
        """It is heard."""
        count = len(self.messages)
        push.send(LINK)
        self.read_until(lambda: len(self.messages) > count)

    def close(self):
        for one in self._others:
            one.close()
        self.guard.close()
        self.context.destroy(linger=0)


@pytest.fixture
def door():
    with ExitStack() as doors:

        def make(most=8):
            door = Door(most)
            doors.callback(door.close)
            return door

        yield make


def is_shut(stranger):
    """Has the other side closed it?"""
    stranger.setblocking(False)
    try:
        while data := stranger.recv(1000):
            pass
        return data == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def fill(stranger, size):
    """Parts without end; an error if the other side closes it."""
    for _ in range(size // len(PART) + 1):
        stranger.sendall(PART)


def test_of_too_many_the_oldest_strangers_go_and_those_of_use_stay(door):
    door = door(most=8)
    friends = [door.friend() for _ in range(4)]
    strangers = [door.stranger() for _ in range(20)]
    door.read_until(lambda: door.guard.too_many == 16)
    door.read_until(lambda: sum(map(is_shut, strangers)) == 16)
    assert [is_shut(one) for one in strangers] == [True] * 16 + [False] * 4
    assert len(door.guard) == 8
    for friend in friends:
        door.say(friend)
    for one in strangers:
        one.close()
    door.read_until(lambda: len(door.guard) == 4)


def test_who_was_of_use_long_ago_is_a_stranger_again(door, monkeypatch):
    monkeypatch.setattr(connection_guard, "USEFUL_SECONDS", 0.5)
    door = door(most=2)
    friends = [door.friend() for _ in range(2)]
    for friend in friends:
        door.say(friend)
    first = door.stranger()
    door.read_until(lambda: is_shut(first))
    time.sleep(0.6)
    door.read()
    second = door.stranger()
    door.read_until(lambda: door.guard.too_many >= 2)
    time.sleep(0.1)
    assert not is_shut(second)


def test_a_connection_is_of_use_from_its_first_message_on(door):
    door = door(most=1)
    friend = door.friend()
    stranger = door.stranger()
    door.read_until(lambda: is_shut(stranger))
    door.say(friend)
    assert door.guard.too_many == 1


@pytest.mark.parametrize("part", [PART, b"\x01\0" * 4000], ids=["full", "empty"])
def test_a_message_without_end_is_shut_and_takes_no_memory(door, part):
    door = door()
    friend = door.friend()
    stranger = door.stranger(GREETING, READY)
    before = psutil.Process().memory_info().rss
    with pytest.raises(OSError, match=SHUT):
        for _ in range(10_000):
            stranger.sendall(part * 8)
            door.read()
    door.read_until(lambda: door.guard.unfinished == 1)
    door.say(friend)
    assert set(door.messages) == {LINK}
    assert psutil.Process().memory_info().rss - before < 96 << 20


def test_one_that_was_of_use_is_shut_as_well(door):
    door = door()
    stranger = door.stranger(GREETING, READY, b"\0\x08" + LINK)
    door.read_until(lambda: door.messages)
    with pytest.raises(OSError, match=SHUT):
        for _ in range(1000):
            fill(stranger, UNFINISHED_BYTES // 4)
            door.read()
            time.sleep(0.01)


def test_many_messages_without_end_are_shut_where_each_is_small(door):
    door = door(most=100)
    strangers = [door.stranger(GREETING, READY) for _ in range(2 * UNFINISHED_IN_ALL // UNFINISHED_BYTES)]
    for stranger in strangers:
        fill(stranger, UNFINISHED_BYTES * 3 // 4)
    door.read_until(lambda: door.guard.unfinished >= len(strangers) // 4)
    assert sum(map(is_shut, strangers)) < len(strangers)


def test_a_message_of_an_unknown_connection_does_no_harm(door):
    """Noise may pass for ZMTP 1, which has no handshake; libzmq does not say where its messages are from."""
    door = door()
    friend = door.friend()
    door.stranger(b"\x01\0", b"\x04\0old", b"\x04\0one")
    door.read_until(lambda: door.messages[1:] == [b"old", b"one"])
    door.say(friend)


def test_much_is_said_in_whole_messages_and_nobody_is_shut(door):
    door = door()
    friend = door.friend()
    for _ in range(400):
        friend.send(LINK + bytes(8000))
        door.read()
    door.read_until(lambda: len(door.messages) == 401)
    quiet_until = time.monotonic() + 4 * connection_guard.LOOK_SECONDS
    door.read_until(lambda: time.monotonic() > quiet_until)
    assert door.guard.unfinished == 0


def test_it_shuts_where_no_descriptor_is_left(door):
    door = door(most=4)
    strangers = [door.stranger() for _ in range(6)]
    time.sleep(0.2)  # all are accepted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    last = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    with ExitStack() as others:
        resource.setrlimit(resource.RLIMIT_NOFILE, (last + 8, hard))
        others.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                others.enter_context(Path("/dev/null").open())
        door.read_until(lambda: door.guard.too_many == 2)
    door.read_until(lambda: sum(map(is_shut, strangers)) == 2)


def test_another_connection_of_the_same_descriptor_is_left_alone(door):
    door = door(most=1)
    old = door.stranger()
    door.read_until(lambda: len(door.guard) == 1)
    (connection,) = door.guard._strangers.values()
    connection.inode += 1  # as if the descriptor had been closed and meant another file by now
    door.stranger()
    door.read_until(lambda: door.guard.too_many == 1)
    assert not is_shut(old)


def test_descriptors_are_kept_for_ourselves(monkeypatch):
    open_now = psutil.Process().num_fds()
    for soft, expected in {64: FEWEST, 1024: 1024 - PEER_RESERVE - open_now, 4096: 512}.items():
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert connections_allowed(512, PEER_RESERVE) == expected
    assert 4 * LANES_IN_ALL < PEER_RESERVE


def test_a_lane_that_cannot_be_opened_is_none_and_is_tried_again(door, monkeypatch):
    door = door()
    transport = Transport(door.context)
    make, broken = door.context.socket, True

    def socket_(kind, *arguments):
        if broken and kind == zmq.PUSH:
            raise zmq.ZMQError(errno.EMFILE)
        return make(kind, *arguments)

    monkeypatch.setattr(door.context, "socket", socket_)
    monkeypatch.setattr("peer.network.transport.TRY_AGAIN_SECONDS", 0.05)
    transport.open(LINK, b"theirs..", f"tcp://127.0.0.1:{door.port}")
    for _ in range(20):
        transport.send([LINK + b"lost"])
    assert (transport.lanes_failed, transport.dropped, transport.lanes) == (1, 20, 0)
    broken = False

    def sent():
        transport.send([LINK + b"kept"])
        return door.messages

    door.read_until(sent)
    transport.close()


class Remote:
    """Whom we connect to by ourselves, and who sends a message without end back."""

    def __init__(self, kind):
        self._kind = kind
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._over = threading.Event()
        self.cut = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        self._server.settimeout(0.1)
        while not self._over.is_set():
            with suppress(OSError):
                self._flood(self._server.accept()[0])

    def _flood(self, connection):
        with connection:
            connection.settimeout(0.5)
            connection.sendall(GREETING)
            connection.sendall(
                READY.replace(b"\x1a", bytes([22 + len(self._kind)])).replace(
                    b"\x04PUSH", bytes([len(self._kind)]) + self._kind
                )
            )
            time.sleep(0.1)
            try:
                while not self._over.is_set():
                    connection.sendall(b"\x01\0" * 4000)
            except OSError:
                self.cut += 1

    def close(self):
        self._over.set()
        self._thread.join()
        self._server.close()


@pytest.fixture
def remote():
    remotes = []
    yield lambda kind: remotes.append(Remote(kind)) or remotes[-1]
    for remote in remotes:
        remote.close()


def test_who_is_sent_to_cannot_fill_us_by_the_way_back(door, remote):
    door, remote = door(), remote(b"PULL")
    transport = Transport(door.context, door.guard.add_lane)
    transport.open(LINK, b"theirs..", f"tcp://127.0.0.1:{remote.port}")

    def is_cut():
        transport.send([LINK + b"hello"])
        return remote.cut >= 3

    before = psutil.Process().memory_info().rss
    door.read_until(is_cut)
    assert psutil.Process().memory_info().rss - before < 96 << 20
    transport.close()


def test_a_broker_cannot_fill_us(door, remote):
    remote = remote(b"ROUTER")
    door = door()
    asking = BrokerSocket(door.context, Address("127.0.0.1", remote.port))
    before = psutil.Process().memory_info().rss
    door.read_until(lambda: asking.receive() or remote.cut >= 3)
    assert psutil.Process().memory_info().rss - before < 96 << 20
    asking.close(0)
