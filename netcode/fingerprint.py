"""A fingerprint says which game a peer would play: field -> text. Two peers play only if all fields agree.

Fields that begin with `ABOUT` say where the others come from (which CPU, which C library). They are not
compared: they explain why the others differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from netcode.limits import DIGEST_BYTES

Fingerprint = Mapping[str, str]

ABOUT: Final = "about."
FIELDS_NAMED: Final = 3  # of those that differ
_SHOWN: Final = 48  # characters of a value
_ABSENT: Final = "(absent)"


def fingerprint_digest(fingerprint: Fingerprint) -> bytes:
    """8 bytes, equal iff the fingerprints are."""
    hasher = blake2b(digest_size=DIGEST_BYTES)
    for key, value in sorted(fingerprint.items()):
        for text in (key, value) if not key.startswith(ABOUT) else ():
            data = text.encode()
            hasher.update(len(data).to_bytes(4, "little") + data)
    return hasher.digest()


def differing_fields(ours: Fingerprint, theirs: Fingerprint) -> list[str]:
    """The names of the fields that differ, sorted."""
    return [
        key
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key) and not key.startswith(ABOUT)
    ]


def difference(ours: Fingerprint, theirs: Fingerprint) -> str | None:
    """The differing fields in one line (`numpy: 2.4.6 here, 2.4.5 there`), or None if equal.

    At most FIELDS_NAMED of them, then how many more there are; of long values the part that differs.
    """
    fields = differing_fields(ours, theirs)
    if not fields:
        return None
    named = [_name(key, ours, theirs) for key in fields[:FIELDS_NAMED]]
    more = len(fields) - len(named)
    return "; ".join([*named, f"and {more} more"] if more else named)


def both_values(key: str, ours: Fingerprint, theirs: Fingerprint) -> tuple[str, str]:
    """A field's value here and there; of long values the part that differs."""
    here, there = ours.get(key, _ABSENT), theirs.get(key, _ABSENT)
    pairs = zip(here, there, strict=False)
    same = next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(here), len(there)))
    return _from(here, same), _from(there, same)


def _name(key: str, ours: Fingerprint, theirs: Fingerprint) -> str:
    here, there = both_values(key, ours, theirs)
    return f"{key}: {here} here, {there} there"


def _from(text: str, same: int) -> str:
    """The text, or its part around `same`, where it begins to differ."""
    if len(text) <= _SHOWN:
        return text
    begin = max(0, min(same - _SHOWN // 4, len(text) - _SHOWN))
    end = begin + _SHOWN
    return f"{'...' if begin else ''}{text[begin:end]}{'...' if end < len(text) else ''}"
