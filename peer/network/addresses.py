"""Addresses: read and written in one way, the ones a peer announces, and the one to reach another by."""

from __future__ import annotations

import errno
import selectors
import socket
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

import psutil

from netcode.errors import ConfigError, NetplayError
from netcode.limits import MAX_ENDPOINTS

DEFAULT_BROKER_PORT: Final = 5750
PROBE_SECONDS: Final = 0.5  # for one try to connect
_PROBE_ROUNDS = 4  # a lost SYN is only sent again after 1 s, so we ask anew before that
_WILDCARDS = ("*", "0.0.0.0", "::")
_LOOPBACK = "127.0.0.1"
_FORMS = "write HOST:PORT, HOST, :PORT, *:PORT, [IPV6]:PORT or tcp://HOST:PORT"


@dataclass(frozen=True)
class Address:
    """`host`: a name, an IP without brackets, or `*` for all interfaces. `port` 0: any free one."""

    host: str
    port: int

    @property
    def endpoint(self) -> str:
        """As ZeroMQ wants it."""
        return f"tcp://{self}"

    @property
    def is_wildcard(self) -> bool:
        return self.host in _WILDCARDS

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, default_port: int) -> Address:
    """Read an address as people write it. No host: `*`; no port: `default_port`.

    Raises: ConfigError with what is wrong and the forms allowed.
    """
    rest = text.strip().removeprefix("tcp://")
    if "://" in rest or "/" in rest or not rest:
        raise ConfigError(f"address {text!r} is not a tcp address; {_FORMS}")
    if rest.startswith("["):
        host, bracket, port = rest[1:].partition("]")
        if not bracket or (port and not port.startswith(":")) or not _is_ipv6(host):
            raise ConfigError(f"address {text!r} has no IPv6 address in its brackets; {_FORMS}")
        port = port[1:]
        if rest.endswith(":"):
            raise ConfigError(f"address {text!r} has no port after the colon; {_FORMS}")
    elif _is_ipv6(rest):
        host, port = rest, ""
    else:
        host, colon, port = rest.partition(":")
        if colon and not port:
            raise ConfigError(f"address {text!r} has no port after the colon; {_FORMS}")
    if any(not (char.isalnum() or char in ".-_*:%") for char in host) or ("*" in host and host != "*"):
        raise ConfigError(f"address {text!r} has no valid host; {_FORMS}")
    if not port:
        return Address(host or "*", default_port)
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ConfigError(f"address {text!r}: port {port!r} is not a number of 0 to 65535; {_FORMS}")
    return Address(host or "*", int(port))


def to_connect(address: Address) -> Address:
    """The same with an IP: names are looked up (IPv4 first), and all interfaces means this machine.

    Raises: ConfigError if there is no such name or the port is 0.
    """
    if address.port == 0:
        raise ConfigError(f"address {address} has port 0; name the port the broker printed")
    if address.is_wildcard:
        return Address(_LOOPBACK, address.port)
    return _resolved(address)


def to_bind(address: Address) -> Address:
    """The same with an IP or `*`.

    Raises: ConfigError if there is no such name, or it is another machine's.
    """
    if address.is_wildcard:
        return address
    resolved = _resolved(address)
    family = socket.AF_INET6 if ":" in resolved.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((resolved.host, 0))
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise ConfigError(
                f"--bind {address.host}: this machine has no address {resolved.host}; "
                f"it has {', '.join(local_hosts()) or 'none'}; * listens on all"
            ) from None
    return resolved


def _resolved(address: Address) -> Address:
    if _is_ip(address.host):
        return address
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConfigError(f"there is no host named {address.host!r}; check the address {address}") from None
    first = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return Address(str(first[4][0]), address.port)


def announced_endpoints(bind_host: str, port: int) -> tuple[str, ...]:
    """Where others can reach a socket bound to `bind_host`:`port`, best first, at most MAX_ENDPOINTS.

    All interfaces (`*`): IPv4 first, then global and local IPv6, loopback last.
    """
    if bind_host not in _WILDCARDS:
        return (_resolved(Address(bind_host, port)).endpoint,)
    hosts = [host for host in local_hosts() if bind_host != "0.0.0.0" or ":" not in host]
    loopback = [host for host in hosts if _is_loopback(host)][:1]
    others = [host for host in hosts if not _is_loopback(host)][: MAX_ENDPOINTS - len(loopback)]
    return tuple(Address(host, port).endpoint for host in others + loopback)


