"""What one player or spectator leaves behind: a log and a report, or the word that there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from peer.console import Console
from peer.records.log_writer import MatchLogWriter
from peer.records.match_files import OwnFiles, claim_files, write_or_say
from peer.records.match_log import LogHeader


class OwnRecords:
    """Files that cannot be written end no match: that is said, and the report is put out instead."""

    def __init__(self, folder: Path | None, kind: str, name: str, console: Console) -> None:
        """`folder`: None to leave nothing. `kind`, `name`: see `claim_files`."""
        self._folder, self._console = folder, console
        self._files: OwnFiles | None = None
        self._recorder: MatchLogWriter | None = None
        self._problem: str | None = None
        self._report_is_written = False
        if folder is None:
            return
        try:
            self._files = claim_files(folder, kind, name)
        except OSError as error:
            self._problem = error.strerror or str(error)
            console.say(f"cannot write into {folder}: {self._problem}; the match goes on without a log")

    def recorder(self, header: LogHeader) -> MatchLogWriter:
        """The log of the match."""
        path = self._files.log if self._files else None
        self._recorder = MatchLogWriter(path, header, self._console.say)
        return self._recorder

    def write_report(self, report: dict[str, Any]) -> None:
        """To its file, or else to the console; with a word about the log. To be called last."""
        if self._folder is None:
            return
        recorder = self._recorder
        report["match_log"] = {
            "file": self._files.log.name if self._files else None,
            "frames": recorder.frames if recorder else 0,
            "problem": recorder.problem if recorder and recorder.problem else self._problem,
        }
        if self._files is None:
            self._console.report(report)
            return
        text = json.dumps(report, indent=1) + "\n"
        self._report_is_written = write_or_say(
            self._files.report, text, self._console.say, lambda _: self._console.report(report)
        )

    def say_where(self) -> None:
        """The last line for a person."""
        if self._folder is None:
            self._console.say("nothing was recorded; --out DIR does")
        elif self._files is not None and self._report_is_written:
            whole = self._recorder is not None and self._recorder.problem is None
            what = "report and log" if whole else "report, and a log that is not whole"
            self._console.say(f"{what}: {self._files.report}, {self._files.log}")
