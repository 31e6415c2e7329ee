"""Texts that come from others."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` as one line that a terminal may show: what is said by others must not move its cursor."""
    return "".join([character if character.isprintable() else " " for character in text])
