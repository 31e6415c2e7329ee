"""Addresses as people write them, as peers announce them, and as one reaches another."""

import contextlib
import socket
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.errors import ConfigError, NetplayError
from netcode.limits import MAX_ENDPOINTS
from netcode.wire.lobby import Join, encode_lobby
from peer.network import addresses
from peer.network.addresses import (
    Address,
    announced_endpoints,
    choose_endpoint,
    first_to_accept,
    host_id,
    local_hosts,
    parse_address,
    to_bind,
    to_connect,
)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.168.1.7:5000", "192.168.1.7", 5000),
        ("192.168.1.7", "192.168.1.7", 5750),
        (":5000", "*", 5000),
        ("*:5000", "*", 5000),
        ("*", "*", 5750),
        ("lab-pc.local:0", "lab-pc.local", 0),
        ("[::1]:5000", "::1", 5000),
        ("[::1]", "::1", 5750),
        ("fd00::2", "fd00::2", 5750),
        ("::", "::", 5750),
        ("tcp://[fd00::2]:5000", "fd00::2", 5000),
        (" tcp://10.0.0.1:65535 ", "10.0.0.1", 65535),
    ],
)
def test_parse(text, host, port):
    assert parse_address(text, 5750) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tcp://",
        "udp://10.0.0.1:5",
        "http://10.0.0.1/x",
        "10.0.0.1:",
        "10.0.0.1:http",
        "10.0.0.1:65536",
        "10.0.0.1:-1",
        "10.0.0.1:٣",
        "[::1",
        "[::1]5000",
        "[::1]:",
        "[10.0.0.1]:5",
        "a b:5",
        "1.*:5",
        "10.0.0.1;10.0.0.2:5",
        "1:2:3",
    ],
)
def test_a_wrong_address_is_one_clear_line(text):
    with pytest.raises(ConfigError) as caught:
        parse_address(text, 5750)
    assert repr(text) in str(caught.value)
    assert "HOST:PORT" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.ip_addresses(), st.integers(0, 65535))
def test_what_is_written_is_read_back(ip, port):
    address = Address(str(ip), port)
    assert parse_address(address.endpoint, 1) == parse_address(str(address), 1) == address


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_a_config_error(text):
    with contextlib.suppress(ConfigError):
        assert 0 <= parse_address(text, 5750).port <= 65535


