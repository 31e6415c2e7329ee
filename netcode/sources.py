"""Whom a match can be watched through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Somebody who can feed us."""

    name: str
    link_out: bytes  # starts every packet to them
    link_in: bytes  # starts every packet of theirs
