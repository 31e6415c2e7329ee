"""Packets of an inquiry into a desync, kinds 7 to 9. All are sent again until answered; all are bounded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from netcode import limits
from netcode.desync.fields import Field
from netcode.errors import RemoteProtocolError
from netcode.wire.msgpack_bounds import pack
from netcode.wire.text import printable

ASK: Final = 7
ANSWER: Final = 8
JUDGED: Final = 9

MAX_CHUNKS: Final = 4096  # of one answer
PAYLOAD_BYTES: Final = 6000  # of one chunk, so that a packet stays under MAX_PACKET_BYTES
_BITMAP_BYTES: Final = limits.DESYNC_BUCKETS // 8


class Topic(IntEnum):
    """What is asked, in this order."""

    FRAMES = 0  # two digests of every frame of the interval
    BUCKETS = 1  # hashes of all buckets of one frame
    FIELDS = 2  # the fields of some buckets of one frame


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about digest number `index`."""

    index: int
    topic: Topic
    frame: int
    chunk: int  # the first that is wanted
    buckets: bytes  # a bit for each, lowest first; empty but for Topic.FIELDS


@dataclass(frozen=True, slots=True)
class Answer:
    """One chunk of an answer: `digests` side by side, or `fields`."""

    index: int
    topic: Topic
    frame: int
    chunk: int
    chunks: int  # there are so many
    digests: bytes
    fields: tuple[Field, ...]


class Judgement(IntEnum):
    """What a peer has found out of its own game, by playing its inputs again."""

    UNKNOWN = 0  # it could not, or was not asked to
    RIGHT = 1  # it is what the inputs lead to
    WRONG = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """The sender knows all it wants to know of digest number `index`, and says this of itself."""

    index: int
    judgement: Judgement
    known: bool  # it has the receiver's word, or needs it no more


DesyncPacket = Ask | Answer | Judged


def encode_desync(link_id: bytes, packet: DesyncPacket) -> bytes:
    match packet:
        case Ask(index, topic, frame, chunk, buckets):
            return link_id + pack([ASK, index, int(topic), frame, chunk, buckets])
        case Answer(index, topic, frame, chunk, chunks, digests, fields):
            listed = [[field.path, field.text, field.check] for field in fields]
            return link_id + pack([ANSWER, index, int(topic), frame, chunk, chunks, digests, listed])
        case Judged(index, judgement, known):
            return link_id + pack([JUDGED, index, int(judgement), known])


def decode_desync(fields: list[Any]) -> DesyncPacket:
    """The fields of a packet of these kinds, kind included.

    Raises: RemoteProtocolError for anything that is none, or goes past a bound.
    """
    kind = fields[0]
    if kind == ASK and len(fields) == 6:
        _, index, topic, frame, chunk, buckets = fields
        _check_numbers(index, frame)
        _check_numbers(chunk, limit=MAX_CHUNKS)
        if type(buckets) is not bytes or len(buckets) not in (0, _BITMAP_BYTES):
            raise RemoteProtocolError("ask: wrong buckets")
        return Ask(index, _topic(topic), frame, chunk, buckets)
    if kind == ANSWER and len(fields) == 8:
        _, index, topic, frame, chunk, chunks, digests, listed = fields
        _check_numbers(index, frame)
        _check_numbers(chunk, chunks, limit=MAX_CHUNKS)
        if chunk >= chunks or type(digests) is not bytes or len(digests) % limits.DIGEST_BYTES:
            raise RemoteProtocolError("answer: wrong chunk")
        return Answer(index, _topic(topic), frame, chunk, chunks, digests, _fields(listed))
    if kind == JUDGED and len(fields) == 4:
        _, index, judgement, known = fields
        _check_numbers(index)
        _check_numbers(judgement, limit=len(Judgement) - 1)
        if type(known) is not bool:
            raise RemoteProtocolError("judged: known is yes or no")
        return Judged(index, Judgement(judgement), known)
    raise RemoteProtocolError("desync: wrong number of fields")


def _check_numbers(*numbers: Any, limit: int = limits.MAX_FRAME) -> None:
    for number in numbers:
        if type(number) is not int or not 0 <= number <= limit:
            raise RemoteProtocolError("desync: a number is out of range")


def _topic(value: Any) -> Topic:
    if type(value) is not int or not 0 <= value < len(Topic):
        raise RemoteProtocolError("desync: no such topic")
    return Topic(value)


def _fields(value: Any) -> tuple[Field, ...]:
    if type(value) is not list:
        raise RemoteProtocolError("answer: fields must be a list")
    return tuple(_field(item) for item in value)


def _field(value: Any) -> Field:
    if type(value) is not list or [type(part) for part in value] != [str, str, bytes]:
        raise RemoteProtocolError("answer: a field must be path, text and check")
    path, text, check = value
    too_long = len(path) > limits.MAX_PATH_CHARS or len(text) > limits.MAX_VALUE_CHARS
    if too_long or len(check) != limits.DIGEST_BYTES:
        raise RemoteProtocolError("answer: a field is too long")
    return Field(printable(path), printable(text), check)
