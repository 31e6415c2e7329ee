"""Stands between a peer and its broker, and adds answers of its own to those that come."""

from __future__ import annotations

import threading
import time
from collections import Counter
from random import Random

import zmq
from broker_talk import spoil

from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.wire.lobby import decode_lobby
from netcode.wire.msgpack_bounds import pack, unpack

COPIES = 12  # of the newest answer, changed; as many as a peer's queue holds
INTERVAL = 0.1  # seconds: a peer looks no more often
NEVER = [  # a match is on: what it takes from a broker by the rules is who comes to watch, and no more
    [3, "r", 2, ["a", "b"], []],
    [5, "no"],
    [7, [["eve", None, bytes(8), ["tcp://127.0.0.1:9"], "h", bytes(8), bytes(range(8))]]],
    [7, [["eve", slot, bytes([slot] * 8), [], "h", bytes(8), bytes([slot] * 8)] for slot in range(16)]],
    [10, [["m", "r", "E", "a, b", 1, 2, 3]]],
    [23, "it is over"],
    [21, [0, 1], [2], True, ""],
    [21, [2], [0, 1], False, "no"],
]


class HostileBroker:
    """Runs in a thread of its own until closed. The true answer comes last: it is the one that counts."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: str) -> None:
        self.sent: Counter[str] = Counter()  # by kind of answer; "none" for what passes no decoding
        self._context, self._broker = context, address
        self._rng = Random(3)
        self._front = context.socket(zmq.ROUTER)
        self._front.linger = 0
        port = self._front.bind_to_random_port("tcp://127.0.0.1")
        self.address = f"tcp://127.0.0.1:{port}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        behind: dict[bytes, zmq.Socket[bytes]] = {}
        true: dict[bytes, bytes] = {}  # the newest answer
        due = 0.0
        while not self._over.is_set():
            if self._front.poll(5):
                who, data = self._front.recv_multipart()
                if who not in behind:
                    behind[who] = self._context.socket(zmq.DEALER)
                    behind[who].linger = 300
                    behind[who].connect(self._broker)
                behind[who].send(data)
            for who, dealer in behind.items():
                while dealer.poll(0):
                    true[who] = dealer.recv()
                    self._front.send_multipart([who, true[who]])
                if who in true and time.monotonic() >= due:
                    self._answer(who, true[who])
            if time.monotonic() >= due:
                due = time.monotonic() + INTERVAL
        for dealer in (*behind.values(), self._front):
            dealer.close()

    def _answer(self, who: bytes, true: bytes) -> None:
        fields = unpack(true, limits.MAX_LOBBY_BYTES)
        for _ in range(COPIES if fields[1] == 7 else 0):  # while a match runs
            said = unpack(true, limits.MAX_LOBBY_BYTES)[1:] if self._rng.random() < 0.5 else None
            said = list(self._rng.choice(NEVER)) if said is None else said
            if self._rng.random() < 0.45:
                spoil(said, self._rng)
            data = pack([limits.PROTOCOL_VERSION, *said])
            try:
                self.sent[type(decode_lobby(data)).__name__] += 1
            except RemoteProtocolError:
                self.sent["none"] += 1
            self._front.send_multipart([who, data])
        self._front.send_multipart([who, true])