def local_hosts() -> list[str]:
    """The IPs of all interfaces that are up, without IPv6 link-local ones; IPv4 first."""
    states = psutil.net_if_stats()
    found: set[IPv4Address | IPv6Address] = set()
    for interface, entries in psutil.net_if_addrs().items():
        if interface in states and states[interface].isup:
            found.update(
                ip_address(entry.address.partition("%")[0])
                for entry in entries
                if entry.family in (socket.AF_INET, socket.AF_INET6)
            )
    usable = [ip for ip in found if not (ip.version == 6 and ip.is_link_local)]
    usable.sort(key=lambda ip: (ip.is_link_local, ip.version, int(ip)))
    return [str(ip) for ip in usable]


def host_id() -> str:
    """Equal for processes that reach each other by loopback; tells nothing else about the machine."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        namespace = Path("/proc/self/ns/net").stat().st_ino  # a container has a loopback of its own
        identity = f"{boot.strip()} {namespace}"
    except OSError:
        identity = str(uuid.getnode())
    return blake2b(identity.encode(), digest_size=16).hexdigest()


def choose_endpoint(name: str, candidates: Sequence[str], same_host: bool) -> str:
    """The endpoint of another peer, `name`, that accepts connections. Blocks up to about 2 s if none does.

    `same_host`: it is on this machine, so loopback comes first, then its order. Otherwise all are tried at
    once and the quickest wins, without those that would lead back to this very machine.
    Raises: NetplayError if none accepts.
    """
    near = [endpoint for endpoint in candidates if _is_loopback(_host_of(endpoint))]
    far = [endpoint for endpoint in candidates if endpoint not in near]
    if same_host:
        tries = [[endpoint] for endpoint in near + far]
    else:
        mine = set(local_hosts())
        tries = [[endpoint for endpoint in far if _host_of(endpoint) not in mine]]
    for _ in range(_PROBE_ROUNDS):
        for endpoints in tries:
            if (accepting := first_to_accept(endpoints)) is not None:
                return accepting
    tried = [endpoint for endpoints in tries for endpoint in endpoints]
    if same_host:
        raise NetplayError(f"cannot reach {name}, on this machine, at {' or '.join(tried) or 'no address'}")
    if not tried:
        raise NetplayError(
            f"cannot reach {name}: it told no address that leads to another machine; "
            "start it with --bind and its address in this network"
        )
    raise NetplayError(
        f"cannot reach {name} at {' or '.join(tried)}; "
        "check that both share a network, and the firewall there"
    )


def first_to_accept(endpoints: Iterable[str], seconds: float = PROBE_SECONDS) -> str | None:
    """The first of these `tcp://IP:PORT` to accept a connection (closed again at once), or None."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        try:
            for endpoint in endpoints:
                address = parse_address(endpoint, 0)
                family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
                try:
                    probe = socket.socket(family, socket.SOCK_STREAM)
                except OSError:  # no IPv6 here
                    continue
                probe.setblocking(False)
                selector.register(probe, selectors.EVENT_WRITE, endpoint)
                probe.connect_ex((address.host, address.port))
            while selector.get_map() and (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    waiting = key.fileobj
                    assert isinstance(waiting, socket.socket)
                    if waiting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 and _connected(waiting):
                        return str(key.data)
                    selector.unregister(waiting)
                    waiting.close()
            return None
        finally:
            for key in list(selector.get_map().values()):
                assert isinstance(key.fileobj, socket.socket)
                key.fileobj.close()


def _connected(probe: socket.socket) -> bool:
    """A socket that failed at once reports no error any more, but has no remote either."""
    try:
        probe.getpeername()
    except OSError:
        return False
    return True


def _host_of(endpoint: str) -> str:
    return parse_address(endpoint, 0).host


def _is_loopback(host: str) -> bool:
    return ip_address(host).is_loopback


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    return ":" in text and _is_ip(text)
