"""`netplay broker`: bring players together until stopped."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated

import typer
import zmq

from broker.server import Server
from peer.network.addresses import (
    DEFAULT_BROKER_PORT,
    Address,
    announced_endpoints,
    parse_address,
    to_bind,
    to_connect,
)
from peer.network.connection_guard import ConnectionGuard
from peer.network.descriptors import BROKER_CONNECTIONS, BROKER_RESERVE, connections_allowed, raise_limit
from peer.parent import wake_with_parent
from peer.stop_signals import exit_code, on_stop
from peer.streams import put


def broker(
    bind: Annotated[
        str, typer.Option("--bind", metavar="ADDR", help="HOST:PORT to listen on; port 0 takes a free one.")
    ] = f"*:{DEFAULT_BROKER_PORT}",
    announce: Annotated[bool, typer.Option(help="Let peers on the LAN find this broker.")] = True,
    stop_with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", hidden=True, help="Stop when stdin ends.")
    ] = False,
) -> None:
    """Bring players together, until stopped with Ctrl-C. A match that has begun goes on without the broker.

    Example: netplay broker --bind 192.168.1.7:5750
    """
    # Not an Event: a second signal inside its set() would wait for a lock that the first one holds.
    stop: list[int] = []  # the numbers of signals; or 0
    on_stop(stop.append)
    if stop_with_parent:
        threading.Thread(target=_wait_for_end_of_stdin, args=(stop,), daemon=True).start()
        wake_with_parent()
    address = to_bind(parse_address(bind, DEFAULT_BROKER_PORT))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    raise_limit()
    most = connections_allowed(BROKER_CONNECTIONS, BROKER_RESERVE)
    try:
        server = Server(context, address.endpoint, _log, lambda socket: ConnectionGuard(socket, most))
        hosts = _say_where(address, server.port)
        with _announced(server.port, hosts) if announce and hosts else nullcontext():
            server.run(lambda: bool(stop))
    finally:
        context.destroy(linger=0)
    raise typer.Exit(exit_code(stop[0]) if stop[0] else 0)


def _say_where(address: Address, port: int) -> list[str]:
    """Print where the broker is, first of all for programs. Returns the IPs for other machines."""
    here = to_connect(Address(address.host, port))
    _say(f"broker: listening on {here.endpoint}")
    reachable = [parse_address(text, port) for text in announced_endpoints(address.host, port)]
    others = [other for other in reachable if not ip_address(other.host).is_loopback]
    if others:
        _say(f"broker: from other machines {' or '.join(other.endpoint for other in others)}")
    else:
        _say("broker: other machines cannot reach this address")
    return [other.host for other in others]


@contextmanager
def _announced(port: int, hosts: list[str]) -> Iterator[None]:
    from peer.network.discovery import announce_broker

    def warn(name: str) -> None:
        _say(f"broker: {name} is a broker on this network, too; peers take the one that was started first")

    with announce_broker(port, hosts, on_other=warn) as trouble:
        if trouble is None:
            _say("broker: peers on this network find it by themselves")
        else:
            _say(f"broker: not announced on this network ({trouble}); name its address to peers")
        yield


def _wait_for_end_of_stdin(stop: list[int]) -> None:
    """Whoever started us holds the other end: when it is gone, so are we."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:  # closed from the beginning: nobody holds it
        pass
    stop.append(0)


def _say(line: str) -> None:
    put(f"{_time()} {line}", sys.stdout)


def _log(line: str) -> None:
    put(f"{_time()} {line}", sys.stderr)  # a full disk ends no broker


def _time() -> str:
    """Now, as ISO 8601 with the zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
