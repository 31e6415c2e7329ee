"""Packets between two peers: 8 bytes of link id, then one msgpack array that starts with the kind.

Every packet of a running link is cumulative: it carries all inputs and digests the remote has not
acked. So any packet may be lost, doubled or overtaken, and the next one mends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgpack

from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.wire.msgpack_bounds import pack, unpack

HELLO: Final = 0
INPUTS: Final = 1
GOODBYE: Final = 2

_pack_array = msgpack.Packer().pack  # reused: a new Packer for each packet costs more than packing


@dataclass(frozen=True, slots=True)
class Hello:
    """Opens a link: says what we would play. `accepted`: we have seen yours, and it agrees.

    Of another version only the version is known: whatever follows it may have changed since.
    """

    version: int
    settings: dict[str, str]  # field -> text
    fingerprint: dict[str, str]  # field -> text
    accepted: bool


@dataclass(slots=True)
class Inputs:
    """One frame's news. Times are in ticks of 100 us, modulo 2**32. Not frozen: built 60 times a second."""

    sequence: int  # numbers the packets of a link, from 0
    frame: int  # the sender's present
    advantage: int  # the sender's present minus the receiver's, as it was when it last heard of that
    first: int  # frame of the first input carried
    inputs: bytes  # of frames first, first+1, ...; as many bytes a frame as the sender's slots have
    ack: int  # the sender holds the receiver's inputs of all frames below
    digest_first: int  # number of the first digest carried
    digests: bytes  # 8 bytes each
    digest_ack: int  # the sender holds the receiver's digests below this number
    sent: int  # sender's clock when sent
    echo: int  # `sent` of the newest packet the sender has of the receiver; -1 if none
    held: int  # ticks that packet had waited when this one was sent


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The sender leaves. Carries its last acks, so that the other knows what arrived."""

    reason: str
    finished: bool  # the match was played to its agreed end
    ack: int
    digest_ack: int


Packet = Hello | Inputs | Goodbye


def encode_hello(link_id: bytes, hello: Hello) -> bytes:
    return link_id + pack([HELLO, hello.version, hello.settings, hello.fingerprint, hello.accepted])


def encode_inputs(link_id: bytes, p: Inputs) -> bytes:
    head = (INPUTS, p.sequence, p.frame, p.advantage, p.first, p.inputs, p.ack)
    body: bytes = _pack_array((*head, p.digest_first, p.digests, p.digest_ack, p.sent, p.echo, p.held))
    return link_id + body


def encode_goodbye(link_id: bytes, goodbye: Goodbye) -> bytes:
    reason = printable(goodbye.reason)[: limits.MAX_TEXT_BYTES // 4]  # a character has 4 bytes at most
    return link_id + pack([GOODBYE, reason, goodbye.finished, goodbye.ack, goodbye.digest_ack])


def printable(text: str) -> str:
    """`text` as one line that a terminal may show: what is said by others must not move its cursor."""
    return "".join([character if character.isprintable() else " " for character in text])


def decode(data: bytes) -> Packet:
    """A whole packet, link id included -> what it says.

    Raises: RemoteProtocolError for anything else, whatever the bytes.
    """
    fields = unpack(memoryview(data)[limits.LINK_ID_BYTES :], limits.MAX_PACKET_BYTES)
    if type(fields) is not list or not fields:
        raise RemoteProtocolError("not an array")
    kind = fields[0]
    if kind == INPUTS and len(fields) == 13:
        return _inputs(fields)
    if kind == HELLO and len(fields) > 1:
        return _hello(fields)
    if kind == GOODBYE and len(fields) == 5:
        return _goodbye(fields)
    raise RemoteProtocolError("unknown kind of packet, or wrong number of fields")


def _inputs(fields: list[Any]) -> Inputs:
    _, sequence, frame, advantage, first, inputs, ack = fields[:7]
    digest_first, digests, digest_ack, sent, echo, held = fields[7:]
    limit = limits.MAX_FRAME
    for number in (sequence, frame, first, ack, digest_first, digest_ack, sent, held):
        if type(number) is not int or not 0 <= number <= limit:
            raise RemoteProtocolError("a number is out of range")
    if type(advantage) is not int or not -limit <= advantage <= limit:
        raise RemoteProtocolError("advantage is out of range")
    if type(echo) is not int or not -1 <= echo <= limit:
        raise RemoteProtocolError("echo is out of range")
    if type(inputs) is not bytes or type(digests) is not bytes:
        raise RemoteProtocolError("inputs and digests must be bytes")
    if len(digests) % limits.DIGEST_BYTES or len(digests) > limits.DIGESTS_IN_FLIGHT * limits.DIGEST_BYTES:
        raise RemoteProtocolError("digests have a wrong length")
    return Inputs(
        sequence, frame, advantage, first, inputs, ack, digest_first, digests, digest_ack, sent, echo, held
    )


def _hello(fields: list[Any]) -> Hello:
    version = fields[1]
    if type(version) is not int:
        raise RemoteProtocolError("hello: wrong types")
    if version != limits.PROTOCOL_VERSION:
        return Hello(version, {}, {}, accepted=False)
    if len(fields) != 5:
        raise RemoteProtocolError("hello: wrong number of fields")
    settings, fingerprint, accepted = fields[2:]
    if type(accepted) is not bool:
        raise RemoteProtocolError("hello: wrong types")
    return Hello(version, _texts(settings), _texts(fingerprint), accepted)


def _goodbye(fields: list[Any]) -> Goodbye:
    _, reason, finished, ack, digest_ack = fields
    if type(reason) is not str or type(finished) is not bool:
        raise RemoteProtocolError("goodbye: wrong types")
    for number in (ack, digest_ack):
        if type(number) is not int or not 0 <= number <= limits.MAX_FRAME:
            raise RemoteProtocolError("goodbye: ack out of range")
    return Goodbye(printable(reason), finished, ack, digest_ack)


def _texts(value: Any) -> dict[str, str]:
    if type(value) is not dict or not all(type(k) is str and type(v) is str for k, v in value.items()):
        raise RemoteProtocolError("hello: fields must be texts")
    return value
