"""find_match against a real broker in a thread, a dying one, a lying one and none at all."""

import threading
import time
from contextlib import contextmanager

import pytest
import zmq

from broker.server import Server
from netcode.errors import (
    BrokerUnreachableError,
    ConfigError,
    LocalProtocolError,
    MatchRefusedError,
    MatchTimeoutError,
)
from netcode.limits import PROTOCOL_VERSION
from netcode.settings import MatchSettings
from netcode.wire.lobby import Join, Leave, Waiting, decode_lobby, encode_lobby
from netcode.wire.msgpack_bounds import pack
from peer.network import contact
from peer.network.connection_guard import ConnectionGuard
from peer.network.matchmaking import find_match, wish_to_join


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


@contextmanager
def broker(context, port=0):
    """A broker in a thread; yields the server, whose log is in `server.lines`."""
    lines = []
    server = Server(
        context, f"tcp://127.0.0.1:{port}", lines.append, lambda socket: ConnectionGuard(socket, 64)
    )
    server.lines = lines
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop.is_set,))
    thread.start()
    try:
        yield server
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def wish(name, room="x", players=2, env="E", **more):
    endpoint = f"tcp://10.0.0.{len(name)}:5000"
    settings = MatchSettings(env=env, players=players)
    return wish_to_join(settings, {"env": env}, name=name, room=room, endpoints=(endpoint,), host="h", **more)


class Player(threading.Thread):
    """find_match in a thread of its own: what it was told and what came of it."""

    def __init__(self, context, port, join, timeout=10.0):
        super().__init__()
        self.heard, self.result, self.stopped = [], None, threading.Event()
        self._arguments = (context, f"127.0.0.1:{port}", join)
        self._timeout = timeout
        self.start()

    def run(self):
        try:
            self.result = find_match(
                *self._arguments,
                timeout=self._timeout,
                on_waiting=self.heard.append,
                should_stop=self.stopped.is_set,
            )
        except Exception as error:
            self.result = error

    def finish(self):
        self.join(15)
        assert not self.is_alive()
        return self.result


def wait_until(condition, seconds=8):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def refused(error, kind):
    assert isinstance(error, kind), error
    assert "\n" not in str(error)
    return str(error)


def test_many_matches_at_once(context):
    with broker(context) as server:
        players = [
            Player(context, server.port, wish(f"{room}{n}", room, size))
            for room, size in (("a", 1), ("b", 2), ("c", 3), ("d", 8))
            for n in range(size)
        ]
        rosters = [player.finish() for player in players]
    for player, roster in zip(players, rosters, strict=True):
        name = player._arguments[2].name
        assert roster.names[roster.my_slot] == name
        assert sorted(roster.names) == sorted(other for other in map(_name, players) if other[0] == name[0])
    assert sum("match" in line for line in server.lines) == 4


def _name(player):
    return player._arguments[2].name


def test_the_user_is_told_each_change_once(context):
    with broker(context) as server:
        ada = Player(context, server.port, wish("ada", players=3))
        wait_until(lambda: server.answered >= 3)
        assert ada.heard == [Waiting("x", 3, ("ada",))]
        bob = Player(context, server.port, wish("bob", players=3))
        wait_until(lambda: len(ada.heard) == 2)
        cleo = Player(context, server.port, wish("cleo", players=3))
        assert [player.finish().my_slot for player in (ada, bob, cleo)] == [0, 1, 2]
    assert ada.heard == [Waiting("x", 3, ("ada",)), Waiting("x", 3, ("ada", "bob"))]


def test_no_broker(context, monkeypatch):
    monkeypatch.setattr(contact, "FIRST_CONTACT", 0.3)
    began = time.monotonic()
    with pytest.raises(BrokerUnreachableError) as caught:
        find_match(
            context, "127.0.0.1:9", wish("ada"), timeout=None, on_waiting=print, should_stop=lambda: False
        )
    assert time.monotonic() - began < 2
    expected = "no broker answers at tcp://127.0.0.1:9; start one with `netplay broker` or check the address"
    assert str(caught.value) == expected


def test_something_that_is_no_broker_is_no_broker(context, monkeypatch):
    monkeypatch.setattr(contact, "FIRST_CONTACT", 0.8)
    with liar(context, b"\xc1 nonsense") as port:
        assert "no broker answers" in refused(
            Player(context, port, wish("ada")).finish(), BrokerUnreachableError
        )


@contextmanager
def liar(context, answer):
    """Answers every message with the same bytes."""
    router = context.socket(zmq.ROUTER)
    router.linger = 0
    port = router.bind_to_random_port("tcp://127.0.0.1")
    stop = threading.Event()

    def answer_all():
        while not stop.is_set():
            if router.poll(50):
                sender, _ = router.recv_multipart()
                router.send_multipart([sender, answer])
        router.close()

    thread = threading.Thread(target=answer_all)
    thread.start()
    try:
        yield port
    finally:
        stop.set()
        thread.join()


