"""Brokers on the LAN, found by multicast DNS, over IPv4 and IPv6. Imported only where it is used: zeroconf is
slow to load.

Where several are found, every peer takes the same one: the one that was started first, by the clocks of their
machines; of two with the same time, the lower name. So a second broker, started by mistake, takes nobody away
from the first. A broker that hears of an earlier one announces that one's name, too: whoever hears the later
broker only, as the earlier one is slow to answer, waits for it.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from netcode.errors import BrokerUnreachableError
from netcode.wire.text import printable
from peer.network.addresses import Address, first_to_accept

SERVICE_TYPE = "_netplay._tcp.local."
COLLECT: Final = 1.3  # seconds in which brokers are collected: two questions, a second apart, their answers
SETTLE: Final = 1.0  # seconds, likewise, from the first broker on: on a busy machine it may come late
PATIENCE: Final = 3.0  # seconds more for a broker that is known by name and has not answered yet
BROKERS_KEPT: Final = 16  # of those announced; one more is not looked at
_STARTED: Final = b"started"  # seconds since 1970, in what a broker announces
_EARLIER: Final = b"earlier"  # the full name of a broker that was started before this one
_TROUBLE: Final = (OSError, RuntimeError, ZeroconfError)


@dataclass(frozen=True, order=True)
class FoundBroker:
    """In order of choice."""

    started: float  # seconds since 1970, by its machine's clock; infinite if it does not say
    name: str  # its machine and port
    endpoint: str  # tcp://IP:PORT, where it accepts connections


@contextmanager
def announce_broker(
    port: int,
    hosts: Sequence[str],
    interfaces: Sequence[str] = (),
    started: float | None = None,
    on_other: Callable[[str], None] = lambda name: None,
) -> Iterator[str | None]:
    """Let peers find the broker at these IPs while the context lasts.

    Yields None, or why it could not be announced: a machine without multicast plays by address.
    `interfaces`: IPs to speak on, all by default. `started`: seconds since 1970, now by default.
    `on_other(name)` is called in another thread for each further broker, at most BROKERS_KEPT times.
    """
    trouble = None
    zeroconf = None
    started = time.time() if started is None else started
    try:
        zeroconf = _open(interfaces)
        machine = socket.gethostname().partition(".")[0]
        info = ServiceInfo(
            SERVICE_TYPE,
            f"{machine}-{port}.{SERVICE_TYPE}",
            port=port,
            properties={_STARTED: f"{started:.3f}"},
            parsed_addresses=list(hosts),
            # Never another machine's, though both be called the same: their addresses would be mixed up.
            server=f"{machine}-{os.urandom(4).hex()}.local.",
        )
        zeroconf.register_service(info, allow_name_change=True)
        known = {info.name}

        def on_name(name: str) -> None:
            if name not in known and len(known) <= BROKERS_KEPT:
                known.add(name)
                on_other(_short(name))
                _announce_earlier(zeroconf, info, name)

        _browse(zeroconf, on_name)
    except _TROUBLE as error:
        trouble = str(error) or type(error).__name__
    try:
        yield trouble
    finally:
        if zeroconf is not None:
            zeroconf.close()  # says goodbye for the service


def _announce_earlier(zeroconf: Zeroconf, info: ServiceInfo, other: str) -> None:
    """If the broker called `other` was started before ours, tell its name with ours."""
    theirs = _info(zeroconf, other, PATIENCE)
    if theirs is None or _seconds(theirs.properties.get(_STARTED)) >= _seconds(info.properties[_STARTED]):
        return
    with suppress(*_TROUBLE):  # closed meanwhile
        zeroconf.update_service(
            ServiceInfo(
                SERVICE_TYPE,
                info.name,
                port=info.port,
                properties={**info.properties, _EARLIER: other},
                addresses=info.addresses_by_version(IPVersion.All),
                server=info.server,
            )
        )


def find_broker(timeout: float, say: Callable[[str], None], interfaces: Sequence[str] = ()) -> str:
    """The `tcp://IP:PORT` of a broker on the LAN that accepts connections; says which.

    Blocks for COLLECT seconds, SETTLE from the first on, and for up to `timeout` while there is none.
    Raises: BrokerUnreachableError if there is none.
    """
    say("looking for a broker on this network")
    try:
        zeroconf = _open(interfaces)
    except _TROUBLE as error:
        raise BrokerUnreachableError(f"cannot look for brokers ({error}); name one with --broker") from None
    try:
        found = _collect(zeroconf, timeout)
    finally:
        zeroconf.close()
    if not found:
        raise BrokerUnreachableError(
            f"no broker found on this network within {timeout:g} s; start one with `netplay broker` "
            "or name one with --broker"
        )
    chosen, *others = sorted(found)
    say(f"found the broker {chosen.name} at {chosen.endpoint}")
    if others:
        also = ", ".join(f"{other.name} (--broker {other.endpoint})" for other in others)
        say(f"one of {len(found)} here: all take the one that was started first; there is also {also}")
    return chosen.endpoint


def _collect(zeroconf: Zeroconf, timeout: float) -> list[FoundBroker]:
    """All that answer in COLLECT, and in SETTLE from the first on; in PATIENCE more if known by name."""
    began = time.monotonic()
    names: list[str] = []
    news = threading.Event()

    def on_name(name: str) -> None:
        if name not in names and len(names) < BROKERS_KEPT:
            names.append(name)
        news.set()

    _browse(zeroconf, on_name)
    answered: set[str] = set()
    found: dict[str, FoundBroker] = {}
    until = began + timeout
    while True:
        late = time.monotonic() - until
        if late >= (PATIENCE if found and not answered.issuperset(names) else 0):
            return list(found.values())
        news.wait(min(-late, 0.5) if late < 0 else 0.1)  # a broker known by name may answer later
        news.clear()
        for name in [name for name in names if name not in found]:
            if (info := _info(zeroconf, name, 0.5)) is None:
                continue
            answered.add(name)
            if (earlier := info.properties.get(_EARLIER)) is not None:
                on_name(earlier.decode(errors="replace"))
            if (broker := _reachable(info)) is not None:
                if not found:
                    until = max(began + COLLECT, time.monotonic() + SETTLE)
                found[name] = broker


def _browse(zeroconf: Zeroconf, on_name: Callable[[str], None]) -> None:
    """Call `on_name`, in another thread, with the names of brokers as they are heard of."""

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Removed:
            on_name(name)

    ServiceBrowser(zeroconf, SERVICE_TYPE, handlers=[heard])


def _info(zeroconf: Zeroconf, name: str, timeout: float) -> ServiceInfo | None:
    """What the broker of that name announces, asked for up to `timeout` seconds."""
    try:
        return zeroconf.get_service_info(SERVICE_TYPE, name, timeout=int(1000 * timeout))
    except ZeroconfError:  # no name of a broker
        return None


def _reachable(info: ServiceInfo) -> FoundBroker | None:
    if not info.port:
        return None
    hosts = [host for host in info.parsed_addresses() if not ip_address(host).is_link_local]
    endpoint = first_to_accept(Address(host, info.port).endpoint for host in hosts)
    if endpoint is None:
        return None
    return FoundBroker(_seconds(info.properties.get(_STARTED)), _short(info.name), endpoint)


def _seconds(text: bytes | None) -> float:
    try:
        seconds = float(text or b"")
    except ValueError:
        return math.inf
    return seconds if math.isfinite(seconds) else math.inf


def _short(name: str) -> str:
    return printable(name.removesuffix(f".{SERVICE_TYPE}"))[:64]


def _open(interfaces: Sequence[str]) -> Zeroconf:
    if interfaces:
        return Zeroconf(interfaces=list(interfaces))
    try:
        return Zeroconf(ip_version=IPVersion.All)
    except (OSError, RuntimeError):  # a machine without IPv6
        return Zeroconf()
