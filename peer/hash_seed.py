"""One hash for each text, on every peer: else sets of texts would be ordered differently in each process.

Python reads PYTHONHASHSEED when it starts, so the command starts itself again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

PINNED: Final = "0"  # PYTHONHASHSEED of every process that plays
_PLAY_NOTHING: Final = frozenset({"broker", "relay"})  # their hashes stay secret: they read from anybody


def is_pinned() -> bool:
    """Does this very process hash so? What the environment variable says may have come after its start."""
    return not sys.flags.hash_randomization


def fix_hashes(arguments: Sequence[str]) -> None:
    """Go on in a Python whose hashes are fixed, if `netplay ARGUMENTS` may play an environment."""
    if _PLAY_NOTHING.intersection(arguments[:1]) or is_pinned():
        return
    if os.environ.get("PYTHONHASHSEED") == PINNED or not sys.executable:
        return  # it is told not to listen to the environment (-E): starting again would change nothing
    command = [sys.executable, *sys.orig_argv[1:]]
    os.environ["PYTHONHASHSEED"] = PINNED
    if os.name == "posix":
        os.execv(sys.executable, command)
    sys.exit(subprocess.call(command))
