"""A machine on which the game goes another way: both say in which frame and field, or it is put right."""

import os
import re
from pathlib import Path

import pytest
from staging import netplay

from peer.records.match_files import log_path
from peer.records.verification import compare_logs

HERE = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])}
AGREED = ["--env", "drifting_env:Drifting"]
GAME = [*AGREED, "--fps", 60, "--digest-interval", 10]
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
    ann, bob = two(stage, "always", "--frames", 36_000)
    assert [ann.exit_code(), bob.exit_code()] == [7, 7]
    texts = []
    for peer, other in ((ann, "bob"), (bob, "ann")):
        report = peer.report()
        assert report["ended"] == "desync"
        assert report["ended_text"].startswith(f"desync with {other}: frame 99: x ")
        assert peer.said(report["ended_text"])
        texts.append(report["ended_text"])
        (note,) = report["desyncs"]
        assert (note["frame"], note["healed"], note["differences"][0]["path"]) == (99, False, "x")
        assert peer.match_log().notes == [note]
    here, there = values(*texts)
    assert there - here == pytest.approx(1e-9)
    divergence = compare_logs([ann.match_log(), bob.match_log()]).divergence
    assert (divergence.frame, divergence.what) == (99, "state")
    assert verify(ann).returncode == 0
    drifted = verify(bob)
    assert drifted.returncode == 1
    assert "frame 99: state of bob and reference differ" in drifted.stdout


def test_a_machine_that_went_wrong_once_is_put_right(stage):
    ann, bob = two(stage, "once", "--frames", 300, "--on-desync", "resync")
    assert [ann.exit_code(), bob.exit_code()] == [0, 0]
    verdict = compare_logs([ann.match_log(), bob.match_log()])
    assert verdict.digests_equal and verdict.frames_confirmed == 300
    assert verify(bob).returncode == 0  # what was recorded is the true game
    notes = [peer.report()["desyncs"][0] for peer in (ann, bob)]
    assert [peer.report()["resyncs"] for peer in (ann, bob)] == [1, 1]
    here, there = values(*[note["text"] for note in notes])
    assert there - here == pytest.approx(1e-9)
    assert [note["we_too"] for note in notes] == [False, True]
    assert bob.said("this peer played another game and is put right: frame 99: x ")
    assert ann.said("bob played another game and is put right: frame 99: x ")
    assert [peer.match_log().notes for peer in (ann, bob)] == [[notes[0]], [notes[1]]]
