"""A machine on which the game goes another way: both say in which frame and field."""

import os
import re
from pathlib import Path

import pytest
from judging import supervised_match
from staging import netplay

from peer.records.match_files import log_path
from peer.records.match_log import MatchLog
from peer.records.verification import compare_logs

HERE = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])}
AGREED = ["--env", "drifting_env:Drifting"]
GAME = [
    *AGREED,
    "--fps",
    60,
    "--digest-interval",
    30,
]  # of frames 90 to 119: when it is compared, frame 99 is long confirmed
GOES_ON = ["--frames", 600, "--on-desync", "return", "--on-drop", "default", "--digest-interval", 30]
BACK_WITHIN = 5.0  # seconds
NAMED = re.compile(r"frame 99: x (\S+) here, (\S+) there")


def two(stage, drift, *options):
    _, address = stage.broker()
    ann = stage.peer("ann", address, *GAME, *options, environment=HERE)
    return ann, stage.peer("bob", address, *GAME, *options, environment=HERE | {"DRIFT": drift})


def values(ann_text, bob_text):
    """What both say: (ann's x, bob's x)."""
    by_ann, by_bob = NAMED.search(ann_text), NAMED.search(bob_text)
    assert by_ann and by_bob, (ann_text, bob_text)
    assert by_ann.groups() == by_bob.groups()[::-1]
    return tuple(map(float, by_ann.groups()))


def verify(peer):
    return netplay("replay", log_path(peer.folder, peer.name), *AGREED, "--verify", env=os.environ | HERE)


def test_a_drifting_machine_is_named_as_a_desync(stage):
    ann, bob = two(stage, "always", "--frames", 36_000, "--digest-interval", 10)
    assert [ann.exit_code(), bob.exit_code()] == [7, 7]
    texts = []
    for peer, other in ((ann, "bob"), (bob, "ann")):
        report = peer.report()
        assert report["ended"] == "desync"
        assert report["ended_text"].startswith(f"desync with {other}: frame 99: x ")
        assert peer.said(report["ended_text"])
        texts.append(report["ended_text"])
        (note,) = report["desyncs"]
        assert (note["frame"], note["differences"][0]["path"]) == (99, "x")
        assert peer.match_log().notes == [note]
    here, there = values(*texts)
    assert there - here == pytest.approx(1e-9)
    divergence = compare_logs([ann.match_log(), bob.match_log()]).divergence
    assert (divergence.frame, divergence.what) == (99, "state")
    assert verify(ann).returncode == 0
    drifted = verify(bob)
    assert drifted.returncode == 1
    assert "frame 99: state of bob and reference differ" in drifted.stdout


def test_a_machine_that_went_wrong_once_leaves_and_comes_back_by_itself(stage):
    ann, bob = two(stage, "once", *GOES_ON)
    assert [ann.exit_code(), bob.exit_code()] == [0, 0]
    assert ann.said("bob played another game and left: frame 99: x ")
    assert bob.said("our game had gone wrong: frame 99: x ")
    seat = re.search(r"slot 1 is ours from frame (\d+) on", bob.text)
    assert seat and (int(seat[1]) - 99) / 60 < BACK_WITHIN, bob.text
    (note,) = bob.report()["desyncs"]
    (told,) = ann.report()["desyncs"]
    values(told["text"], note["text"])
    assert (note["wrong_frames"][0], told["left"]) == (99, ["bob"])
    assert [peer.match_log().notes for peer in (ann, bob)] == [[told], [note]]
    again = MatchLog.read(log_path(bob.folder, "bob-2"))
    assert compare_logs([ann.match_log(), again]).digests_equal
    assert verify(ann).returncode == 0
    assert len(ann.match_log().frames) == 600


def test_a_supervised_match_is_judged_by_what_was_true(tmp_path):
    environment = os.environ | HERE | {"DRIFT": str(tmp_path / "drifted")}
    report = supervised_match(tmp_path / "out", "--players", 2, *GAME, *GOES_ON, env=environment)
    assert (tmp_path / "drifted").exists()
    logs = [MatchLog.read(path) for path in sorted((tmp_path / "out").glob("*.netplay"))]
    assert len(logs) == 3 and report["frames_confirmed"] == 600
    wrong = [note["wrong_frames"][0] for log in logs for note in log.notes if note["wrong_frames"]]
    assert wrong == [99]
