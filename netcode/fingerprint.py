"""A fingerprint says which game a peer would play: field -> text. Two peers play only if all fields agree."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from netcode.limits import DIGEST_BYTES

Fingerprint = Mapping[str, str]


def fingerprint_digest(fingerprint: Fingerprint) -> bytes:
    """8 bytes, equal iff the fingerprints are."""
    hasher = blake2b(digest_size=DIGEST_BYTES)
    for key, value in sorted(fingerprint.items()):
        for text in (key, value):
            data = text.encode()
            hasher.update(len(data).to_bytes(4, "little") + data)
    return hasher.digest()


def first_difference(ours: Fingerprint, theirs: Fingerprint) -> str | None:
    """The first differing field as text (`numpy: 2.4.6 here, 2.4.5 there`), or None if equal."""
    for key in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(key, "(absent)"), theirs.get(key, "(absent)")
        if here != there:
            return f"{key}: {here} here, {there} there"
    return None
