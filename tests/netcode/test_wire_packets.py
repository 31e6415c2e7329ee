"""Packets: what is sent comes back; any other bytes end in RemoteProtocolError and nothing else."""

import tracemalloc

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.wire.packets import (
    Goodbye,
    Handover,
    Hello,
    Inputs,
    Parting,
    RosterChange,
    decode,
    encode_goodbye,
    encode_handover,
    encode_hello,
    encode_inputs,
    printable,
)
from netcode.wire.witness_packets import WITNESSED, Witnessed, encode_witnessed

LINK = b"linklink"
NUMBERS = st.integers(0, limits.MAX_FRAME)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
FIELDS = st.dictionaries(TEXTS, TEXTS, max_size=6)
MEMBERS = st.integers(0, limits.MAX_MEMBERS_EVER - 1)
HELLOS = st.builds(Hello, st.just(limits.PROTOCOL_VERSION), FIELDS, FIELDS, st.booleans(), MEMBERS)
CHANGES = st.lists(
    st.builds(
        RosterChange,
        at=st.integers(0, 1000),
        first=st.integers(1001, limits.MAX_FRAME - 1),
        slot=st.integers(0, limits.MAX_PLAYERS - 1),
        member=MEMBERS,
        guest=st.binary(min_size=limits.GUEST_BYTES, max_size=limits.GUEST_BYTES),
    ),
    max_size=3,
).map(tuple)
INPUTS = st.builds(
    Inputs,
    sequence=NUMBERS,
    frame=NUMBERS,
    advantage=st.integers(-limits.MAX_FRAME, limits.MAX_FRAME),
    first=NUMBERS,
    inputs=st.binary(max_size=300),
    ack=NUMBERS,
    digest_first=NUMBERS,
    digests=st.integers(0, 20).map(lambda n: bytes(n * limits.DIGEST_BYTES)),
    digest_ack=NUMBERS,
    sent=NUMBERS,
    echo=st.integers(-1, limits.MAX_FRAME),
    held=NUMBERS,
    confirmed=NUMBERS,
    claims=st.lists(st.tuples(MEMBERS, NUMBERS), max_size=4).map(tuple),
    changes=CHANGES,
    pace=st.just(0) | NUMBERS,
)
HANDOVERS = st.builds(Handover, MEMBERS, NUMBERS, st.binary(max_size=300), CHANGES)
GOODBYES = st.builds(Goodbye, TEXTS.map(printable), st.sampled_from(Parting), NUMBERS, NUMBERS)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        TEXTS,
        st.binary(max_size=40),
        st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=9)),
    ),
    lambda inner: st.lists(inner, max_size=14) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)


def decoded(data: bytes) -> object:
    """The packet, or None where it was refused; any other error fails the test."""
    try:
        return decode(data)
    except RemoteProtocolError as error:
        assert "\n" not in str(error)
        return None


def inputs_fields(**changes: object) -> list[object]:
    fields = {
        "kind": 1,
        "sequence": 1,
        "frame": 2,
        "advantage": 3,
        "first": 4,
        "inputs": b"",
        "ack": 5,
        "digest_first": 6,
        "digests": b"",
        "digest_ack": 7,
        "sent": 8,
        "echo": 9,
        "held": 10,
        "confirmed": 11,
        "claims": [[2, 12]],
        "changes": [[3, 9, 2, 4, b"8 bytes!"]],
        "pace": 400,
    }
    return list((fields | changes).values())


ENCODERS = {
    Hello: encode_hello,
    Inputs: encode_inputs,
    Goodbye: encode_goodbye,
    Handover: encode_handover,
}
PACKETS = HELLOS | INPUTS | GOODBYES | HANDOVERS


def encoded(packet: object) -> bytes:
    return ENCODERS[type(packet)](LINK, packet)


@given(PACKETS)
def test_what_is_sent_comes_back(packet):
    assert encoded(packet)[:8] == LINK
    assert decode(encoded(packet)) == packet


@given(PACKETS, st.data())
def test_a_damaged_packet_gives_a_packet_or_our_own_error(packet, data):
    good = bytearray(encoded(packet))
    for _ in range(data.draw(st.integers(1, 3))):
        good[data.draw(st.integers(8, len(good) - 1))] = data.draw(st.integers(0, 255))
    decoded(bytes(good[: data.draw(st.integers(8, len(good)))]))


