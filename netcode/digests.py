"""Digests of confirmed frames: a chain each peer computes alone, compared between all of them.

A link of the chain covers `interval` frames: their inputs, their outcomes, the whole state after the
last of them, and the link before. So equal digests mean equal history, not just equal present.
"""

from __future__ import annotations

from hashlib import blake2b

from netcode.errors import RemoteProtocolError
from netcode.limits import DIGEST_BYTES, DIGESTS_IN_FLIGHT


class DigestChain:
    """Fed confirmed frames in order; closed with the state's digest at every interval and at the end."""

    def __init__(self, newest: bytes = bytes(DIGEST_BYTES)) -> None:
        """`newest`: the digest to go on from."""
        self.newest = newest
        self._hasher = blake2b(self.newest, digest_size=DIGEST_BYTES)

    def add(self, inputs: bytes, outcome: bytes) -> None:
        """The next confirmed frame: the inputs of all slots side by side, and what came of them."""
        self._hasher.update(inputs + outcome)

    def close(self, state_digest: bytes) -> bytes:
        """The digest of all frames so far and the state after them."""
        self._hasher.update(state_digest)
        self.newest = self._hasher.digest()
        self._hasher = blake2b(self.newest, digest_size=DIGEST_BYTES)
        return self.newest


class OwnDigests:
    """This peer's digests in order, kept until every remote acked and answered them."""

    def __init__(self) -> None:
        self.count = 0
        self.oldest = 0  # number of the oldest that is kept
        self._data = bytearray()

    def append(self, digest: bytes) -> None:
        self._data += digest
        self.count += 1

    def at(self, index: int) -> bytes | None:
        """Digest number `index`, or None if it is not (or no longer) here."""
        if not self.oldest <= index < self.count:
            return None
        start = (index - self.oldest) * DIGEST_BYTES
        return bytes(self._data[start : start + DIGEST_BYTES])

    def since(self, index: int) -> bytes:
        """Digests from number `index` on, side by side, no more than a packet may carry."""
        if index == self.count:
            return b""
        start = (index - self.oldest) * DIGEST_BYTES
        return bytes(self._data[start : start + DIGESTS_IN_FLIGHT * DIGEST_BYTES])

    def forget_before(self, index: int) -> None:
        """Every remote is done with those below `index`, which may be yet to come."""
        index = min(index, self.count)
        if index > self.oldest:
            del self._data[: (index - self.oldest) * DIGEST_BYTES]
            self.oldest = index


class DigestComparison:
    """One remote's digests against ours. Cumulative like inputs, so none can be skipped."""

    def __init__(self, own: OwnDigests) -> None:
        self._own = own
        self._theirs: list[bytes] = []  # received, not compared yet: we are behind
        self.received = 0
        self.compared = 0
        self.disputed: int | None = None  # number of the first that differs; comparing stops there

    def begin_at(self, number: int) -> None:
        """Earlier digests are not compared with this remote: one of us was not there."""
        self.received = self.compared = number

    def receive(self, first: int, digests: bytes) -> None:
        """Take in a packet's digests, numbers `first`, `first`+1, ...

        Raises: RemoteProtocolError on a gap, or when the remote runs impossibly far ahead.
        """
        if first > self.received:
            raise RemoteProtocolError(f"digests from {first}, expected {self.received}")
        if not digests:
            return
        if self.received - self.compared > DIGESTS_IN_FLIGHT:
            if self.disputed is not None:
                return  # it is we who stand still; they come again
            raise RemoteProtocolError("more digests ahead of ours than can be")
        for start in range((self.received - first) * DIGEST_BYTES, len(digests), DIGEST_BYTES):
            self._theirs.append(digests[start : start + DIGEST_BYTES])
            self.received += 1

    @property
    def due(self) -> bool:
        """Is there one that both sides have, and that is not compared yet?"""
        return len(self._theirs) > 0 and self.compared < self._own.count

    def compare(self) -> int | None:
        """Compare all that both sides have. Returns the number of the first that differs, or None."""
        while self._theirs and self.compared < self._own.count:
            if self._own.at(self.compared) != self._theirs[0]:
                self.disputed = self.compared
                return self.disputed
            self._theirs.pop(0)
            self.compared += 1
        return None
