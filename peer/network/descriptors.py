"""File descriptors: as many as we may have, and some kept for what must not fail."""

from __future__ import annotations

import sys
from typing import Final

import psutil

from netcode.lanes import LANES_IN_ALL

ENOUGH: Final = 16384  # we ask for no more, whatever we might have
PEER_RESERVE: Final = 4 * LANES_IN_ALL + 64  # not for others: our lanes, four each; logs, report, policies
BROKER_RESERVE: Final = 128
FEWEST: Final = 32  # connections of others, however few descriptors there are
PEER_CONNECTIONS: Final = 512  # to a player or spectator: 15 players and 16 watchers with all their lanes
BROKER_CONNECTIONS: Final = 8192  # to a broker, one for each peer


def raise_limit() -> None:
    """Have as many as the system lets us have without asking anybody."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            pass  # then with those that there are


def connections_allowed(wanted: int, reserve: int) -> int:
    """How many connections others may hold to us, so that `reserve` descriptors are left for ourselves."""
    if sys.platform == "win32":
        return wanted
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(FEWEST, min(wanted, soft - psutil.Process().num_fds() - reserve))