SIDES = st.frozensets(MEMBERS, min_size=1, max_size=limits.MAX_SIDE)


@given(SIDES, SIDES)
def test_the_word_of_a_witness_comes_back(here, lost):
    assert decode(encode_witnessed(LINK, Witnessed(here, lost))) == Witnessed(here, lost)


@pytest.mark.parametrize("side", [[], [-1], [limits.MAX_MEMBERS_EVER], [True], ["1"], 1, None, [1] * 33])
def test_a_side_that_is_none_is_refused(side):
    for sides in ([side, [0]], [[0], side]):
        with pytest.raises(RemoteProtocolError, match="witnessed"):
            decode(LINK + msgpack.packb([WITNESSED, *sides]))


@settings(max_examples=300)
@given(st.binary(max_size=200))
@example(b"")
@example(LINK)
@example(LINK + b"\xc1")  # no msgpack type
@example(LINK + b"\x91" * 4000)  # nested ever deeper
@example(LINK + b"\xdc\x04\x00" * 2700)  # nested, each level said to be 1024 wide
@example(LINK + b"\xdd\xff\xff\xff\xff")  # an array of four billion
@example(LINK + b"\xdf\xff\xff\xff\xff")  # a map of four billion
@example(LINK + b"\xc6\xff\xff\xff\xff")  # four gigabytes
@example(LINK + b"\xdb\xff\xff\xff\xff")  # a text of four gigabytes
@example(LINK + b"\xc9\xff\xff\xff\xff\x00")  # an extension of four gigabytes
@example(LINK + b"\xd6\xff\x00\x00\x00\x00")  # a time stamp
@example(LINK + msgpack.packb([2, b"\xff\xfe", False, 1, 1], use_bin_type=False))  # invalid UTF-8
@example(LINK + msgpack.packb([1] * 1025))
@example(LINK + msgpack.packb([0, 1, {1: "x"}, {}, True]))
@example(LINK + msgpack.packb(inputs_fields()) + b"\x00")  # something after the end
@example(LINK + bytes(limits.MAX_PACKET_BYTES + 1))
def test_any_bytes_give_a_packet_or_our_own_error(data):
    decoded(data)
    decoded(LINK + data)


@settings(max_examples=150)
@given(VALUES)
def test_any_values_give_a_packet_or_our_own_error(value):
    decoded(LINK + msgpack.packb(value))


@settings(max_examples=150)
@given(st.integers(0, WITNESSED), st.lists(VALUES, max_size=15))
def test_any_fields_give_a_packet_or_our_own_error(kind, fields):
    decoded(LINK + msgpack.packb([kind, *fields]))


@pytest.mark.parametrize(
    "change",
    [
        {name: value}
        for name in (
            "sequence",
            "frame",
            "first",
            "ack",
            "digest_first",
            "digest_ack",
            "sent",
            "held",
            "confirmed",
        )
        for value in (-1, limits.MAX_FRAME + 1, 2**64 - 1, 1.0, True, None, "1", float("nan"))
    ]
    + [{"echo": value} for value in (-2, 2**63, True, 0.5)]
    + [{"advantage": value} for value in (2**41, -(2**41), float("inf"), False)]
    + [{"inputs": "text"}, {"inputs": None}, {"inputs": [1]}, {"digests": "text"}, {"digests": bytes(7)}]
    + [{"digests": bytes(8 * (limits.DIGESTS_IN_FLIGHT + 1))}]
    + [
        {"claims": value}
        for value in (None, {}, [1], [[1]], [[1, 2, 3]], [[0, 1]] * 65, [[1, -1]], [[1, 2**41]])
    ]
    + [{"claims": [[who, 1]]} for who in (-1, limits.MAX_MEMBERS_EVER, True, "0", None)]
    + [{"pace": value} for value in (None, -1, True, 1.5, limits.MAX_FRAME + 1)]
    + [{"changes": value} for value in (None, {}, [1], [[1, 2, 3, 4]], [[1, 2, 3, 4, b"8 bytes!"]] * 17)]
    + [
        {"changes": [[*numbers, guest]]}
        for *numbers, guest in (
            (1, 1, 3, 4, b"8 bytes!"),
            (-1, 2, 3, 4, b"8 bytes!"),
            (1, 2, limits.MAX_PLAYERS, 4, b"8 bytes!"),
            (1, 2, 3, limits.MAX_MEMBERS_EVER, b"8 bytes!"),
            (1, 2**41, 3, 4, b"8 bytes!"),
            (1, True, 3, 4, b"8 bytes!"),
            (1, 2, 3, 4, b"7 bytes"),
            (1, 2, 3, 4, "8 bytes!"),
        )
    ],
)
def test_a_field_of_the_wrong_type_or_size_is_refused(change):
    assert decoded(LINK + msgpack.packb(inputs_fields())) is not None
    with pytest.raises(RemoteProtocolError):
        decode(LINK + msgpack.packb(inputs_fields(**change)))


