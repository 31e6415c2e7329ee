"""The broker's socket, with peers that speak well, badly and not at all."""

import dataclasses
import os
import socket
import threading
import time

import pytest
import zmq

from broker.server import Server
from netcode.errors import NetplayError
from netcode.limits import MAX_LOBBY_BYTES
from netcode.settings import MatchSettings
from netcode.wire.lobby import Join, Leave, Matched, Refused, Waiting, decode_lobby, encode_lobby
from peer.network.connection_guard import ConnectionGuard

JOIN = Join(b"a" * 16, "ada", "x", {}, MatchSettings(env="E").model_dump(), False, (), "")


MOST_CONNECTIONS = 32


def guarded(socket):
    return ConnectionGuard(socket, MOST_CONNECTIONS)


class Running:
    """A server in a thread of its own, and the lines it logged."""

    def __init__(self, context, bind):
        self.log = []
        self.server = Server(context, bind, self.log.append, guarded)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.server.run, args=(self.stop.is_set,))
        self.thread.start()

    def close(self):
        self.stop.set()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def context():
    with zmq.Context() as context:
        yield context
        context.destroy(linger=0)


@pytest.fixture
def running(context):
    running = Running(context, "tcp://127.0.0.1:0")
    yield running
    running.close()


@pytest.fixture
def client(context):
    """Makes a plain DEALER connected to the server; all are closed in the end."""

    dealers = []

    def connect(port, host="127.0.0.1"):
        dealer = context.socket(zmq.DEALER)
        dealer.linger, dealer.rcvtimeo, dealer.ipv6 = 0, 5000, ":" in host
        dealer.connect(f"tcp://{host}:{port}")
        dealers.append(dealer)
        return dealer

    yield connect
    for dealer in dealers:
        dealer.close()


def ask(dealer, message):
    dealer.send(encode_lobby(message))
    return decode_lobby(dealer.recv())


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def test_a_join_is_answered_and_a_match_made(client, running):
    ada, bob = client(running.server.port), client(running.server.port)
    second = dataclasses.replace(JOIN, member=b"b" * 16, name="bob")
    assert ask(ada, JOIN) == Waiting("x", 2, ("ada",))
    assert isinstance(ask(bob, second), Matched)
    told = decode_lobby(ada.recv())  # without asking: the broker may be gone when she asks again
    assert told.roster.names == ("ada", "bob")
    assert ask(ada, JOIN) == told
    assert isinstance(ask(ada, dataclasses.replace(JOIN, member=b"c" * 16, name="")), Refused)
    wait_until(lambda: len(running.log) == 3)
    assert [line.split(":")[0] for line in running.log] == ["room x", "room x", "refused ''"]


def test_a_peer_that_connects_anew_is_the_same_member(client, running):
    ada = client(running.server.port)
    ask(ada, JOIN)
    ada.close()
    again = client(running.server.port)
    assert ask(again, JOIN) == Waiting("x", 2, ("ada",))
    again.send(encode_lobby(Leave(JOIN.member)))
    wait_until(lambda: "room x: empty, closed" in running.log)


def test_garbage_is_counted_and_harms_nobody(client, running):
    dealer = client(running.server.port)
    garbage = [b"", b"\xc1", b"\x92\x01", os.urandom(500), encode_lobby(JOIN)[:-1], b"\xdd\xff\xff\xff\xff"]
    for data in garbage:
        dealer.send(data)
    dealer.send_multipart([encode_lobby(JOIN), encode_lobby(JOIN)])
    wait_until(lambda: running.server.dropped == len(garbage) + 1)
    assert ask(dealer, JOIN) == Waiting("x", 2, ("ada",))


@pytest.mark.parametrize("fault", [IndexError("tuple index out of range"), Refused("two\nlines")])
def test_what_cannot_be_served_or_answered_is_counted_logged_once_and_harms_nobody(
    client, running, monkeypatch, fault
):
    """An error of our own, and an answer that cannot be encoded."""
    handle = running.server._lobby.handle

    def faulty(message, now):
        if message.name != "eve":
            return handle(message, now)
        if isinstance(fault, Exception):
            raise fault
        return fault

    monkeypatch.setattr(running.server._lobby, "handle", faulty)
    dealer = client(running.server.port)
    for _ in range(3):
        dealer.send(encode_lobby(dataclasses.replace(JOIN, name="eve")))
    assert ask(dealer, JOIN) == Waiting("x", 2, ("ada",))
    assert running.server.mishaps.total() == 3
    wait_until(lambda: len(running.log) == 2)  # and the room that was opened
    assert "please report this" in running.log[0]
    assert all(line.isprintable() for line in running.log)


