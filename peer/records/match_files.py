"""The names of the files a match leaves in its folder."""

from __future__ import annotations

import re
from pathlib import Path

MATCH_REPORT = "report.json"


def report_path(folder: Path, name: str) -> Path:
    """The report of the peer called `name`."""
    return folder / f"peer-{_safe(name)}.json"


def log_path(folder: Path, name: str) -> Path:
    """The match log of the peer called `name`."""
    return folder / f"peer-{_safe(name)}.netplay"


def spectator_report_path(folder: Path, name: str) -> Path:
    """The report of the spectator called `name`."""
    return folder / f"spectator-{_safe(name)}.json"


def spectator_log_path(folder: Path, name: str) -> Path:
    """The match log of the spectator called `name`."""
    return folder / f"spectator-{_safe(name)}.netplay"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)
