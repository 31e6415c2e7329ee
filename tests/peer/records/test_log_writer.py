"""A disk that is full, at any moment: the match goes on, and what was written is as good as it was."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from example_log import FINISHED, FRAMES, HEADER

from peer.records import log_writer
from peer.records.log_writer import MatchLogWriter
from peer.records.match_log import MatchLog


class FullDisk:
    """Takes so many bytes, and of the last write only a part, as a file system does."""

    def __init__(self, room: int) -> None:
        self.content, self._room = b"", room

    def write(self, data: Any) -> int:
        taken = bytes(data[: self._room - len(self.content)])
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.content += taken
        return len(taken)

    def close(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def play(path: Path) -> tuple[MatchLogWriter, list[str]]:
    said: list[str] = []
    writer = MatchLogWriter(path, HEADER, said.append)
    for frame in FRAMES:
        writer.write([frame])
        if frame.frame == 80:
            writer.note({"input_delay": 3})
    writer.close(None, FINISHED)
    writer.close()
    return writer, said


def test_full_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play(tmp_path / "whole")
    size = (tmp_path / "whole").stat().st_size
    for room in range(0, size, 61):
        disk = FullDisk(room)
        monkeypatch.setattr(log_writer.Path, "open", lambda *_, disk=disk, **__: disk)
        writer, said = play(tmp_path / "log")
        monkeypatch.undo()
        assert writer.problem == "No space left on device"
        assert len(said) == 1 and "the match goes on" in said[0]
        assert len(disk.content) == room
        if writer.frames:
            (tmp_path / "log").write_bytes(disk.content)
            log = MatchLog.read(tmp_path / "log")
            assert log.frames == FRAMES[: writer.frames]
            assert log.missing is not None


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "log", tmp_path, Path("/dev/full")):
        writer, said = play(path)
        assert writer.problem and writer.frames == 0
        assert len(said) == 1 and said[0].startswith(f"cannot write {path}: ")


def test_a_log_that_was_removed_is_told(tmp_path: Path) -> None:
    writer = MatchLogWriter(tmp_path / "log", HEADER)
    writer.write(FRAMES)
    (tmp_path / "log").unlink()
    writer.close(None, FINISHED)
    assert writer.problem == "it was removed while the match went on"


def test_what_nobody_could_read_is_not_written(tmp_path: Path) -> None:
    writer = MatchLogWriter(tmp_path / "log", HEADER)
    writer.note({"text": "x" * 5000})
    writer.note({"number": 2**70})
    writer.note({"text": "short"})
    writer.write(FRAMES)
    writer.close(None, FINISHED)
    log = MatchLog.read(tmp_path / "log")
    assert log.missing is None
    assert log.notes == [{"text": "short"}]


def test_without_a_place_nothing_is_written_and_nothing_said() -> None:
    said: list[str] = []
    writer = MatchLogWriter(None, HEADER, said.append)
    writer.write(FRAMES)
    writer.close(None, FINISHED)
    assert (writer.frames, writer.problem, said) == (0, None, [])
