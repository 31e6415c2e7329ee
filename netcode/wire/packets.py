"""Packets between two peers: 8 bytes of link id, then one msgpack array that starts with the kind.

Every packet of a running link is cumulative: it carries all inputs and digests the remote has not
acked. So any packet may be lost, doubled or overtaken, and the next one mends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import msgpack

from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.wire.desync_packets import ANSWER, ASK, JUDGED, DesyncPacket, decode_desync
from netcode.wire.feed_packets import FEED, WATCH, Feed, Watch, read_feed, read_watch
from netcode.wire.msgpack_bounds import pack, unpack, unpack_packet
from netcode.wire.text import printable
from netcode.wire.witness_packets import WITNESSED, Witnessed, read_witnessed

HELLO: Final = 0
INPUTS: Final = 1
GOODBYE: Final = 2
HANDOVER: Final = 3
SEAT_WISH: Final = 11
_MOST: Final = limits.MAX_FRAME
_MOST_DIGESTS: Final = limits.DIGESTS_IN_FLIGHT * limits.DIGEST_BYTES
_INPUTS_HEAD: Final = bytes([0x9F, INPUTS])  # of nearly all packets: an array of 15, of this kind

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
    member: int = 0  # the sender's number in the match


@dataclass(frozen=True, slots=True)
class RosterChange:
    """Part of the announcer's input stream (law 4): from a frame on, a guest plays a substitute's slot."""

    at: int  # stands beside the announcer's input of this frame
    first: int  # the frame from which on the slot is the guest's; later than `at`
    slot: int
    member: int  # the guest's number from now on
    guest: bytes  # which guest


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
    confirmed: int = 0  # the sender holds every player's inputs of all frames below
    claims: tuple[tuple[int, int], ...] = ()  # (dropped member, frames held of it)
    changes: tuple[RosterChange, ...] = ()  # announced beside the inputs of frames from `first` on
    pace: int = 0  # ticks that a frame takes at the pace which the sender can keep; 0: the match's own


class Parting(IntEnum):
    """Why a goodbye is said."""

    LEAVES = 0  # the sender leaves in mid-match
    FINISHED = 1  # the match was played to its agreed end
    DROPS_YOU = 2  # the sender and the others have lost the receiver, and go on without it


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The last packet of a link. Carries the sender's last acks, so that the other knows what arrived."""

    reason: str
    parting: Parting
    ack: int
    digest_ack: int


@dataclass(frozen=True, slots=True)
class Handover:
    """Inputs of a dropped peer that the sender holds and the receiver lacks."""

    member: int  # who was dropped
    first: int  # frame of the first input
    inputs: bytes  # all slots of the peer side by side, frame by frame
    changes: tuple[RosterChange, ...] = ()  # what it announced in these frames


@dataclass(frozen=True, slots=True)
class SeatWish:
    """A guest has caught up, hears everybody, and would take its slot."""


Packet = Hello | Inputs | Goodbye | Handover | SeatWish | Feed | Watch | DesyncPacket | Witnessed


def encode_hello(link_id: bytes, hello: Hello) -> bytes:
    fields = [hello.version, hello.settings, hello.fingerprint, hello.accepted, hello.member]
    return link_id + pack([HELLO, *fields])


def encode_inputs(link_id: bytes, p: Inputs) -> bytes:
    more = (_plain(p.changes), p.pace)[: 2 if p.pace else 1] if p.changes or p.pace else ()  # mostly none
    # fmt: off
    body: bytes = _pack_array((
        INPUTS, p.sequence, p.frame, p.advantage, p.first, p.inputs, p.ack, p.digest_first, p.digests,
        p.digest_ack, p.sent, p.echo, p.held, p.confirmed, p.claims, *more,
    ))
    # fmt: on
    return link_id + body


