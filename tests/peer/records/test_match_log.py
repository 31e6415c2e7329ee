from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.confirmed_frame import ConfirmedFrame
from netcode.errors import NetplayError
from netcode.events import EndReason, MatchEnded
from netcode.settings import MatchSettings
from peer.records.log_records import MAGIC
from peer.records.log_writer import MatchLogWriter
from peer.records.match_log import LogEnd, LogHeader, MatchLog

FINISHED = MatchEnded(EndReason.FINISHED, "all is well")
HEADER = LogHeader("m1", 1, ("ann", "bob"), MatchSettings(env="x", seed=7), (1, 3), {"numpy": "2"})


def frames(count: int) -> list[ConfirmedFrame]:
    return [
        ConfirmedFrame(
            n, (bytes([n % 256]), b"abc"), n.to_bytes(4, "big"), b"12345678" if n % 30 == 29 else None
        )
        for n in range(count)
    ]


def written(path: Path, count: int) -> bytes:
    writer = MatchLogWriter(path, HEADER)
    for frame in frames(count):
        writer.write([frame])
    writer.close(None, FINISHED)
    return path.read_bytes()


@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 500])
def test_round_trip(tmp_path: Path, count: int) -> None:
    written(tmp_path / "log", count)
    log = MatchLog.read(tmp_path / "log")
    assert log.header == HEADER
    assert log.frames == frames(count)
    assert log.end == LogEnd(count, "finished", "all is well")
    assert log.damage is None
    assert (log.missing is None) == (count > 0)


def test_a_torn_end_loses_only_the_last_chunk(tmp_path: Path) -> None:
    data = written(tmp_path / "log", 130)
    (tmp_path / "torn").write_bytes(data[:-50])
    log = MatchLog.read(tmp_path / "torn")
    assert log.frames == frames(120)
    assert log.missing is not None
    assert log.missing.startswith("it holds frames 0 to 119; the file is cut off within the record at byte ")


def test_what_a_killed_process_had_flushed_is_readable(tmp_path: Path) -> None:
    writer = MatchLogWriter(tmp_path / "log", HEADER)
    writer.write(frames(100))
    writer.write(frames(110)[100:])
    log = MatchLog.read(tmp_path / "log")
    assert log.frames == frames(100)
    assert log.missing is not None and "no end" in log.missing
    writer.close()


def test_what_may_still_be_played_otherwise_is_not_written(tmp_path: Path) -> None:
    writer = MatchLogWriter(tmp_path / "log", HEADER)
    for frame in frames(200):
        writer.write([frame], max(0, frame.frame - 8))
    assert 120 <= len(MatchLog.read(tmp_path / "log").frames) <= 191
    writer.close(195)
    assert MatchLog.read(tmp_path / "log").frames == frames(195)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_a_clear_error(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("junk") / "log"
    for data in (junk, MAGIC + junk):
        path.write_bytes(data)
        with pytest.raises(NetplayError) as error:
            MatchLog.read(path)
        assert "\n" not in str(error.value)


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(NetplayError, match="cannot read"):
            MatchLog.read(path)


def test_many_at_once_and_frames_that_were_skipped(tmp_path: Path) -> None:
    """Who comes in late has all before at once, and of some only the inputs."""
    sizes = (256, 256)
    header = LogHeader("m1", 1, ("ann", "bob"), MatchSettings(env="x"), sizes, {})
    many = [
        ConfirmedFrame(
            n,
            (bytes(256), bytes(256)),
            None if n < 90 else b"x",
            b"12345678" if header.is_digest_frame(n) else None,
        )
        for n in range(20_000)
    ]
    writer = MatchLogWriter(tmp_path / "log", header)
    writer.write(many, 19_990)
    assert len(MatchLog.read(tmp_path / "log").frames) == 19_990
    writer.close()
    log = MatchLog.read(tmp_path / "log")
    assert log.frames == many
    assert log.skipped == 90
