"""Texts that name a file of this machine, as all machines would say it.

An environment that remembers where its model lies (`.../site-packages/game/model.xml`) remembers something
else on each machine. All mean the same file: that at the same place beneath a folder that packages are loaded
from, the working folder, or the person's home.
"""

from __future__ import annotations

import os
import string
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

BEGINNINGS: Final = (
    ("/",) if os.sep == "/" else tuple(f"{letter}:\\" for letter in string.ascii_letters)
)  # of any text that may be one: look at this first, for most are not
_HERE: Final = "<here>/"


def portable(text: str) -> str:
    """`text`, with the part that is this machine's own left out if it is such a path."""
    rest = beneath(text)
    return text if rest is None else _HERE + rest


def beneath(text: str) -> str | None:
    """Where below the nearest such folder the file of that name lies, with slashes; None if it does not."""
    if not text.startswith(BEGINNINGS):
        return None
    for folder in _folders(tuple(sys.path), Path.cwd()):
        if text.startswith(folder):
            return text[len(folder) :].replace(os.sep, "/")
    return None


@lru_cache(maxsize=4)
def _folders(search_path: tuple[str, ...], working: Path) -> tuple[str, ...]:
    """Each with a separator at its end; the longest first, so that the nearest counts."""
    named = [*(working / folder for folder in search_path), working, Path.home()]
    folders = {str(folder).rstrip(os.sep) + os.sep for one in named for folder in (one, one.resolve())}
    below_root = [folder for folder in folders if folder.count(os.sep) > 1]
    return tuple(sorted(below_root, key=lambda folder: (-len(folder), folder)))