def test_to_connect_and_to_bind(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror("Name or service not known")

    assert to_connect(Address("*", 5)) == Address("127.0.0.1", 5)
    assert to_connect(Address("localhost", 5)).host in ("127.0.0.1", "::1")
    assert to_connect(Address("::1", 5)) == Address("::1", 5)
    assert to_bind(Address("*", 0)) == Address("*", 0)
    monkeypatch.setattr(addresses.socket, "getaddrinfo", unknown)
    with pytest.raises(ConfigError, match="no host named 'nowhere'"):
        to_bind(Address("nowhere", 5))
    with pytest.raises(ConfigError, match=r"this machine has no address 192\.0\.2\.9; it has .*127\.0\.0\.1"):
        to_bind(Address("192.0.2.9", 5))
    with pytest.raises(ConfigError, match="this machine has no address 2001:db8::9"):
        to_bind(Address("2001:db8::9", 5))
    with pytest.raises(ConfigError, match="port 0"):
        to_connect(Address("127.0.0.1", 0))


INTERFACES = {
    "lo": ["127.0.0.1", "::1"],
    "eth0": ["192.168.1.7", "fe80::1%eth0", "fd00::7", "2001:db8::7"],
    "eth1": ["169.254.3.4"],
    "down0": ["10.9.9.9"],
}


@pytest.fixture
def interfaces(monkeypatch):
    def family(ip):
        return socket.AF_INET6 if ":" in ip else socket.AF_INET

    def entries(ips):
        return [SimpleNamespace(family=family(ip), address=ip) for ip in ips] + [
            SimpleNamespace(family=socket.AF_PACKET, address="02:fc:00:00:00:01")
        ]

    table = {name: list(ips) for name, ips in INTERFACES.items()}
    monkeypatch.setattr(
        addresses.psutil, "net_if_addrs", lambda: {name: entries(ips) for name, ips in table.items()}
    )
    monkeypatch.setattr(
        addresses.psutil,
        "net_if_stats",
        lambda: {name: SimpleNamespace(isup=name != "down0") for name in table},
    )
    return table


def test_all_interfaces_are_announced_loopback_last(interfaces):
    assert announced_endpoints("*", 5000) == (
        "tcp://192.168.1.7:5000",
        "tcp://[2001:db8::7]:5000",
        "tcp://[fd00::7]:5000",
        "tcp://169.254.3.4:5000",
        "tcp://127.0.0.1:5000",
    )


def test_ipv4_only_announces_no_ipv6(interfaces):
    assert announced_endpoints("0.0.0.0", 5)[-2:] == ("tcp://169.254.3.4:5", "tcp://127.0.0.1:5")
    assert not any("[" in endpoint for endpoint in announced_endpoints("0.0.0.0", 5))


def test_one_chosen_host_is_announced_alone(interfaces):
    assert announced_endpoints("10.1.2.3", 5) == ("tcp://10.1.2.3:5",)
    assert announced_endpoints("fd00::7", 5) == ("tcp://[fd00::7]:5",)


def test_however_many_interfaces_the_announcement_fits_a_join(interfaces):
    interfaces["many"] = [f"10.0.{n}.1" for n in range(50)]
    endpoints = announced_endpoints("*", 65535)
    assert len(endpoints) == MAX_ENDPOINTS
    assert endpoints[-1] == "tcp://127.0.0.1:65535"
    assert encode_lobby(Join(bytes(16), "a", "", {}, {}, False, endpoints, host_id()))


def test_this_machine_announces_something():
    assert "127.0.0.1" in local_hosts()
    assert announced_endpoints("*", 5)


def test_host_id_is_steady_and_short():
    assert host_id() == host_id()
    assert len(host_id()) == 32


def test_host_id_without_proc(monkeypatch):
    def missing(self, *_, **__):
        raise FileNotFoundError(str(self))

    known = host_id()
    monkeypatch.setattr(addresses.Path, "read_text", missing)
    assert len(host_id()) == 32
    assert host_id() == host_id() != known


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed():
    """An address of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{taken.getsockname()[1]}"


def test_the_first_to_accept_is_found_among_the_deaf(listening, closed):
    assert first_to_accept([closed, "tcp://192.0.2.250:9", listening]) == listening


def test_nobody_accepts(closed):
    assert first_to_accept([closed]) is None
    assert first_to_accept([]) is None


def test_one_that_never_answers_costs_no_more_than_its_time(monkeypatch):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        where = deaf.getsockname()
        with socket.create_connection(where), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(where)  # the queue of one is full: further SYNs are dropped
            began = time.monotonic()
            assert first_to_accept([f"tcp://127.0.0.1:{where[1]}"], seconds=0.2) is None
            assert 0.15 < time.monotonic() - began < 2


def test_on_the_same_host_loopback_comes_first_then_its_order(monkeypatch):
    tried = []
    monkeypatch.setattr(addresses, "first_to_accept", tried.append)
    candidates = ["tcp://192.168.1.7:5", "tcp://10.0.0.1:5", "tcp://127.0.0.1:5"]
    with pytest.raises(NetplayError):
        choose_endpoint("bob", candidates, same_host=True)
    assert tried[:3] == [["tcp://127.0.0.1:5"], ["tcp://192.168.1.7:5"], ["tcp://10.0.0.1:5"]]


def test_from_another_host_all_are_tried_at_once_without_loopback(monkeypatch):
    monkeypatch.setattr(addresses, "first_to_accept", ",".join)
    monkeypatch.setattr(addresses, "local_hosts", lambda: ["127.0.0.1", "172.17.0.1"])
    candidates = ["tcp://192.0.2.9:5", "tcp://172.17.0.1:5", "tcp://[fd00::9]:5", "tcp://127.0.0.1:5"]
    assert choose_endpoint("bob", candidates, same_host=False) == "tcp://192.0.2.9:5,tcp://[fd00::9]:5"


def test_from_another_host_loopback_is_never_tried(listening, closed):
    with pytest.raises(NetplayError, match="cannot reach bob: it told no address that leads to another"):
        choose_endpoint("bob", [listening], same_host=False)
    with pytest.raises(NetplayError) as caught:
        choose_endpoint("bob", ["tcp://192.0.2.9:5", listening], same_host=False)
    assert str(caught.value).startswith("cannot reach bob at tcp://192.0.2.9:5; check")
    assert "127.0.0.1" not in str(caught.value)


def test_an_address_that_leads_back_to_ourselves_is_not_another_machine(monkeypatch, listening):
    monkeypatch.setattr(addresses, "_is_loopback", lambda host: False)
    assert choose_endpoint("bob", [listening], same_host=True) == listening
    with pytest.raises(NetplayError):
        choose_endpoint("bob", [listening], same_host=False)
    monkeypatch.setattr(addresses, "local_hosts", list)
    assert choose_endpoint("bob", [listening], same_host=False) == listening


def test_no_candidates_at_all():
    with pytest.raises(NetplayError, match="no address"):
        choose_endpoint("bob", [], same_host=True)
