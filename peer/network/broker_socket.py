"""The way from a peer to its broker, who may be anybody: nothing here waits, or raises by what comes."""

from __future__ import annotations

import zmq

from netcode.limits import MAX_LOBBY_BYTES
from peer.network.addresses import Address
from peer.network.connection_guard import ConnectionGuard

_OPTIONS = {
    zmq.MAXMSGSIZE: MAX_LOBBY_BYTES,
    zmq.LINGER: 0,
    zmq.IMMEDIATE: 1,  # no heap of old joins for a broker that is away
    zmq.SNDHWM: 4,
    zmq.RCVHWM: 16,
    zmq.CONNECT_TIMEOUT: 1000,
    zmq.RECONNECT_IVL: 100,
    zmq.RECONNECT_IVL_MAX: 500,
    zmq.HANDSHAKE_IVL: 2000,
    zmq.HEARTBEAT_IVL: 500,
    zmq.HEARTBEAT_TIMEOUT: 2000,
}


class BrokerSocket:
    """One DEALER, for one thread. To be asked for answers ten times a second or so."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: Address) -> None:
        self._socket = context.socket(zmq.DEALER)
        for option, value in _OPTIONS.items():
            self._socket.setsockopt(option, value)
        self._socket.setsockopt(zmq.IPV6, int(":" in address.host))
        self._guard = ConnectionGuard(self._socket, 2)  # one that ends, and the next
        self._socket.connect(address.endpoint)

    def send(self, data: bytes) -> bool:
        """False if there is no connection at present."""
        try:
            self._socket.send(data, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive(self) -> bytes | None:
        """The next answer, if one has come."""
        self._guard.look()
        try:
            frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return None
        self._guard.heard(frames[0], useful=True)
        return b"".join(frame.bytes for frame in frames)

    def close(self, linger_ms: int) -> None:
        """`linger_ms`: what was just sent may take that long to leave."""
        self._guard.close()
        self._socket.close(linger_ms)
