"""The files that a match leaves in a folder, and their names: none is ever written over."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from netcode.errors import NetplayError

MATCH_REPORT: Final = "report.json"
SOAK_REPORT: Final = "soak.json"
PLAYER: Final = "peer"
SPECTATOR: Final = "spectator"
STDERR: Final = "stderr"  # a folder, with what each process of a whole match says there
_PARTS: Final = (
    MATCH_REPORT,
    SOAK_REPORT,
    f"{PLAYER}-*",
    f"{SPECTATOR}-*",
)  # of a match that is there


def report_path(folder: Path, name: str, kind: str = PLAYER) -> Path:
    """The report of the peer or spectator called `name`, if it had its name to itself."""
    return folder / f"{kind}-{_safe(name)}.json"


def log_path(folder: Path, name: str, kind: str = PLAYER) -> Path:
    """The match log, likewise."""
    return folder / f"{kind}-{_safe(name)}.netplay"


@dataclass(frozen=True)
class OwnFiles:
    """Where one player or spectator writes."""

    report: Path
    log: Path


def claim_files(folder: Path, kind: str, name: str) -> OwnFiles:
    """Files that nobody else has: KIND-NAME.json and .netplay; if those are there, KIND-NAME-2, and so on.

    The log is made, empty, so that the names are taken from now on.
    Raises: OSError
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stem in _numbered(f"{kind}-{_safe(name)}"):
        files = OwnFiles(folder / f"{stem}.json", folder / f"{stem}.netplay")
        try:
            files.log.open("xb").close()
        except FileExistsError:
            continue
        if not files.report.exists():
            return files
        files.log.unlink()
    raise AssertionError("there is always another number")


def prepare_folder(folder: Path | None) -> None:
    """Before a match: can files be made in `folder`? It is not made yet: there may be no match.

    Raises: NetplayError
    """
    if folder is None:
        return
    try:
        above = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        probe = above / f".netplay-{os.getpid()}"
        probe.open("xb").close()
        probe.unlink()
    except OSError as error:
        raise NetplayError(f"cannot write into {folder}: {error.strerror}; name another with --out") from None


def claim_folder(folder: Path) -> Path:
    """For a whole match with all its players: `folder`; if one is in it already, `folder`-2, and so on.

    Raises: NetplayError if it cannot be made.
    """
    whole = folder.absolute()
    for name in _numbered(whole.name):
        one = folder if name == whole.name else whole.parent / name
        if any(True for pattern in _PARTS for _ in one.glob(pattern)):
            continue
        try:
            (one / STDERR).mkdir(parents=True)
        except FileExistsError:
            continue  # somebody was faster
        except OSError as error:
            raise NetplayError(f"cannot make {one}: {error.strerror}; name another with --out") from None
        return one
    raise AssertionError("there is always another number")


def write_whole(path: Path, text: str) -> None:
    """The file is there whole, or not at all.

    Raises: OSError
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # it may have been removed since
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def write_or_say(path: Path, text: str, say: Callable[[str], None], put_out: Callable[[str], object]) -> bool:
    """Write a file; if that cannot be, say so and put its text out. Returns whether it was written."""
    try:
        write_whole(path, text)
    except OSError as error:
        say(f"cannot write {path}: {error.strerror or error}; here it is")
        put_out(text)
        return False
    return True


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)