def test_a_broker_of_another_version(context):
    with liar(context, pack([77, 5, "?"])) as port:
        text = refused(Player(context, port, wish("ada")).finish(), MatchRefusedError)
    ours = f"this is {PROTOCOL_VERSION}; install the same netplay on all machines"
    assert text == f"the broker speaks protocol 77, {ours}"


def test_a_message_meant_for_a_broker_is_no_answer(context, monkeypatch):
    monkeypatch.setattr(contact, "FIRST_CONTACT", 0.8)
    with liar(context, encode_lobby(Leave(bytes(16)))) as port:
        refused(Player(context, port, wish("ada")).finish(), BrokerUnreachableError)


def test_a_refusal_is_the_brokers_reason(context):
    with broker(context) as server:
        ada = Player(context, server.port, wish("ada"))
        wait_until(lambda: ada.heard)
        eve = Player(context, server.port, wish("eve", env="F"))
        text = refused(eve.finish(), MatchRefusedError)
        bob = Player(context, server.port, wish("bob"))
        assert (ada.finish().my_slot, bob.finish().my_slot) == (0, 1)
    assert text == "room x plays another game: --env is 'F' here and 'E' at ada's: give both the same"


def test_the_others_never_come(context):
    with broker(context) as server:
        players = [
            Player(context, server.port, wish(name, players=3), timeout=1.0) for name in ("ada", "bob")
        ]
        texts = [refused(player.finish(), MatchTimeoutError) for player in players]
        assert "2 of 3 players came to room x within 1 s; start the others or wait longer" in texts
        wait_until(lambda: "room x: empty, closed" in server.lines)
    assert not any("not heard" in line for line in server.lines), "both said goodbye"


def test_stopping_says_goodbye(context):
    with broker(context) as server:
        ada = Player(context, server.port, wish("ada"))
        wait_until(lambda: ada.heard)
        ada.stopped.set()
        assert ada.finish() is None
        wait_until(lambda: "room x: 'ada' left" in server.lines)


def test_an_interrupt_says_goodbye_too(context):
    def interrupt(_):
        raise KeyboardInterrupt

    with broker(context) as server:
        with pytest.raises(KeyboardInterrupt):
            find_match(
                context,
                f"127.0.0.1:{server.port}",
                wish("ada"),
                timeout=5,
                on_waiting=interrupt,
                should_stop=lambda: False,
            )
        wait_until(lambda: "room x: 'ada' left" in server.lines)


def test_a_broker_that_restarts_in_the_lobby_finds_everybody(context, monkeypatch):
    monkeypatch.setattr(contact, "SILENCE", 0.7)
    with broker(context) as server:
        port = server.port
        ada = Player(context, port, wish("ada", players=3))
        wait_until(lambda: ada.heard)
        bob = Player(context, port, wish("bob", players=3))
        wait_until(lambda: bob.heard)
    wait_until(lambda: ada.heard[-1] is None and bob.heard[-1] is None)
    with broker(context, port):
        wait_until(lambda: ada.heard[-1] is not None and ada.heard[-1].have == 2)
        cleo = Player(context, port, wish("cleo", players=3))
        rosters = [player.finish() for player in (ada, bob, cleo)]
    assert len({roster.match_id for roster in rosters}) == 1
    assert {roster.my_slot for roster in rosters} == {0, 1, 2}


def test_a_broker_that_dies_in_the_lobby_for_good(context, monkeypatch):
    monkeypatch.setattr(contact, "SILENCE", 0.5)
    with broker(context) as server:
        ada = Player(context, server.port, wish("ada"), timeout=2.0)
        wait_until(lambda: ada.heard)
    text = refused(ada.finish(), BrokerUnreachableError)
    assert text.startswith(f"the broker at tcp://127.0.0.1:{server.port} has been silent for ")
    assert ada.heard[-1] is None


def test_a_wrong_address_and_a_join_that_fits_no_message(context):
    def find(address, join):
        find_match(context, address, join, timeout=1, on_waiting=print, should_stop=lambda: False)

    with pytest.raises(ConfigError, match="HOST:PORT"):
        find("127.0.0.1:x", wish("ada"))
    with pytest.raises(LocalProtocolError):
        find("127.0.0.1:9", wish("a" * 2000))


def test_every_join_has_its_own_identity_and_survives_the_wire():
    first, second = wish("ada"), wish("ada")
    assert first.member != second.member
    assert isinstance(first, Join)
    assert decode_lobby(encode_lobby(first)) == first
