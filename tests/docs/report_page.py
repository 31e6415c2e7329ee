"""The keys that docs/report.md explains: the page is the one list of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/report.md"
MATCH, PEER, SPECTATOR = (
    set(re.findall(r"^\| \**`(.+?)`\** \|", table, re.MULTILINE))
    for table in PAGE.read_text().split("\n## ")[1:]
)
CONTRACT = set(re.findall(r"^\| \*\*`([^.]+?)`\*\* \|", PAGE.read_text(), re.MULTILINE))


def undocumented(report: Mapping[str, object], keys: set[str]) -> list[str]:
    """Keys of a report that its table does not explain; `*` stands for any name."""
    return sorted({key for key in _paths(report) if not _known(key, keys)})


def _paths(value: object, above: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = str(key).replace(".", "_")
            yield f"{above}{name}"
            yield from _paths(inner, f"{above}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, above)


def _known(key: str, keys: set[str]) -> bool:
    parts = key.split(".")
    return key in keys or any(".".join([*parts[:n], "*"]) in keys for n in range(1, len(parts)))