def encode_goodbye(link_id: bytes, goodbye: Goodbye) -> bytes:
    reason = printable(goodbye.reason)[: limits.MAX_TEXT_BYTES // 4]  # a character has 4 bytes at most
    return link_id + pack([GOODBYE, reason, int(goodbye.parting), goodbye.ack, goodbye.digest_ack])


def encode_handover(link_id: bytes, handover: Handover) -> bytes:
    return link_id + pack(
        [HANDOVER, handover.member, handover.first, handover.inputs, _plain(handover.changes)]
    )


def encode_seat_wish(link_id: bytes) -> bytes:
    return link_id + pack([SEAT_WISH])


def _plain(changes: tuple[RosterChange, ...]) -> list[tuple[int | bytes, ...]]:
    return [(c.at, c.first, c.slot, c.member, c.guest) for c in changes]


def decode(data: bytes) -> Packet:
    """A whole packet, link id included -> what it says.

    Raises: RemoteProtocolError for anything else, whatever the bytes.
    """
    if data[limits.LINK_ID_BYTES : limits.LINK_ID_BYTES + 2] == _INPUTS_HEAD:
        return _inputs(unpack_packet(data[limits.LINK_ID_BYTES :], limits.MAX_PACKET_BYTES))
    fields = unpack(memoryview(data)[limits.LINK_ID_BYTES :], limits.MAX_PACKET_BYTES)
    if type(fields) is not list or not fields:
        raise RemoteProtocolError("not an array")
    kind = fields[0]
    if kind == INPUTS and 15 <= len(fields) <= 17:
        return _inputs(fields)
    if kind == HELLO and len(fields) > 1:
        return _hello(fields)
    if kind == GOODBYE and len(fields) == 5:
        return _goodbye(fields)
    if kind == HANDOVER and len(fields) == 5:
        return _handover(fields)
    if kind == SEAT_WISH and len(fields) == 1:
        return SeatWish()
    if kind == FEED and len(fields) == 12:
        return read_feed(fields)
    if kind == WATCH and len(fields) == 5:
        return read_watch(fields)
    if kind in (ASK, ANSWER, JUDGED):
        return decode_desync(fields)
    if kind == WITNESSED and len(fields) == 3:
        return read_witnessed(fields)
    raise RemoteProtocolError("unknown kind of packet, or wrong number of fields")


def _inputs(fields: list[Any]) -> Inputs:
    # One chain of comparisons and one call: this runs for every packet, and a loop takes three times as long.
    # fmt: off
    (_, sequence, frame, advantage, first, inputs, ack, digest_first, digests, digest_ack, sent, echo, held,
     confirmed, claims, *more) = fields
    # fmt: on
    if not (
        type(sequence) is type(frame) is type(first) is type(ack) is type(digest_first) is type(digest_ack)
        is type(sent) is type(held) is type(confirmed) is type(advantage) is type(echo) is int
    ):  # fmt: skip
        raise RemoteProtocolError("a number is of a wrong type")
    if not (
        0 <= sequence <= _MOST and 0 <= frame <= _MOST and 0 <= first <= _MOST and 0 <= ack <= _MOST
        and 0 <= digest_first <= _MOST and 0 <= digest_ack <= _MOST and 0 <= sent <= _MOST
        and 0 <= held <= _MOST and 0 <= confirmed <= _MOST and -_MOST <= advantage <= _MOST
        and -1 <= echo <= _MOST
    ):  # fmt: skip
        raise RemoteProtocolError("a number is out of range")
    if type(inputs) is not bytes or type(digests) is not bytes:
        raise RemoteProtocolError("inputs and digests must be bytes")
    if digests and (len(digests) % limits.DIGEST_BYTES or len(digests) > _MOST_DIGESTS):
        raise RemoteProtocolError("digests have a wrong length")
    changes = _changes(more[0]) if more else ()
    pace = _pace(more[1]) if len(more) > 1 else 0
    claimed = () if claims == [] else _claims(claims)
    # fmt: off
    return Inputs(
        sequence, frame, advantage, first, inputs, ack, digest_first, digests, digest_ack, sent, echo, held,
        confirmed, claimed, changes, pace,
    )
    # fmt: on


def _pace(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise RemoteProtocolError("a pace is out of range")
    return value


def _claims(value: Any) -> tuple[tuple[int, int], ...]:
    if type(value) is not list or len(value) > limits.CLAIMS_CARRIED:
        raise RemoteProtocolError("claims must be a short list")
    for claim in value:
        if type(claim) is not list or len(claim) != 2:
            raise RemoteProtocolError("a claim must be a pair")
        peer, held = claim
        if type(peer) is not int or not 0 <= peer < limits.MAX_MEMBERS_EVER:
            raise RemoteProtocolError("a claim names no player")
        if type(held) is not int or not 0 <= held <= limits.MAX_FRAME:
            raise RemoteProtocolError("a claim is out of range")
    return tuple((peer, held) for peer, held in value)


def _hello(fields: list[Any]) -> Hello:
    version = fields[1]
    if type(version) is not int:
        raise RemoteProtocolError("hello: wrong types")
    if version != limits.PROTOCOL_VERSION:
        return Hello(version, {}, {}, accepted=False)
    if len(fields) != 6:
        raise RemoteProtocolError("hello: wrong number of fields")
    settings, fingerprint, accepted, member = fields[2:]
    if type(accepted) is not bool or type(member) is not int:
        raise RemoteProtocolError("hello: wrong types")
    if not 0 <= member < limits.MAX_MEMBERS_EVER:
        raise RemoteProtocolError("hello: no such member")
    return Hello(version, _texts(settings), _texts(fingerprint), accepted, member)


def _goodbye(fields: list[Any]) -> Goodbye:
    _, reason, parting, ack, digest_ack = fields
    if type(reason) is not str or type(parting) is not int or not 0 <= parting < len(Parting):
        raise RemoteProtocolError("goodbye: wrong types")
    for number in (ack, digest_ack):
        if type(number) is not int or not 0 <= number <= limits.MAX_FRAME:
            raise RemoteProtocolError("goodbye: ack out of range")
    return Goodbye(printable(reason), Parting(parting), ack, digest_ack)


def _handover(fields: list[Any]) -> Handover:
    _, member, first, inputs, changes = fields
    if type(member) is not int or not 0 <= member < limits.MAX_MEMBERS_EVER or type(inputs) is not bytes:
        raise RemoteProtocolError("handover: wrong types")
    if type(first) is not int or not 0 <= first <= limits.MAX_FRAME:
        raise RemoteProtocolError("handover: frame out of range")
    return Handover(member, first, inputs, _changes(changes))


def _changes(value: Any) -> tuple[RosterChange, ...]:
    if type(value) is not list or len(value) > limits.CHANGES_IN_FLIGHT:
        raise RemoteProtocolError("roster changes must be a short list")
    return tuple(_change(fields) for fields in value)


def _change(fields: Any) -> RosterChange:
    if type(fields) is not list or len(fields) != 5:
        raise RemoteProtocolError("a roster change has five fields")
    at, first, slot, member, guest = fields
    for number, bound in (
        (at, limits.MAX_FRAME),
        (first, limits.MAX_FRAME),
        (slot, limits.MAX_PLAYERS),
        (member, limits.MAX_MEMBERS_EVER),
    ):
        if type(number) is not int or not 0 <= number < bound:
            raise RemoteProtocolError("roster change: a number is out of range")
    if first <= at or type(guest) is not bytes or len(guest) != limits.GUEST_BYTES:
        raise RemoteProtocolError("roster change: of the past, or of no guest")
    return RosterChange(at, first, slot, member, guest)


def _texts(value: Any) -> dict[str, str]:
    if type(value) is not dict or not all(type(k) is str and type(v) is str for k, v in value.items()):
        raise RemoteProtocolError("hello: fields must be texts")
    return value
