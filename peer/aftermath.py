"""After a match that went on without us, or perhaps did: does it, and how to come back."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Sequence
from typing import Final

from netcode.limits import MEMBER_BYTES
from netcode.roster import Roster
from netcode.wire.running import ASKS_FOR_LIST, Matches, Watch
from peer.network.contact import SILENCE
from peer.network.presence import Presence
from peer.simulation.agreed import is_known

PATIENCE: Final = 5.0  # seconds; a broker remembers a match that nobody tells of for 4
_ASK_INTERVAL: Final = 0.5  # seconds
_STEP: Final = 0.05


def goes_on(presence: Presence, match_id: str, past: int, should_stop: Callable[[], bool]) -> bool | None:
    """Has anybody confirmed more of the match than `past` frames? False: it is over. None: unknown.

    past: what they could confirm without us. Blocks up to PATIENCE, mostly a second.
    """
    ask = Watch(os.urandom(MEMBER_BYTES), "", ASKS_FOR_LIST, None, True, 0, (), "")
    began, heard = time.monotonic(), False
    presence.hurry()
    while (now := time.monotonic()) - began < (PATIENCE if heard else SILENCE) and not should_stop():
        answer = presence.poll(now, lambda: ask, _ASK_INTERVAL)
        if isinstance(answer, Matches):
            heard = True
            ours = next((line for line in answer.matches if line.match_id == match_id), None)
            if ours is not None and ours.frames > past:
                return True
            if ours is None and not answer.is_cut:
                return False
        time.sleep(_STEP)
    return None


def in_words(going_on: bool | None, roster: Roster, controller: str, shared: Sequence[str]) -> str:
    """For the player who is out. `shared`: options of `netplay peer` that hold for the next one, too."""
    env = roster.settings.env
    words = ["netplay", "peer", "--into", roster.match_id, "--name", roster.names[roster.my_slot]]
    words += ["--controller", controller, *([] if is_known(env) else ["--env", env]), *shared]
    come_back = shlex.join(words)
    if going_on:
        return f"the others go on; to come back: {come_back}"
    if going_on is False:
        return "nobody goes on: the match is over for all"
    return f"the broker cannot say whether the others go on; if they do, this brings you back: {come_back}"
