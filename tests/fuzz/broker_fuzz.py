"""Talks to a running broker, and counts what its messages and the answers were."""

from __future__ import annotations

from collections import Counter

import zmq
from broker_talk import BrokerTalk

from netcode.errors import RemoteProtocolError
from netcode.wire.lobby import Matched, Refused, decode_lobby
from netcode.wire.msgpack_bounds import pack

BURST = 3  # messages at once, and one that asks whether all were served
PATIENCE = 20  # times that it is asked again: a broker drops answers that do not fit a connection's queue


class BrokerFuzz:
    """One conversation over several connections. Nothing is sent on before the broker has served it."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: str, seed: int = 1) -> None:
        self.sent: Counter[str] = Counter()  # by kind of message; "none" for what passes no decoding
        self.answers: Counter[str] = Counter()  # by kind of answer, those to nobody's question too
        self._talk = BrokerTalk(seed)
        self._asked = 1000  # a version that nobody speaks; named in the answer
        self._dealers = [context.socket(zmq.DEALER) for _ in range(4)]
        for dealer in self._dealers:
            dealer.linger = 0
            dealer.rcvtimeo = 500  # ms
            dealer.connect(address)

    def close(self) -> None:
        for dealer in self._dealers:
            dealer.close()

    def burst(self) -> None:
        """BURST messages on each connection, and all answers.

        Raises: TimeoutError if the broker does not answer any more.
        """
        for dealer in self._dealers:
            for _ in range(BURST):
                data = self._talk.message()
                self.sent[_kind(data)] += 1
                dealer.send(data)
            self._wait_until_served(dealer)

    def _wait_until_served(self, dealer: zmq.Socket[bytes]) -> None:
        for _ in range(PATIENCE):
            self._asked += 1
            dealer.send(pack([self._asked, 1]))
            try:
                while not self._is_served(dealer.recv()):
                    pass
                return
            except zmq.Again:
                pass
        raise TimeoutError("the broker answers no more")

    def _is_served(self, data: bytes) -> bool:
        answer = decode_lobby(data)  # the broker sends nothing else
        if isinstance(answer, Refused) and f", not {self._asked};" in answer.reason:
            return True
        self.answers[type(answer).__name__] += 1
        if isinstance(answer, Matched) and answer.roster.match_id not in self._talk.matches:
            self._talk.matches[3:] = [answer.roster.match_id]
        return False


def _kind(data: bytes) -> str:
    try:
        return type(decode_lobby(data)).__name__
    except RemoteProtocolError:
        return "none"
