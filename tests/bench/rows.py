"""A measured figure beside its bar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`bar` in words; empty where there is none."""

    name: str
    value: float
    unit: str
    bar: str
