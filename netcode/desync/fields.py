"""A frame as fields: path, short text, and a check over the whole value. Hashed into buckets, then compared.

Two states of a hundred thousand fields are told apart by a few kilobytes: first the hashes of all buckets,
then only the fields of those that differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from netcode.limits import DESYNC_BUCKETS, DIGEST_BYTES, MAX_PATH_CHARS, MAX_VALUE_CHARS
from netcode.wire.text import printable

ABSENT: Final = "(absent)"
INPUTS_OF: Final = "inputs of slot "  # and its number: the path of what a player pressed
OUTCOME: Final = "outcome"  # the path of what a step gave


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a state, small enough for the wire."""

    path: str
    text: str  # of the value; cut where it is long
    check: bytes  # DIGEST_BYTES over type and whole value


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same on two peers."""

    path: str
    here: str
    there: str

    @property
    def slot(self) -> int | None:
        """Whose inputs differ, if both sides say what they have."""
        if ABSENT in (self.here, self.there) or not self.path.startswith(INPUTS_OF):
            return None
        return int(self.path.removeprefix(INPUTS_OF))

    def __str__(self) -> str:
        verb = " differ:" if self.path.startswith(INPUTS_OF) else ""
        return f"{self.path}{verb} {self.here} here, {self.there} there"


def fields_of(flat: Mapping[str, object]) -> list[Field]:
    """A flattened state, in its order. An attribute that is None counts as absent, as it does in a digest."""
    return [
        field(path, value) for path, value in flat.items() if value is not None or path.endswith(("]", ")"))
    ]


def field(path: str, value: object) -> Field:
    # By repr, which tells -0.0 from 0.0 and 1 from True, and finds NaN equal to itself.
    whole = repr(value)
    text = value if isinstance(value, str) else whole
    return Field(_cut(printable(path), MAX_PATH_CHARS), _cut(printable(text), MAX_VALUE_CHARS), _hash(whole))


def bucket_hashes(fields: Sequence[Field]) -> list[bytes]:
    """A hash of each of the DESYNC_BUCKETS buckets, whatever the order of the fields."""
    sums = [0] * DESYNC_BUCKETS
    for one in fields:
        sums[bucket_of(one)] += int.from_bytes(_hash(one.path, one.check), "little")
    return [(total % 2 ** (8 * DIGEST_BYTES)).to_bytes(DIGEST_BYTES, "little") for total in sums]


def is_played(one: Field) -> bool:
    """Inputs and outcome, which are kept of every frame; the rest is state."""
    return one.path == OUTCOME or one.path.startswith(INPUTS_OF)


def bucket_of(one: Field) -> int:
    return int.from_bytes(_hash(one.path)[:4], "little") % DESYNC_BUCKETS


def differences(ours: Sequence[Field], theirs: Sequence[Field]) -> list[Difference]:
    """What differs, in our order (the one a person would read in), then what only they have."""
    there = {one.path: one for one in theirs}
    here = {one.path for one in ours}
    found = []
    for one in ours:
        other = there.get(one.path)
        if other is None:
            found.append(Difference(one.path, one.text, ABSENT))
        elif other.check != one.check:
            texts = [one.text, other.text]
            if one.text == other.text:  # the difference was cut away, or is one of type
                texts = [f"{side.text} #{side.check.hex()[:6]}" for side in (one, other)]
            found.append(Difference(one.path, *texts))
    return found + [Difference(one.path, ABSENT, one.text) for one in theirs if one.path not in here]


def _cut(text: str, most: int) -> str:
    """The middle is left out: a path's end says most, and a value's beginning."""
    if len(text) <= most:
        return text
    end = most // 2
    return f"{text[: most - end - 1]}~{text[-end:]}"


def _hash(text: str, more: bytes = b"") -> bytes:
    return blake2b(text.encode(errors="surrogatepass") + more, digest_size=DIGEST_BYTES).digest()
