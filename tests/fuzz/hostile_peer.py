"""`netplay peer` or `netplay spectate` that sends changed copies of all it says, and things nobody asked for.

    HOSTILE_TALLY=FILE python tests/fuzz/hostile_peer.py peer --broker ...

It plays on honestly beside, so what it sends meets links in every state. It leaves out what an insider can
do by saying it well-formed (leave, claim that others are lost, lie about inputs or digests): that changes the
match by the rules. FILE gets a count of what was sent: kind of packet, or "none" for what passes no decoding.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Final

from broker_talk import spoil

import peer.playing
import peer.spectator
from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.limits import LINK_ID_BYTES
from netcode.wire.msgpack_bounds import pack, unpack
from netcode.wire.packets import Goodbye, Inputs, decode, encode_inputs
from peer.network.transport import Transport

COPIES: Final = int(os.environ.get("HOSTILE_COPIES", "12"))  # of each packet that is sent
HONEST: Final = 100  # packets before the first that is not: a match is to begin
UNASKED: Final = [  # packets of kinds that an honest one may not come to send; frames are put in for -2
    [3, 1, -2, bytes(16), []],
    [3, 2, -2, bytes(8), [[1, 2, 1, 1, bytes(8)]]],
    [4, -2, bytes(24), -2, 0, bytes(16), 7, 0, 0, [], 0, None],
    [4, -2, bytes(24), -2, 0, bytes(16), 7, -2, 1, [[1, 3]], 8, ["finished", "over"]],
    [5, -2, 1, -1, 0],
    *([7, 1, topic, -2, 0, bytes(128 * (topic == 2))] for topic in range(4)),
    [8, 1, 0, -2, 0, 1, bytes(16), []],
    [8, 1, 2, -2, 0, 2, b"", [["a.b", "1", bytes(8)]]],
    [9, 1, 1, -2],
    [10, 1, -2],
    [11],
    [17, [0, 1]],
    [1, 0, 0, 0, 0, b"", 0, 0, b"", 0, 0, -1, 0, 0, [[1000, 5]], [[1, 9, 2, 5, bytes(8)]]],
]


class HostileTransport(Transport):
    """Sends what it is given, and more."""

    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._rng = Random(os.environ.get("HOSTILE_SEED", "1"))
        self._honest = HONEST

    def send(self, packets: Iterable[bytes]) -> None:
        for data in packets:
            super().send([data])
            self._honest -= 1
            if self._honest < 0:
                for _ in range(COPIES):
                    self._say(self._changed(data))

    def _say(self, data: bytes) -> None:
        dropped = self.dropped
        super().send([data])
        if self.dropped == dropped:
            try:
                self.tally[type(decode(data)).__name__] += 1
            except RemoteProtocolError:
                self.tally["none"] += 1

    def _changed(self, data: bytes) -> bytes:
        rng, link = self._rng, data[:LINK_ID_BYTES]
        if rng.random() < 0.02:
            return link + rng.randbytes(rng.randrange(200))
        fields = unpack(data[LINK_ID_BYTES:], limits.MAX_PACKET_BYTES)
        frame = fields[2] if fields[0] == 1 else 0
        if rng.random() < 0.3:
            fields = [frame if field == -2 else field for field in rng.choice(UNASKED)]
        if len(fields) > 1 and rng.random() < 0.8:
            numbers = [index for index in range(1, len(fields)) if type(fields[index]) is int]
            if numbers and rng.random() < 0.5:
                fields[rng.choice(numbers)] += rng.choice([-60, -8, -1, 1, 8, 60, 1000])
            else:
                spoil(fields, rng)
        return _by_the_rules(link, pack(fields), data)


def _by_the_rules(link: bytes, body: bytes, honest: bytes) -> bytes:
    """What would be a lie, or a goodbye, is said honestly instead."""
    try:
        packet = decode(link + body)
    except RemoteProtocolError:
        return link + body
    if isinstance(packet, Goodbye):
        return honest
    if isinstance(packet, Inputs):
        true = decode(honest)
        if not isinstance(true, Inputs):
            return honest
        same = {
            name: getattr(true, name) for name in ("first", "inputs", "digest_first", "digests", "claims")
        }
        return encode_inputs(link, replace(packet, **same))
    return link + body


def main() -> None:
    peer.playing.Transport = peer.spectator.Transport = HostileTransport  # type: ignore[misc]
    from peer.commands.main import main as netplay

    try:
        netplay()
    finally:
        Path(os.environ["HOSTILE_TALLY"]).write_text(json.dumps(HostileTransport.tally))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
