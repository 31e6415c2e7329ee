"""Files and outputs of real processes that cannot be written: one line each, and the match is as ever."""

import json
import re
import resource
import subprocess

import pytest
from staging import NETPLAY, PROJECT, RACE, netplay

MATCH = ["match", *RACE, "--fast", "--headless", "--players", 2]


def files_end_at(size):
    """Every file of the process and its children can hold so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [0, 3000])
def test_a_full_disk_ends_no_match(tmp_path, size):
    """The log's header fits the larger one, no report does."""
    words = [*MATCH, "--frames", 400, "--out", tmp_path / "out", "--json"]
    done = netplay(*words, preexec_fn=files_end_at(size))
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 1  # it was played to the end, and cannot be proved
    report = json.loads(done.stdout)
    assert report["reference"].startswith("not run")
    assert "is not proved" in " ".join(done.stderr.split())
    for peer in report["peers"]:
        assert (peer["ended"], peer["frames_confirmed"], peer["exit_code"]) == ("finished", 400, 0)
        assert peer["match_log"]["problem"] == "File too large"
        assert peer["match_log"]["frames"] < 400
    assert len({peer["final_digest"] for peer in report["peers"]}) == 1
    assert all(file.stat().st_size <= size for file in (tmp_path / "out").iterdir() if file.is_file())


def test_a_second_match_writes_nothing_over_and_its_answer_may_be_lost(tmp_path):
    words = [*MATCH, "--frames", 60, "--out", tmp_path / "out"]
    first = netplay(*words)
    assert first.returncode == 0, first.stdout + first.stderr
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    second = netplay(*words)
    assert second.returncode == 0 and "out-2" in re.sub(r"[\s│]", "", second.stdout)
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()} == before
    names = [path.name for path in (tmp_path / "out-2").iterdir()]
    assert sorted(names) == sorted(path.name for path in (tmp_path / "out").iterdir())

    log = str(tmp_path / "out" / "peer-player-1.netplay")
    for command in (["--help"], ["replay", "--help"], ["replay", log], ["replay", log, "--info", "--json"]):
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            done = subprocess.run(
                [*NETPLAY, *command],
                cwd=PROJECT,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=60,
                check=False,
            )
        assert done.returncode == 2
        assert done.stderr == "netplay: No space left on device: the output cannot be written\n"
