"""The receiver thread: socket -> bounded thread-safe deque, nothing else (law 1).

It decodes nothing, decides nothing, and cannot be made to raise by what it receives.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final

import zmq

from netcode.errors import NetplayError
from netcode.limits import INBOX_PACKETS, MAX_MESSAGE_BYTES
from peer.network.addresses import Address, to_bind
from peer.network.tcp_timers import watch_over

POLL_MS: Final = 50  # how soon the thread notices that it should stop
RECEIVE_HIGH_WATER: Final = 100  # packets a connection may queue: more than a second and a half


class Receiver:
    """Owns one bound PULL socket and the thread that reads it."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], host: str = "*", port: int = 0) -> None:
        """Bind to `host` (`*`: all interfaces, IPv4 and IPv6) and `port` (0: a free one); starts at once.

        Raises: NetplayError if the address cannot be bound.
        """
        self.packets: deque[tuple[bytes, float]] = deque(maxlen=INBOX_PACKETS)
        self.overflowed = 0  # packets that fell out of the full deque
        self._socket = _bound_pull(context, host, port)
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
        packets, socket = self.packets, self._socket
        while not self._stopping.is_set():
            if not socket.poll(POLL_MS):
                continue
            try:
                while True:
                    data = socket.recv(zmq.NOBLOCK)
                    arrived = time.monotonic()
                    if socket.getsockopt(zmq.RCVMORE):
                        self._skip_rest()  # our packets have one part: this is nobody's
                        continue
                    if len(packets) == INBOX_PACKETS:
                        self.overflowed += 1
                    packets.append((data, arrived))
            except zmq.Again:
                pass
        socket.close()

    def _skip_rest(self) -> None:
        while self._socket.getsockopt(zmq.RCVMORE):
            self._socket.recv(zmq.NOBLOCK)


def _bound_pull(context: zmq.Context[zmq.Socket[bytes]], host: str, port: int) -> zmq.Socket[bytes]:
    socket = context.socket(zmq.PULL)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)  # unlimited unless said
    socket.setsockopt(zmq.RCVHWM, RECEIVE_HIGH_WATER)
    socket.setsockopt(zmq.HANDSHAKE_IVL, 2000)  # ms; by default silent strangers may sit for 30 s
    watch_over(socket)
    try:
        address = to_bind(Address(host, port))
        socket.bind(address.endpoint)
    except (NetplayError, zmq.ZMQError) as error:
        socket.close()
        if isinstance(error, NetplayError):
            raise
        raise NetplayError(
            f"cannot listen on {address}: {error.strerror.lower()}; choose another --bind address"
        ) from None
    return socket
