"""The broker's one socket: a ROUTER that hands each message to the lobby and sends the answer back."""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import zmq

from broker.lobby import Answer, Lobby
from netcode.errors import NetplayError, RemoteProtocolError
from netcode.limits import MAX_LOBBY_BYTES, MAX_MEMBERS
from netcode.wire.lobby import Join, decode_lobby, encode_lobby

_POLL_MS: Final = 50  # how long a wish to stop may go unseen, and what is unfinished on connections
_MISHAPS_TOLD: Final = 32  # kinds of them; more are only counted
_LOG_LINES_PER_SECOND: Final = 50  # a flood of refusals must not fill the disk

_OPTIONS: Final = {
    zmq.MAXMSGSIZE: MAX_LOBBY_BYTES,
    zmq.LINGER: 0,
    zmq.IPV6: 1,  # with IPv4 besides
    zmq.HANDSHAKE_IVL: 2000,  # ms; a connection that never speaks ZeroMQ is closed
    zmq.HEARTBEAT_IVL: 2000,
    zmq.HEARTBEAT_TIMEOUT: 6000,  # a peer whose machine vanished does not sit here for hours
    zmq.SNDHWM: 8,  # messages per peer; beyond, answers are dropped: it will ask again
    zmq.RCVHWM: 8,  # messages per peer; beyond, it has to wait
    zmq.BACKLOG: 512,
    # Members are known by the id inside their join, never by the routing id: a peer that connects
    # again is simply heard again, and nobody gains by taking another's routing id.
    zmq.ROUTER_HANDOVER: 0,
}


class Guard(Protocol):
    """Shuts connections that are too many, or send messages without end: peer.network.connection_guard."""

    monitor: zmq.Socket[bytes]  # to be polled, beside the guarded socket
    too_many: int
    unfinished: int

    def look(self) -> None: ...
    def heard(self, frame: zmq.Frame, useful: bool) -> None: ...
    def close(self) -> None: ...


class Server:
    """Bound on creation; serves in `run`. One thread.

    Raises: NetplayError if the address cannot be bound.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        bind: str,
        log: Callable[[str], None],
        guard: Callable[[zmq.Socket[bytes]], Guard],
    ) -> None:
        """`guard`: makes one for a socket that is not bound yet."""
        self._lobby = Lobby(os.urandom)
        self._log = log
        self._senders: OrderedDict[bytes, bytes] = OrderedDict()  # member -> where it was last heard from
        self._log_second, self._logged = 0, 0
        self.answered = 0
        self.dropped = 0  # messages that were none
        self.mishaps: Counter[str] = Counter()  # messages that could not be served, by what was raised where
        self._socket = context.socket(zmq.ROUTER)
        for option, value in _OPTIONS.items():
            self._socket.setsockopt(option, value)
        self._guard = guard(self._socket)
        try:
            self._socket.bind(bind)
        except zmq.ZMQError as error:
            self._guard.close()
            self._socket.close()
            what = f"cannot be bound ({error.strerror.lower()});"
            if error.errno == zmq.EADDRINUSE:
                what = "is in use; is a broker running already?"
            raise NetplayError(f"address {bind} {what} choose another with --bind") from None
        self.port = int(self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2])

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Serve until `should_stop()`, asked at least every 50 ms; the socket is closed after."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._guard.monitor, zmq.POLLIN)
        try:
            while not should_stop():
                poller.poll(_POLL_MS)
                self._without_end(self._serve_one)
                self._without_end(self._guard.look)
                self._without_end(lambda: self._lobby.forget(time.monotonic()))
                self._write_news()
            rooms, members, _ = self._lobby.counts
            self._log(
                f"stopped: {self.answered} answers, {self.dropped} bad messages dropped, "
                f"{self.mishaps.total()} not served, {self._guard.too_many} connections too many and "
                f"{self._guard.unfinished} with endless messages shut, "
                f"{members} players waiting in {rooms} rooms"
            )
        finally:
            self._guard.close()
            self._socket.close()

    def _without_end(self, act: Callable[[], None]) -> None:
        """Whatever one message makes the broker raise, it goes on serving the others."""
        try:
            act()
        except RemoteProtocolError:
            self.dropped += 1
        except zmq.Again:
            pass
        except Exception as error:
            *_, place = traceback.extract_tb(error.__traceback__)
            kind = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
            self.mishaps[kind] += 1
            if self.mishaps[kind] == 1 and len(self.mishaps) <= _MISHAPS_TOLD:
                self._log(f"a message was not served: {kind}: {str(error)[:200]!r}; please report this")

    def _serve_one(self) -> None:
        frame, *parts = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
        sender = frame.bytes
        try:
            message = decode_lobby(parts[0].bytes if len(parts) == 1 else b"")
        except RemoteProtocolError:
            self._guard.heard(frame, useful=False)
            raise
        self._guard.heard(frame, useful=True)
        if isinstance(message, Join):
            self._senders[message.member] = sender
            self._senders.move_to_end(message.member)
            if len(self._senders) > MAX_MEMBERS:
                self._senders.popitem(last=False)
        answer = self._lobby.handle(message, time.monotonic())
        if answer is not None:
            self._answer(sender, answer)
        while self._lobby.calls:
            member, called = self._lobby.calls.pop()
            self._answer(self._senders.pop(member, b""), called)

    def _answer(self, sender: bytes, answer: Answer) -> None:
        try:
            self._socket.send_multipart([sender, encode_lobby(answer)], zmq.NOBLOCK)
            self.answered += 1
        except zmq.Again:
            pass  # it will ask again

    def _write_news(self) -> None:
        for line in self._lobby.news:
            second = int(time.monotonic())
            if second != self._log_second:
                if self._logged > _LOG_LINES_PER_SECOND:
                    self._log(f"{self._logged - _LOG_LINES_PER_SECOND} lines left out")
                self._log_second, self._logged = second, 0
            self._logged += 1
            if self._logged <= _LOG_LINES_PER_SECOND:
                self._log(line)
        self._lobby.news.clear()
