"""What every command ends with; docs/exit-codes.md says what each means."""

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
