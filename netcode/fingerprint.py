"""A fingerprint says which game a peer would play: field -> text. Two peers play only if all fields agree."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from netcode.limits import DIGEST_BYTES

Fingerprint = Mapping[str, str]

FIELDS_NAMED: Final = 3  # of those that differ
_SHOWN: Final = 48  # characters of a value
_ABSENT: Final = "(absent)"


def fingerprint_digest(fingerprint: Fingerprint) -> bytes:
    """8 bytes, equal iff the fingerprints are."""
    hasher = blake2b(digest_size=DIGEST_BYTES)
    for key, value in sorted(fingerprint.items()):
        for text in (key, value):
            data = text.encode()
            hasher.update(len(data).to_bytes(4, "little") + data)
    return hasher.digest()


def difference(ours: Fingerprint, theirs: Fingerprint) -> str | None:
    """The differing fields in one line (`numpy: 2.4.6 here, 2.4.5 there`), or None if equal.

    At most FIELDS_NAMED of them, then how many more there are; of long values the part that differs.
    """
    fields = [key for key in sorted(ours.keys() | theirs.keys()) if ours.get(key) != theirs.get(key)]
    if not fields:
        return None
    named = [_name(key, ours.get(key, _ABSENT), theirs.get(key, _ABSENT)) for key in fields[:FIELDS_NAMED]]
    more = len(fields) - len(named)
    return "; ".join([*named, f"and {more} more"] if more else named)


def _name(key: str, here: str, there: str) -> str:
    pairs = zip(here, there, strict=False)
    same = next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(here), len(there)))
    return f"{key}: {_from(here, same)} here, {_from(there, same)} there"


def _from(text: str, same: int) -> str:
    """The text, or its part around `same`, where it begins to differ."""
    if len(text) <= _SHOWN:
        return text
    begin = max(0, min(same - _SHOWN // 4, len(text) - _SHOWN))
    end = begin + _SHOWN
    return f"{'...' if begin else ''}{text[begin:end]}{'...' if end < len(text) else ''}"
