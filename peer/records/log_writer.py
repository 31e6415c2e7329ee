"""Writes a match log. A disk that is full or gone ends the log, never the match."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import MatchEnded
from peer.records.log_records import RecordWriter, can_be_read
from peer.records.match_log import (
    MAX_FRAMES,
    MAX_NOTES,
    MOST_IN_A_CHUNK,
    LogEnd,
    LogHeader,
    end_record,
    frames_record,
    header_record,
)

FRAMES_A_CHUNK: Final = 60  # at least, until the match is over


class MatchLogWriter:
    """Confirmed frames to a file, chunk by chunk. Nothing is raised when that fails: see `problem`."""

    def __init__(
        self, path: Path | None, header: LogHeader, say: Callable[[str], None] = lambda text: None
    ) -> None:
        """Without a path the frames go nowhere. `say` is told once when they cannot be written any more."""
        self.problem: str | None = None  # why the log is not whole
        self.frames = 0  # below are in the file
        self._path, self._say = path, say
        self._notes = 0
        self._held: list[ConfirmedFrame] = []
        self._file: BinaryIO | None = None
        self._records: RecordWriter | None = None
        if path is None:
            return
        try:
            self._file = cast(BinaryIO, path.open("wb", buffering=0))
            self._records = RecordWriter(self._file)
        except OSError as error:
            self._give_up(error)
        self._add(header_record(header))

    def write(self, frames: Iterable[ConfirmedFrame], final: int | None = None) -> None:
        """The next confirmed frames, in order.

        Those from frame `final` on may still turn out otherwise, should we be lost to the others, and wait;
        None: none of them.
        """
        if self._records is None:
            return
        self._held += frames
        if len(self._held) >= FRAMES_A_CHUNK:
            self._flush(final)

    def note(self, note: dict[str, Any]) -> None:
        """Something that a reader of the log should know, in plain values; left out if none would read it."""
        self._notes += 1
        if self._notes <= MAX_NOTES and can_be_read(note):
            self._add(["note", note])

    def close(self, final: int | None = None, ending: MatchEnded | None = None) -> None:
        """The last chunk: frames below `final`; and how the match ended, if it has."""
        self._flush(final)
        if ending is not None:
            self._add(end_record(LogEnd(self.frames, ending.reason.value, ending.text)))
        if self._records is not None and self._path is not None and not self._path.exists():
            self.problem = "it was removed while the match went on"
        self._let_go()

    def _flush(self, final: int | None) -> None:
        held = self._held
        count = len(held)
        if held and final is not None:
            count = min(max(final - held[0].frame, 0), count)
        for start in range(0, count, MOST_IN_A_CHUNK):
            chunk = held[start : min(start + MOST_IN_A_CHUNK, count)]
            end = chunk[-1].frame + 1
            if end > MAX_FRAMES:
                self._give_up(f"a log holds at most {MAX_FRAMES:,} frames")
            if not self._add(frames_record(chunk)):
                break
            self.frames = end
        del held[:count]

    def _add(self, record: list[object]) -> bool:
        if self._records is None:
            return False
        try:
            self._records.add(record)
        except OSError as error:
            self._give_up(error)
            return False
        return True

    def _give_up(self, why: OSError | str) -> None:
        self.problem = why if isinstance(why, str) else why.strerror or str(why)
        self._let_go()
        self._held.clear()
        ends = f"its log ends before frame {self.frames:,}"
        self._say(f"cannot write {self._path}: {self.problem}; the match goes on, {ends}")

    def _let_go(self) -> None:
        self._records = None
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
