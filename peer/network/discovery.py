"""Brokers on the LAN, found by multicast DNS. Imported only where it is used: zeroconf is slow to load."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address

from zeroconf import Error as ZeroconfError
from zeroconf import ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from netcode.errors import BrokerUnreachableError
from peer.network.addresses import Address, first_to_accept

SERVICE_TYPE = "_netplay._tcp.local."


@contextmanager
def announce_broker(port: int, hosts: Sequence[str], interfaces: Sequence[str] = ()) -> Iterator[str | None]:
    """Let peers find the broker at these IPs while the context lasts.

    Yields None, or why it could not be announced: a machine without multicast plays by address.
    `interfaces`: IPs to speak on, all by default.
    """
    trouble = None
    zeroconf = None
    try:
        zeroconf = _open(interfaces)
        machine = socket.gethostname().partition(".")[0]
        info = ServiceInfo(
            SERVICE_TYPE,
            f"{machine}-{port}.{SERVICE_TYPE}",
            port=port,
            parsed_addresses=list(hosts),
            server=f"{machine}.local.",
        )
        zeroconf.register_service(info, allow_name_change=True)
    except (OSError, ZeroconfError) as error:
        trouble = str(error) or type(error).__name__
    try:
        yield trouble
    finally:
        if zeroconf is not None:
            zeroconf.close()  # says goodbye for the service


def find_broker(timeout: float, interfaces: Sequence[str] = ()) -> str:
    """The `tcp://IP:PORT` of the first broker on the LAN that accepts connections. Blocks up to `timeout` s.

    Raises: BrokerUnreachableError if there is none.
    """
    deadline = time.monotonic() + timeout
    names: set[str] = set()
    news = threading.Event()

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        names.add(name)
        news.set()

    try:
        zeroconf = _open(interfaces)
    except (OSError, ZeroconfError) as error:
        raise BrokerUnreachableError(f"cannot look for brokers ({error}); name one with --broker") from None
    try:
        ServiceBrowser(zeroconf, SERVICE_TYPE, handlers=[heard])
        while (left := deadline - time.monotonic()) > 0:
            news.wait(min(left, 0.5))  # a broker known by name may answer later
            news.clear()
            for name in list(names):
                if (endpoint := _reachable(zeroconf, name)) is not None:
                    return endpoint
    finally:
        zeroconf.close()
    raise BrokerUnreachableError(
        f"no broker found on this network within {timeout:g} s; start one with `netplay broker` "
        "or name one with --broker"
    )


def _reachable(zeroconf: Zeroconf, name: str) -> str | None:
    info = zeroconf.get_service_info(SERVICE_TYPE, name, timeout=500)
    if info is None or not info.port:
        return None
    hosts = [host for host in info.parsed_addresses() if not ip_address(host).is_link_local]
    return first_to_accept(Address(host, info.port).endpoint for host in hosts)


def _open(interfaces: Sequence[str]) -> Zeroconf:
    return Zeroconf(interfaces=list(interfaces)) if interfaces else Zeroconf()
