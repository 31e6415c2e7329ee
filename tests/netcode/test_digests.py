"""The digest chain, and its comparison with a remote's."""

import pytest

from netcode.digests import DigestChain, DigestComparison, OwnDigests
from netcode.errors import RemoteProtocolError
from netcode.limits import DIGEST_BYTES, DIGESTS_IN_FLIGHT


def digest(number: int) -> bytes:
    return number.to_bytes(DIGEST_BYTES, "little")


def own(count: int) -> OwnDigests:
    digests = OwnDigests()
    for number in range(count):
        digests.append(digest(number))
    return digests


def side_by_side(first: int, end: int) -> bytes:
    return b"".join(digest(number) for number in range(first, end))


def chain(frames: list[tuple[bytes, bytes]], state: bytes) -> bytes:
    links = DigestChain()
    for inputs, outcome in frames:
        links.add(inputs, outcome)
    return links.close(state)


def test_a_digest_covers_inputs_outcomes_state_and_all_that_was_before():
    frames = [(b"a", b"1"), (b"b", b"2")]
    same = chain(frames, b"s")
    assert same == chain(list(frames), b"s")
    assert len(same) == DIGEST_BYTES
    others = [
        chain([(b"x", b"1"), (b"b", b"2")], b"s"),
        chain([(b"a", b"x"), (b"b", b"2")], b"s"),
        chain(frames, b"x"),
        chain(frames[:1], b"s"),
    ]
    assert len({same, *others}) == 5
    first, second = DigestChain(), DigestChain()
    first.close(b"s")
    second.close(b"x")
    assert first.close(b"t") != second.close(b"t")


def test_own_digests_are_kept_until_forgotten():
    digests = own(5)
    assert digests.since(2) == side_by_side(2, 5)
    digests.forget_before(3)
    digests.forget_before(1)
    assert digests.at(2) is None
    assert digests.at(3) == digest(3)
    assert digests.at(5) is None
    assert digests.since(4) == digest(4)


def test_a_packet_carries_no_more_than_the_limit_and_the_next_carries_on():
    digests = own(DIGESTS_IN_FLIGHT + 10)
    comparison = DigestComparison(own(0))
    comparison.receive(0, digests.since(0))
    assert comparison.received == DIGESTS_IN_FLIGHT
    comparison = DigestComparison(digests)
    comparison.receive(0, digests.since(0))
    comparison.compare()
    comparison.receive(comparison.received, digests.since(comparison.received))
    assert comparison.compare() is None
    assert comparison.compared == DIGESTS_IN_FLIGHT + 10


def test_comparison_waits_for_the_slower_side():
    ours = own(2)
    comparison = DigestComparison(ours)
    comparison.receive(0, side_by_side(0, 4))
    assert comparison.compare() is None
    assert (comparison.received, comparison.compared) == (4, 2)
    ours.append(digest(2))
    assert comparison.compare() is None
    assert comparison.compared == 3


def test_what_is_repeated_is_taken_once():
    comparison = DigestComparison(own(6))
    comparison.receive(0, side_by_side(0, 3))
    comparison.receive(1, side_by_side(1, 5))
    comparison.receive(0, side_by_side(0, 2))
    assert comparison.received == 5
    assert comparison.compare() is None
    assert comparison.compared == 5


def test_the_first_that_differs_is_named():
    comparison = DigestComparison(own(6))
    comparison.receive(0, side_by_side(0, 3) + digest(99) + digest(4))
    assert comparison.compare() == 3
    assert comparison.compared == 3


def test_a_gap_is_refused_and_changes_nothing():
    comparison = DigestComparison(own(6))
    comparison.receive(0, side_by_side(0, 2))
    with pytest.raises(RemoteProtocolError, match="expected 2"):
        comparison.receive(3, side_by_side(3, 5))
    assert comparison.received == 2


def test_a_remote_cannot_fill_our_memory_with_digests():
    comparison = DigestComparison(own(0))
    with pytest.raises(RemoteProtocolError, match="ahead"):
        for first in range(0, 100_000, DIGESTS_IN_FLIGHT):
            comparison.receive(first, bytes(DIGESTS_IN_FLIGHT * DIGEST_BYTES))
    assert len(comparison._theirs) <= 2 * DIGESTS_IN_FLIGHT
