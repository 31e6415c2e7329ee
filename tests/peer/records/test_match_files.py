"""Nothing that a match leaves behind is ever written over, and a report is always to be had."""

from __future__ import annotations

import json
import resource
import threading
from pathlib import Path
from typing import Any

import pytest
from example_log import FRAMES, HEADER

from netcode.errors import NetplayError
from peer.records.match_files import PLAYER, claim_files, claim_folder, prepare_folder, write_whole
from peer.records.own_records import OwnRecords
from peer.records.report import rss_mb


class Said:
    """A console that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.reports: list[dict[str, Any]] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def report(self, report: dict[str, Any]) -> None:
        self.reports.append(report)


def leave(folder: Path | None, name: str, console: Said) -> None:
    """A match of this player's, in short."""
    records = OwnRecords(folder, PLAYER, name, console)
    recorder = records.recorder(HEADER)
    recorder.write(FRAMES)
    recorder.close()
    records.write_report({"name": name})
    records.say_where()


def test_names_that_look_alike_and_matches_that_follow_each_other(tmp_path: Path) -> None:
    console = Said()
    for name in ("a b", "a_b", "a b", "ann", "ann-2", "ann", "..", "a/b"):
        leave(tmp_path, name, console)
    stems = ["a_b", "a_b-2", "a_b-3", "ann", "ann-2", "ann-3", "..", "a_b-4"]
    names = [json.loads((tmp_path / f"peer-{stem}.json").read_text())["name"] for stem in stems]
    assert names == ["a b", "a_b", "a b", "ann", "ann-2", "ann", "..", "a/b"]
    assert len({path.read_bytes() for path in tmp_path.glob("*.netplay")}) == 1
    assert len(list(tmp_path.iterdir())) == 16
    assert console.lines[1] == (
        f"report and log: {tmp_path / 'peer-a_b-2.json'}, {tmp_path / 'peer-a_b-2.netplay'}"
    )


def test_a_report_alone_holds_its_name_too(tmp_path: Path) -> None:
    (tmp_path / "peer-ann.json").write_text("{}")
    assert claim_files(tmp_path, PLAYER, "ann").log.name == "peer-ann-2.netplay"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["peer-ann-2.netplay", "peer-ann.json"]


def test_many_at_once_all_get_their_own(tmp_path: Path) -> None:
    claimed: list[Path] = []
    threads = [
        threading.Thread(target=lambda: claimed.append(claim_files(tmp_path, PLAYER, "ann").log))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(claimed)) == 20


def test_without_a_folder_it_is_said_that_nothing_was_recorded() -> None:
    console = Said()
    leave(None, "ann", console)
    assert console.lines == ["nothing was recorded; --out DIR does"]
    assert console.reports == []


def test_what_cannot_be_written_is_put_out(tmp_path: Path) -> None:
    console = Said()
    (tmp_path / "file").write_text("")
    leave(tmp_path / "file" / "out", "ann", console)
    (line,) = console.lines
    assert line.endswith("Not a directory; the match goes on without a log")
    assert console.reports == [
        {"name": "ann", "match_log": {"file": None, "frames": 0, "problem": "Not a directory"}}
    ]


def test_a_folder_that_was_removed_in_mid_match(tmp_path: Path) -> None:
    folder, console = tmp_path / "out", Said()
    folder.mkdir()
    records = OwnRecords(folder, PLAYER, "ann", console)
    recorder = records.recorder(HEADER)
    (folder / "peer-ann.netplay").unlink()
    folder.rmdir()
    recorder.write(FRAMES)
    recorder.close()
    records.write_report({"name": "ann"})
    report = json.loads((folder / "peer-ann.json").read_text())
    assert report["match_log"]["problem"] == "it was removed while the match went on"
    (folder / "peer-ann.json").unlink()
    folder.rmdir()
    folder.write_text("no folder any more")
    records.write_report({"name": "ann"})
    assert console.reports[0]["name"] == "ann"
    assert console.lines[0].startswith(f"cannot write {folder / 'peer-ann.json'}: ")


def test_a_process_that_can_open_no_more_files(tmp_path: Path) -> None:
    console = Said()
    records = OwnRecords(tmp_path, PLAYER, "ann", console)
    recorder = records.recorder(HEADER)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        recorder.write(FRAMES)
        recorder.close()
        assert rss_mb() is None
        records.write_report({"name": "ann"})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert rss_mb() is not None
    assert console.lines == [f"cannot write {tmp_path / 'peer-ann.json'}: Too many open files; here it is"]
    (report,) = console.reports
    assert report["match_log"] == {"file": "peer-ann.netplay", "frames": 150, "problem": None}


def test_a_whole_match_gets_a_folder_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = Path("runs/m")
    assert claim_folder(out) == out
    (out / "report.json").write_text("{}")
    assert claim_folder(out).absolute() == tmp_path / "runs/m-2"
    assert claim_folder(out).absolute() == tmp_path / "runs/m-3"  # m-2 is somebody's, who plays yet
    assert claim_folder(Path())
    Path("other").mkdir()
    Path("other/peer-ann.netplay").write_text("")  # of a player who was not started by us
    assert claim_folder(Path("other")).name == "other-2"
    (tmp_path / "file").write_text("")
    with pytest.raises(NetplayError, match=r"cannot make file: Not a directory; name another with --out"):
        claim_folder(Path("file"))


def test_a_folder_that_cannot_be_written_is_told_before_the_match(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "out", Path("/proc/out")):
        with pytest.raises(NetplayError, match=r"cannot write into .* name another with --out"):
            prepare_folder(folder)
    prepare_folder(tmp_path / "new" / "out")
    prepare_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    prepare_folder(None)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
