"""What every command ends with. The one list: docs/exit-codes.md is made from it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from netcode.events import EndReason, MatchEnded


class ExitCode(IntEnum):
    """Only OK says that what the command claims is true."""

    OK = 0
    NO = 1
    FAILED = 2
    STOPPED = 3
    LEFT = 4
    LOST = 5
    REFUSED = 6
    DESYNC = 7
    DROPPED = 8
    SPLIT = 9
    SIGHUP = 129
    SIGINT = 130
    SIGTERM = 143


OF_ENDING: Final[dict[EndReason, ExitCode]] = {  # but of STOPPED, which has several
    EndReason.FINISHED: ExitCode.OK,
    EndReason.FAILED: ExitCode.FAILED,
    EndReason.LEFT: ExitCode.LEFT,
    EndReason.LOST: ExitCode.LOST,
    EndReason.DROPPED: ExitCode.DROPPED,
    EndReason.SPLIT: ExitCode.SPLIT,
    EndReason.REFUSED: ExitCode.REFUSED,
    EndReason.DESYNC: ExitCode.DESYNC,
}


def exit_code_of(ending: MatchEnded | None, stopped: ExitCode) -> ExitCode:
    """Of one whose match ended so; `stopped`: if it was ended here."""
    if ending is None or ending.reason is EndReason.STOPPED:
        return stopped
    return OF_ENDING[ending.reason]


_PLAYERS: Final = "peer, spectate"

# Code -> which commands end with it, and what it says.
MEANINGS: Final[dict[ExitCode, tuple[str, str]]] = {
    ExitCode.OK: ("all", "What the command claims is true (below)."),
    ExitCode.NO: ("match, check, replay, sim, soak", "It ran to its end, and the claim is not true."),
    ExitCode.FAILED: (
        "all",
        "It could not be done: an option that makes no sense, a file that cannot be read, no broker, "
        "an environment that fails. One line on stderr says why.",
    ),
    ExitCode.STOPPED: (
        _PLAYERS,
        "Stopped here before the end, and not by a signal: the window was closed, or the program that had "
        "started it said so.",
    ),
    ExitCode.LEFT: (_PLAYERS, "Another player left in mid-match."),
    ExitCode.LOST: (_PLAYERS, "Another player was silent for longer than the disconnect timeout."),
    ExitCode.REFUSED: ("peer", "Another peer would play another game; the line names what differs."),
    ExitCode.DESYNC: (_PLAYERS, "Confirmed games differ: see [desync-playbook.md](desync-playbook.md)."),
    ExitCode.DROPPED: ("peer", "The others lost us, agreed on it and play on."),
    ExitCode.SPLIT: ("peer", "Too many are out of reach: the others go on, or nobody does."),
    ExitCode.SIGHUP: ("all", "SIGHUP: the terminal was closed."),
    ExitCode.SIGINT: ("all", "SIGINT: Ctrl-C."),
    ExitCode.SIGTERM: ("all", "SIGTERM."),
}

# Command -> what its 0 claims.
CLAIMS: Final[dict[str, str]] = {
    "match": "All peers finished, all spectators saw it to the end, and all confirmed the true game.",
    "peer": "It played to the agreed end; with `--stand-in`: or until a person came for the slot.",
    "spectate": "It saw the match to its end, and every digest was equal to the players'.",
    "broker": "The program that started it has ended (with `--stop-with-parent`).",
    "check": "The environment can be played.",
    "replay": "The log is whole, and every frame as recorded.",
    "sim": "No promise was broken.",
    "soak": "No promise was broken, nothing leaked, nothing is left running.",
}
