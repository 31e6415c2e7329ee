"""The names of the files a match leaves in its folder."""

from __future__ import annotations

import re
from itertools import chain, count
from pathlib import Path

MATCH_REPORT = "report.json"


def report_path(folder: Path, name: str) -> Path:
    """The report of the peer called `name`."""
    return folder / f"peer-{_safe(name)}.json"


def log_path(folder: Path, name: str) -> Path:
    """The match log of the peer called `name`."""
    return folder / f"peer-{_safe(name)}.netplay"


def unused_name(folder: Path, name: str) -> str:
    """What files of one who comes again are named for: those of the first time stay."""
    names = chain([name], (f"{name}-{time}" for time in count(2)))
    return next(one for one in names if not log_path(folder, one).exists())


def spectator_report_path(folder: Path, name: str) -> Path:
    """The report of the spectator called `name`."""
    return folder / f"spectator-{_safe(name)}.json"


def spectator_log_path(folder: Path, name: str) -> Path:
    """The match log of the spectator called `name`."""
    return folder / f"spectator-{_safe(name)}.netplay"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)
