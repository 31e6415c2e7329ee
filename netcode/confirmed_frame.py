"""A frame as it really was, on every peer."""

from __future__ import annotations

from typing import NamedTuple


class ConfirmedFrame(NamedTuple):
    """What a session hands out, once and in order, for the record."""

    frame: int
    inputs: tuple[bytes, ...]  # by slot
    outcome: bytes | None  # what the simulation's step returned; None if it was not played here, but skipped
    digest: bytes | None  # of all frames up to and with this one, where one is due
