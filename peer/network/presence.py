"""Staying known to the broker while a match runs: a word once a second, and never a wait for an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import zmq

from netcode.errors import NetplayError
from netcode.wire.lobby import (
    CalledOff,
    Leave,
    LobbyMessage,
    OtherVersion,
    OutOfReach,
    decode_lobby,
    encode_lobby,
)
from peer.network.addresses import DEFAULT_BROKER_PORT, parse_address, to_connect
from peer.network.broker_socket import BrokerSocket

WORD_INTERVAL: Final = 1.0  # seconds between two words to the broker
LOOK_INTERVAL: Final = 0.1  # seconds between two looks for its answers
ANSWERS_A_LOOK: Final = 32  # more have to wait: a match goes on meanwhile
GIVE_UP: Final = 1.0  # seconds to wait for the broker's word on a match that cannot begin
_LEAVE_LINGER: Final = 300  # ms


class Presence:
    """One DEALER, looked at now and then by the main thread. A dead broker changes nothing."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], broker: str) -> None:
        """Raises: ConfigError if `broker` is no address."""
        address = to_connect(parse_address(broker, DEFAULT_BROKER_PORT))
        self.endpoint = address.endpoint
        self._socket = BrokerSocket(context, address)
        self._look_due = self._word_due = float("-inf")

    def poll(
        self, now: float, word: Callable[[], LobbyMessage], interval: float = WORD_INTERVAL
    ) -> LobbyMessage | OtherVersion | None:
        """Say `word()` if it is due; the newest answer, if one has come. Most calls compare two numbers."""
        if now < self._look_due:
            return None
        self._look_due = now + LOOK_INTERVAL
        if now >= self._word_due and self._send(word()):
            self._word_due = now + interval
        answer = None
        for _ in range(ANSWERS_A_LOOK):
            data = self._socket.receive()
            if data is None:
                break
            try:
                answer = decode_lobby(data)
            except NetplayError:
                pass  # no better than silence
        return answer

    def hurry(self) -> None:
        """The next `poll` says its word at once."""
        self._look_due = self._word_due = float("-inf")

    def give_up(self, member: bytes, slot: int) -> str | None:
        """Say that we cannot reach the player of `slot`.

        Returns why the match is off, by the first who gave up; None if the broker does not say so soon.
        """
        deadline = time.monotonic() + GIVE_UP
        self.hurry()
        while (now := time.monotonic()) < deadline:
            match self.poll(now, lambda: OutOfReach(member, slot), LOOK_INTERVAL):
                case CalledOff(reason):
                    return reason
            time.sleep(LOOK_INTERVAL)
        return None

    def close(self, member: bytes | None = None) -> None:
        """Say goodbye for `member`, if given, and be gone."""
        said = member is not None and self._send(Leave(member))
        self._socket.close(_LEAVE_LINGER if said else 0)

    def _send(self, message: LobbyMessage) -> bool:
        try:
            return self._socket.send(encode_lobby(message))
        except NetplayError:  # not to be said, which is no reason to stop
            return False