@pytest.mark.parametrize(
    "fields",
    [
        [2, "bye", 3, 0, 0],
        [2, b"bye", 1, 0, 0],
        [2, "bye", 1, -1, 0],
        [2, "bye", 1, 0, 2**41],
        [2, "bye", 1, True, 0],
        [2, "bye", 1, 0],
        [2, "bye", True, 0, 0],
        [0, limits.PROTOCOL_VERSION, {}, {}, 1, 0],
        [0, limits.PROTOCOL_VERSION, {}, {}, True, -1],
        [0, limits.PROTOCOL_VERSION, {}, {}, True, True],
        [11, 1],
        [0, limits.PROTOCOL_VERSION, {}, {}],
        [0, "1", {}, {}, True, 0],
        [0, True, {}, {}, True, 0],
        [0],
        [0, limits.PROTOCOL_VERSION, {"a": 1}, {}, True, 0],
        [0, limits.PROTOCOL_VERSION, [], {}, True, 0],
        [0, limits.PROTOCOL_VERSION, {b"a": "b"}, {}, True, 0],
        [3, 1, 2],
        [3, -1, 0, b"", []],
        [3, limits.MAX_MEMBERS_EVER, 0, b"", []],
        [3, 0, -1, b"", []],
        [3, 0, 2**41, b"", []],
        [3, 0, 0, "text", []],
        [3, True, 0, b"", []],
        [3, 0, 0, b"", None],
        [],
        {},
        5,
        None,
        [[1], 2],
        [0, limits.PROTOCOL_VERSION, {str(n): "" for n in range(limits.MAX_FIELDS + 1)}, {}, True, 0],
        [0, limits.PROTOCOL_VERSION, {"a": "x" * (limits.MAX_TEXT_BYTES + 1)}, {}, True, 0],
    ],
)
def test_a_packet_of_the_wrong_shape_is_refused(fields):
    with pytest.raises(RemoteProtocolError):
        decode(LINK + msgpack.packb(fields))


@pytest.mark.parametrize("rest", [[], [{}, {}, True], [1, 2, 3, 4, 5, 6], ["all", "new"]])
def test_a_hello_of_another_version_is_known_as_such_whatever_follows(rest):
    version = limits.PROTOCOL_VERSION + 1
    assert decode(LINK + msgpack.packb([0, version, *rest])) == Hello(version, {}, {}, accepted=False)


def test_a_goodbye_cannot_write_to_the_terminal():
    raw = msgpack.packb([2, "a\x1b[2J\r\nb\u202e", 0, 0, 0])
    assert decode(LINK + raw).reason == "a [2J  b "
    long = Goodbye("\U0001f600" * 5000 + "\ud800\n", Parting.LEAVES, 0, 0)
    sent = decode(encode_goodbye(LINK, long))
    assert sent.reason and set(sent.reason) == {"\U0001f600"}
    assert decode(encode_goodbye(LINK, Goodbye("\ud800 no text", Parting.LEAVES, 0, 0))).reason == "  no text"


def test_decoding_is_bounded_in_memory():
    """The worst a packet can make us allocate: arrays in arrays, each with its room made at once."""
    worst = LINK + b"\xdc\x04\x00" * ((limits.MAX_PACKET_BYTES - 8) // 3)
    tracemalloc.start()
    decoded(worst)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16_000_000
