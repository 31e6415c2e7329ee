"""Brokers announced and found by multicast DNS, on loopback."""

import math
import socket
import threading

import pytest
import zeroconf

from netcode.errors import BrokerUnreachableError
from peer.network import discovery
from peer.network.discovery import announce_broker, find_broker

LOOPBACK = ["127.0.0.1"]


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def private_service(monkeypatch, listening):
    """A service type of our own: brokers that really run on this network stay out of the test."""
    monkeypatch.setattr(discovery, "SERVICE_TYPE", f"_np{listening}._tcp.local.")


def require_multicast():
    """Skip unless a datagram sent to the group on loopback comes back."""
    group = ("224.0.0.251", 0)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        try:
            receiver.bind(("", 0))
            membership = socket.inet_aton(group[0]) + socket.inet_aton("127.0.0.1")
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            sender.sendto(b"?", (group[0], receiver.getsockname()[1]))
            receiver.settimeout(1)
            receiver.recv(10)
        except OSError as error:
            pytest.skip(f"no multicast on loopback here: {error}")


def test_an_announced_broker_is_found_and_gone_after(listening, private_service):
    require_multicast()
    with announce_broker(listening, LOOPBACK, LOOPBACK) as trouble:
        assert trouble is None
        said = []
        assert find_broker(5, said.append, LOOPBACK) == f"tcp://127.0.0.1:{listening}"
        assert said[0] == "looking for a broker on this network"
        assert said[1].endswith(f"-{listening} at tcp://127.0.0.1:{listening}")
    with pytest.raises(BrokerUnreachableError):
        find_broker(0.5, print, LOOPBACK)


@pytest.mark.parametrize("first", [0, 1])
def test_of_several_the_one_that_was_started_first_is_taken_and_all_are_named(
    listening, private_service, first
):
    require_multicast()
    heard, said = [], []
    with socket.create_server(("127.0.0.1", 0)) as another:
        ports = [listening, another.getsockname()[1]]
        started = [2000.0, 2000.0]
        started[first] = 1000.5
        one, two = zip(ports, started, strict=True)
        with (
            announce_broker(one[0], LOOPBACK, LOOPBACK, one[1], heard.append),
            announce_broker(two[0], LOOPBACK, LOOPBACK, two[1], heard.append),
        ):
            endpoints = [f"tcp://127.0.0.1:{port}" for port in ports]
            assert find_broker(5, said.append, LOOPBACK) == endpoints[first]
    assert endpoints[first] in said[1]
    assert f"(--broker {endpoints[1 - first]})" in said[2]
    assert sorted(name.rpartition("-")[2] for name in heard) == sorted(map(str, ports))


def test_a_first_broker_that_answers_late_is_waited_for(listening, private_service, monkeypatch):
    """Whoever hears the later broker learns of the earlier one from it."""
    require_multicast()
    monkeypatch.setattr(discovery, "COLLECT", 0.1)
    monkeypatch.setattr(discovery, "SETTLE", 0.1)
    late, said, told = [], [], threading.Semaphore(0)
    announce_earlier = discovery._announce_earlier

    def tell(*words):
        announce_earlier(*words)
        told.release()

    def browse_without_the_first(zeroconf, on_name):
        def heard(name):
            if f"-{listening}." not in name or late:
                on_name(name)
            else:
                late.append(name)

        browse(zeroconf, heard)

    browse = discovery._browse
    monkeypatch.setattr(discovery, "_announce_earlier", tell)
    with (
        socket.create_server(("127.0.0.1", 0)) as another,
        announce_broker(listening, LOOPBACK, LOOPBACK, 1000.0),
        announce_broker(another.getsockname()[1], LOOPBACK, LOOPBACK, 2000.0),
    ):
        assert told.acquire(timeout=5) and told.acquire(timeout=5)  # each has looked at the other
        monkeypatch.setattr(discovery, "_browse", browse_without_the_first)
        assert find_broker(5, said.append, LOOPBACK) == f"tcp://127.0.0.1:{listening}"
    assert "one of 2 here" in said[2]


@pytest.mark.parametrize("earlier", ["gone-1.{}", "of another kind", "a" * 200 + ".{}", "\xff.{}"])
def test_a_first_broker_that_never_answers_is_not_waited_for_long(
    listening, private_service, monkeypatch, earlier
):
    require_multicast()
    monkeypatch.setattr(discovery, "PATIENCE", 0.5)
    kind, said = discovery.SERVICE_TYPE, []
    info = zeroconf.ServiceInfo(
        kind,
        f"here.{kind}",
        port=listening,
        properties={b"started": b"1", b"earlier": earlier.format(kind).encode("latin-1")},
        parsed_addresses=LOOPBACK,
    )
    network = zeroconf.Zeroconf(interfaces=LOOPBACK)
    try:
        network.register_service(info)
        assert find_broker(5, said.append, LOOPBACK) == f"tcp://127.0.0.1:{listening}"
    finally:
        network.close()
    assert len(said) == 2


@pytest.mark.parametrize("text", [None, b"", b"soon", b"nan", b"-inf", b"\xff"])
def test_a_broker_that_tells_no_time_comes_last(text):
    assert discovery._seconds(text) == math.inf
    assert discovery._seconds(b"17.5") == 17.5


def test_a_broker_that_accepts_nobody_is_not_found(private_service):
    require_multicast()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with announce_broker(taken.getsockname()[1], LOOPBACK, LOOPBACK) as trouble:
            assert trouble is None
            with pytest.raises(BrokerUnreachableError) as caught:
                find_broker(1, print, LOOPBACK)
    expected = "no broker found on this network within 1 s; start one with `netplay broker` or name one"
    assert str(caught.value) == f"{expected} with --broker"


@pytest.mark.parametrize("error", [OSError(19, "No such device"), zeroconf.NonUniqueNameException()])
def test_a_machine_without_multicast_breaks_nothing(monkeypatch, error):
    def fails(_):
        raise error

    monkeypatch.setattr(discovery, "_open", fails)
    with announce_broker(5750, LOOPBACK) as trouble:
        assert trouble
    with pytest.raises(BrokerUnreachableError, match="name one with --broker"):
        find_broker(1, print)
