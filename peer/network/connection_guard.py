"""Who is connected to a bound socket: how many may be, and how much each may leave unfinished.

libzmq accepts whoever connects, and keeps all parts of a message until the last one has come: both without
any limit. It tells of connections that come and go, though, with their file descriptors; so what is too much
can be shut from outside, and libzmq takes that for the end of the connection.

Serves peers and brokers alike; a broker is handed it by its command, as the packages do not know each other.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

# Of a message without end, an empty part is 2 bytes on the wire and 64 in memory. Ours have 32 KB at most.
UNFINISHED_BYTES: Final = 256 << 10  # on one connection without one whole message
UNFINISHED_IN_ALL: Final = 4 << 20  # on all connections together; beyond, the fullest is shut
LOOK_SECONDS: Final = 0.05  # between two looks at what is unfinished
USEFUL_SECONDS: Final = 10.0  # so long does a useful message speak for its connection
_COMES: Final = zmq.EVENT_ACCEPTED | zmq.EVENT_CONNECTED
_BYTES_RECEIVED: Final = 128  # where TCP_INFO has them, Linux 4.1 and later
_TCP_INFO_BYTES: Final = _BYTES_RECEIVED + 8


@dataclass(slots=True)
class _Connection:
    inode: int  # descriptors are used again, this is not
    useful_at: float = 0.0
    heard: bool = False  # a whole message has come since the last look
    settled: int | None = 0  # bytes received that are known to be of whole messages; None: to be asked


_Connections = dict[int, _Connection]  # by descriptor


class ConnectionGuard:
    """Watches the connections of one socket. Calls come from the thread that reads it.

    At the limit one connection is shut for each that comes: of those on which nothing useful has come for
    USEFUL_SECONDS the oldest, which may be the new one itself. So strangers push out each other only.
    """

    def __init__(self, guarded: zmq.Socket[bytes], most: int) -> None:
        """`guarded`: not bound yet; `most`: connections at a time."""
        self.most = most
        self.too_many = 0  # connections shut because there were so many
        self.unfinished = 0  # connections shut because so much was unfinished
        self._guarded = guarded
        self.monitor = guarded.get_monitor_socket(_COMES | zmq.EVENT_DISCONNECTED)
        self._new_lanes: deque[int] = deque()  # appended to by another thread
        self._lanes: _Connections = {}  # by descriptor
        self._strangers: _Connections = {}  # by descriptor, the oldest first
        self._useful: _Connections = {}  # likewise, the longest useless first
        self._look_due = 0.0
        # Connections are handled by a descriptor that is there already: none may be left to be had.
        self._nothing, self._handle = socket.socket(), socket.socket()

    @property
    def shut(self) -> int:
        """Connections, for whatever reason."""
        return self.too_many + self.unfinished

    def __len__(self) -> int:
        return len(self._strangers) + len(self._useful)

    def heard(self, frame: zmq.Frame, useful: bool) -> None:
        """A whole message has come; `frame`: of it."""
        try:
            descriptor = frame.get(zmq.SRCFD)
        except zmq.ZMQError:
            return  # of a connection that speaks ZMTP 1, as noise may: libzmq does not say which one
        connection = self._find(descriptor)
        if connection is None:  # it may have come just now
            self._note_events()
            connection = self._find(descriptor)
        if connection is None:  # closed by now
            return
        connection.heard = True
        if useful:
            connection.useful_at = time.monotonic()
            self._forget(descriptor)
            self._useful[descriptor] = connection  # as the last one

    def add_lane(self, descriptor: int) -> None:
        """A connection of another socket, on which nothing is to come. Any thread may call this."""
        self._new_lanes.append(descriptor)

    def look(self) -> None:
        """Take note of who comes and goes; shut what is too much. Cheap, and due at least every 50 ms."""
        self._note_events()
        now = time.monotonic()
        if now >= self._look_due:
            self._look_due = now + LOOK_SECONDS
            self._retire(now)
            self._look_at_unfinished()

    def close(self) -> None:
        """Before the socket is closed."""
        self._guarded.disable_monitor()
        self.monitor.close(0)
        self._nothing.close()
        self._handle.close()

    def _find(self, descriptor: int) -> _Connection | None:
        return self._useful.get(descriptor) or self._strangers.get(descriptor)

    def _note_events(self) -> None:
        try:
            while True:
                event = recv_monitor_message(self.monitor, zmq.NOBLOCK)
                self._forget(event["value"])
                if event["event"] & _COMES:
                    self._admit(event["value"])
        except zmq.Again:
            pass

    def _admit(self, descriptor: int) -> None:
        self._begin(self._strangers, descriptor)
        while len(self) > self.most:
            self.too_many += 1
            connections = self._strangers or self._useful
            self._shut(connections, next(iter(connections)))

    @staticmethod
    def _begin(connections: _Connections, descriptor: int) -> None:
        try:
            connections[descriptor] = _Connection(os.fstat(descriptor).st_ino)
        except OSError:
            pass  # gone again

    def _retire(self, now: float) -> None:
        """Whoever was useful too long ago is a stranger again."""
        while self._useful:
            descriptor = next(iter(self._useful))
            if now - self._useful[descriptor].useful_at < USEFUL_SECONDS:
                break
            self._strangers[descriptor] = self._useful.pop(descriptor)

    def _look_at_unfinished(self) -> None:
        while self._new_lanes:
            self._begin(self._lanes, self._new_lanes.popleft())
        unfinished: list[tuple[int, _Connections, int]] = []
        for connections in (self._lanes, self._strangers, self._useful):
            for descriptor, connection in list(connections.items()):
                if connection.heard:  # messages come in order: so all before it is delivered
                    connection.heard, connection.settled = False, None
                    continue
                received = self._received(descriptor, connection)
                if received is None:
                    del connections[descriptor]
                elif connection.settled is None:
                    connection.settled = received
                else:
                    unfinished.append((received - connection.settled, connections, descriptor))
        total = sum(size for size, *_ in unfinished)
        for size, connections, descriptor in sorted(unfinished, key=lambda item: -item[0]):
            if size <= UNFINISHED_BYTES and total <= UNFINISHED_IN_ALL:
                break
            total -= size
            self.unfinished += 1
            self._shut(connections, descriptor)

    def _received(self, descriptor: int, connection: _Connection) -> int | None:
        """Bytes so far; 0 where the system does not tell, None if there is no such connection any more."""
        if not self._take(descriptor, connection):
            return None
        try:
            if sys.platform != "linux":
                return 0
            info = self._handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
            return (
                int(struct.unpack_from("Q", info, _BYTES_RECEIVED)[0]) if len(info) == _TCP_INFO_BYTES else 0
            )
        except OSError:
            return None
        finally:
            self._let_go()

    def _shut(self, connections: _Connections, descriptor: int) -> None:
        if self._take(descriptor, connections.pop(descriptor)):
            try:
                self._handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was closed meanwhile
            self._let_go()

    def _take(self, descriptor: int, connection: _Connection) -> bool:
        """Have the handle mean this connection; False if its descriptor means another one by now."""
        try:
            os.dup2(descriptor, self._handle.fileno(), inheritable=False)
        except OSError:
            return False
        if os.fstat(self._handle.fileno()).st_ino == connection.inode:
            return True
        self._let_go()
        return False

    def _let_go(self) -> None:
        os.dup2(self._nothing.fileno(), self._handle.fileno(), inheritable=False)

    def _forget(self, descriptor: int) -> None:
        self._strangers.pop(descriptor, None)
        self._useful.pop(descriptor, None)