def test_idle_strangers_do_not_keep_others_out(client, running):
    ada = client(running.server.port)
    ask(ada, JOIN)
    hers = ada.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    strangers = [
        socket.create_connection(("127.0.0.1", running.server.port)) for _ in range(3 * MOST_CONNECTIONS)
    ]
    assert ask(client(running.server.port), JOIN) == Waiting("x", 2, ("ada",))
    assert ask(ada, JOIN) == Waiting("x", 2, ("ada",))
    wait_until(lambda: running.server._guard.too_many >= 2 * MOST_CONNECTIONS)
    assert not hers.poll(200), "she had to connect again"
    ada.disable_monitor()
    hers.close()
    for stranger in strangers:
        stranger.close()


def read_to_the_end(raw):
    """Returns when the remote closed the connection; raises TimeoutError if it did not."""
    try:
        while raw.recv(1000):
            pass
    except ConnectionResetError:
        pass


def test_what_is_too_long_or_not_zeromq_ends_only_its_own_connection(client, running):
    silent = socket.create_connection(("127.0.0.1", running.server.port))
    stranger = socket.create_connection(("127.0.0.1", running.server.port))
    stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
    flood = client(running.server.port)
    flood.send(bytes(MAX_LOBBY_BYTES + 1))
    good = client(running.server.port)
    assert ask(good, JOIN) == Waiting("x", 2, ("ada",))
    wait_until(lambda: running.server.answered == 1)
    with socket.create_connection(("127.0.0.1", running.server.port)) as old:
        old.sendall(b"\x01\0" + b"\x04\0old" * 3)  # passes for ZMTP 1
        wait_until(lambda: running.server.dropped == 3)
    assert running.server.mishaps.total() == 0
    with silent, stranger:
        silent.settimeout(5)
        read_to_the_end(silent)


def test_a_flood_of_refusals_is_not_all_logged(client, running):
    dealer = client(running.server.port)
    bad = encode_lobby(dataclasses.replace(JOIN, name=""))
    for _ in range(300):
        dealer.send(bad)
        dealer.recv()
    ask(dealer, JOIN)
    wait_until(lambda: running.server.answered == 301)
    assert len(running.log) < 300


def test_a_port_in_use_is_one_clear_line(context, running):
    bind = f"tcp://127.0.0.1:{running.server.port}"
    with pytest.raises(NetplayError) as caught:
        Server(context, bind, print, guarded)
    expected = f"address {bind} is in use; is a broker running already? choose another with --bind"
    assert str(caught.value) == expected


def test_an_address_of_another_machine_is_one_clear_line(context):
    with pytest.raises(NetplayError, match=r"^address tcp://203\.0\.113\.1:5 cannot be bound \(.*--bind$"):
        Server(context, "tcp://203.0.113.1:5", print, guarded)


def test_all_interfaces_means_ipv4_and_ipv6(context, client):
    running = Running(context, "tcp://*:0")
    try:
        assert isinstance(ask(client(running.server.port), JOIN), Waiting)
        if socket.has_ipv6 and _has_ipv6_loopback():
            assert isinstance(ask(client(running.server.port, "[::1]"), JOIN), Waiting)
    finally:
        running.close()


def _has_ipv6_loopback():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_the_server_goes_on_after_its_clients_vanish(client, running):
    for n in range(20):
        dealer = client(running.server.port)
        dealer.send(encode_lobby(dataclasses.replace(JOIN, member=bytes([n]) * 16, room=f"r{n}")))
        dealer.close(linger=200)
    wait_until(lambda: running.server.answered == 20)
    assert ask(client(running.server.port), JOIN) == Waiting("x", 2, ("ada",))
