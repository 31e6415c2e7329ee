"""The receiver thread: socket -> bounded thread-safe deque, nothing else (law 1).

It decodes nothing, and cannot be made to raise by what it receives. What it decides is who may stay connected
when there are too many: those whose packets begin with a link that we know.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Container
from typing import Final

import zmq

from netcode.errors import NetplayError
from netcode.limits import INBOX_PACKETS, LINK_ID_BYTES, MAX_MESSAGE_BYTES
from peer.network.addresses import Address, to_bind
from peer.network.connection_guard import ConnectionGuard
from peer.network.descriptors import PEER_CONNECTIONS, PEER_RESERVE, connections_allowed
from peer.network.tcp_timers import watch_over

POLL_MS: Final = 50  # how soon the thread notices that it should stop
PACKETS_A_TURN: Final = 256  # read before the connections are looked at again, however many wait
RECEIVE_HIGH_WATER: Final = 16  # packets a connection may queue here; more wait in the kernel's buffers


class Receiver:
    """Owns one bound PULL socket and the thread that reads it."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], host: str = "*", port: int = 0) -> None:
        """Bind to `host` (`*`: all interfaces, IPv4 and IPv6) and `port` (0: a free one); starts at once.

        Raises: NetplayError if the address cannot be bound.
        """
        self.packets: deque[tuple[bytes, float]] = deque(maxlen=INBOX_PACKETS)
        self.overflowed = 0  # packets that fell out of the full deque
        self.stumbles = 0  # times that reading failed for a reason that nobody thought of
        self.links: Container[bytes] = ()  # link ids of those we know
        self._socket, self.guard = _bound_pull(context, host, port)
        endpoint: bytes = self._socket.getsockopt(zmq.LAST_ENDPOINT)  # type: ignore[assignment]
        self.port = int(endpoint.rstrip(b"\0").rsplit(b":", 1)[1])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread; it closes its socket."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self.guard.monitor, zmq.POLLIN)
        while not self._stopping.is_set():
            try:
                poller.poll(POLL_MS)
                self._drain()
                self.guard.look()
            except Exception:
                self.stumbles += 1  # whatever it was: a match is not to end by it
                self._stopping.wait(POLL_MS / 1000)  # nor this thread to spin, if it lasts
        self.guard.close()
        self._socket.close()

    def _drain(self) -> None:
        packets, socket, guard = self.packets, self._socket, self.guard
        try:
            for _ in range(PACKETS_A_TURN):
                frame = socket.recv(zmq.NOBLOCK, copy=False)
                data, arrived = frame.bytes, time.monotonic()
                if frame.more:
                    self._skip_rest()  # our packets have one part: this is nobody's
                    continue
                guard.heard(frame, data[:LINK_ID_BYTES] in self.links)
                if len(packets) == INBOX_PACKETS:
                    self.overflowed += 1
                packets.append((data, arrived))
        except zmq.Again:
            pass

    def _skip_rest(self) -> None:
        while self._socket.getsockopt(zmq.RCVMORE):
            self._socket.recv(zmq.NOBLOCK)


def _bound_pull(
    context: zmq.Context[zmq.Socket[bytes]], host: str, port: int
) -> tuple[zmq.Socket[bytes], ConnectionGuard]:
    socket = context.socket(zmq.PULL)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)  # unlimited unless said
    socket.setsockopt(zmq.RCVHWM, RECEIVE_HIGH_WATER)
    socket.setsockopt(zmq.HANDSHAKE_IVL, 2000)  # ms; by default silent strangers may sit for 30 s
    watch_over(socket)
    guard = ConnectionGuard(socket, connections_allowed(PEER_CONNECTIONS, PEER_RESERVE))
    try:
        address = to_bind(Address(host, port))
        socket.bind(address.endpoint)
    except (NetplayError, zmq.ZMQError) as error:
        guard.close()
        socket.close()
        if isinstance(error, NetplayError):
            raise
        raise NetplayError(
            f"cannot listen on {address}: {error.strerror.lower()}; choose another --bind address"
        ) from None
    return socket, guard
