"""The broker's one socket: a ROUTER that hands each message to the lobby and sends the answer back."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import zmq

from broker.lobby import Answer, Lobby
from netcode.errors import NetplayError, RemoteProtocolError
from netcode.limits import MAX_LOBBY_BYTES, MAX_MEMBERS
from netcode.wire.lobby import Join, decode_lobby, encode_lobby

_POLL_MS: Final = 200  # also how long a wish to stop may go unseen
_LOG_LINES_PER_SECOND: Final = 50  # a flood of refusals must not fill the disk

_OPTIONS: Final = {
    zmq.MAXMSGSIZE: MAX_LOBBY_BYTES,
    zmq.LINGER: 0,
    zmq.IPV6: 1,  # with IPv4 besides
    zmq.HANDSHAKE_IVL: 2000,  # ms; a connection that never speaks ZeroMQ is closed
    zmq.HEARTBEAT_IVL: 2000,
    zmq.HEARTBEAT_TIMEOUT: 6000,  # a peer whose machine vanished does not sit here for hours
    zmq.SNDHWM: 100,  # messages per peer; beyond, answers are dropped: it will ask again
    zmq.RCVHWM: 100,  # messages per peer; beyond, it has to wait
    zmq.BACKLOG: 512,
    # Members are known by the id inside their join, never by the routing id: a peer that connects
    # again is simply heard again, and nobody gains by taking another's routing id.
    zmq.ROUTER_HANDOVER: 0,
}


class Server:
    """Bound on creation; serves in `run`. One thread.

    Raises: NetplayError if the address cannot be bound.
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], bind: str, log: Callable[[str], None]
    ) -> None:
        self._lobby = Lobby(os.urandom)
        self._log = log
        self._senders: OrderedDict[bytes, bytes] = OrderedDict()  # member -> where it was last heard from
        self._log_second, self._logged = 0, 0
        self.answered = 0
        self.dropped = 0  # messages that were none
        self._socket = context.socket(zmq.ROUTER)
        for option, value in _OPTIONS.items():
            self._socket.setsockopt(option, value)
        try:
            self._socket.bind(bind)
        except zmq.ZMQError as error:
            self._socket.close()
            what = f"cannot be bound ({error.strerror.lower()});"
            if error.errno == zmq.EADDRINUSE:
                what = "is in use; is a broker running already?"
            raise NetplayError(f"address {bind} {what} choose another with --bind") from None
        self.port = int(self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2])

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Serve until `should_stop()`, asked at least every 0.2 s; the socket is closed after."""
        try:
            while not should_stop():
                if self._socket.poll(_POLL_MS):
                    self._serve_one()
                self._lobby.forget(time.monotonic())
                self._write_news()
            rooms, members, _ = self._lobby.counts
            self._log(
                f"stopped: {self.answered} answers, {self.dropped} bad messages dropped, "
                f"{members} players waiting in {rooms} rooms"
            )
        finally:
            self._socket.close()

    def _serve_one(self) -> None:
        try:
            sender, *parts = self._socket.recv_multipart(zmq.NOBLOCK)
            message = decode_lobby(parts[0] if len(parts) == 1 else b"")
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
        except RemoteProtocolError:
            self.dropped += 1
        except zmq.Again:
            pass

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
