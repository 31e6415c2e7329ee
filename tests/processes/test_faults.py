"""What goes wrong in mid-match, and what the others make of it."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from judging import check_keys, finish, judge_logs
from staging import NETPLAY, PROJECT, RACE, wait_until

from peer.stop_signals import reason

TIMEOUT = 1.5  # seconds of silence until a peer is lost, in these matches
SLACK = 2.0  # seconds for a loaded machine
FOREVER = 36_000  # frames: nobody plays these matches to the end


def test_a_match_does_not_need_the_broker_any_more(stage):
    broker, ann, bob = stage.match(frames=240)
    ann.wait_for_frame(30)
    broker.popen.kill()
    broker.popen.wait(5)
    assert max(peer.messages("status")[-1]["confirmed"] for peer in (ann, bob)) < 200
    finish(ann, bob, frames=240)
    assert not any(peer.said("broker") for peer in (ann, bob))


def test_a_killed_peer_is_noticed_and_what_was_played_is_kept(stage):
    _, ann, bob, cleo = stage.match(*RACE, "--disconnect-timeout", TIMEOUT, players=3, frames=FOREVER)
    wait_until_all_confirmed((ann, bob, cleo), 150)
    cleo.popen.kill()
    killed_at = time.monotonic()
    survivors = (ann, bob)
    assert [peer.exit_code(TIMEOUT + SLACK) for peer in survivors] in ([5, 5], [5, 4], [4, 5])
    assert time.monotonic() - killed_at < TIMEOUT + SLACK
    for peer in survivors:
        report = peer.report()
        assert report["ended"] in ("lost", "left")
        assert "cleo was lost: nothing heard for" in report["ended_text"]
        assert peer.said("cleo was lost")
        assert report["frames_confirmed"] == len(peer.match_log().frames) >= 150
    verdict = judge_logs(ann, bob, cleo)
    assert verdict.frames_confirmed >= 60  # the victim's last chunks were on disk


def test_a_pause_heals_completely(stage):
    _, ann, bob = stage.match(frames=420)
    ann.wait_for_frame(60)
    bob.popen.send_signal(signal.SIGSTOP)
    time.sleep(2)  # the length of the pause, not a wait for anything
    bob.popen.send_signal(signal.SIGCONT)
    reports = finish(ann, bob, frames=420)
    assert ann.said("nothing heard from bob for") and ann.said("bob is back")
    assert not bob.said("nothing heard")  # who was paused does not blame the others
    assert 1.0 < reports[0]["longest_stall_s"] < 2 + SLACK


def test_the_others_play_on_without_a_killed_peer(stage):
    """Three play, one is killed; the two survivors agree on its last input and finish."""
    options = ["--env", "race:CartPole-v1", "--fps", 60, "--disconnect-timeout", 1, "--on-drop", "hold"]
    _, *peers = stage.match(*options, players=3, frames=600)
    wait_until_all_confirmed(peers, 100)
    victim, survivors = peers[2], peers[:2]
    victim.popen.kill()
    assert [peer.exit_code() for peer in survivors] == [0, 0]
    for peer in survivors:
        assert peer.report()["frames_confirmed"] == 600
        assert peer.said("cleo is gone; from frame ")
        assert peer.report()["confirmed_by"] == ["ann", "bob"]
        assert "confirmed by 2 of 3, without cleo from frame " in peer.report()["ended_text"]
        (substitute,) = peer.report()["substitutes"]
        assert (substitute["slot"], substitute["name"]) == (2, "cleo") and substitute["from_frame"] >= 100
        assert peer.report()["longest_stall_s"] < 1 + SLACK
    judge_logs(*survivors)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_is_stopped_says_goodbye(stage, number):
    _, ann, bob = stage.match(frames=FOREVER)
    wait_until_all_confirmed((ann, bob), 60)
    bob.popen.send_signal(number)
    assert bob.exit_code(SLACK) == 128 + number
    assert ann.exit_code(SLACK) == 4  # long before the timeout of 5 s
    reports = [ann.report(), bob.report()]
    assert [report["ended"] for report in reports] == ["left", "stopped"]
    assert reports[1]["exit_code"] == 128 + number
    assert reports[0]["ended_text"] == f"bob left: {reason(number)}"
    assert f"stopped: {reason(number)}" in bob.messages("say")
    judge_logs(ann, bob)


@pytest.fixture
def supervisor(tmp_path):
    """`netplay match` in mid-match, and the processes it has started."""
    command = [*NETPLAY, "match", *RACE, "--players", 2, "--frames", FOREVER, "--weather", "wifi"]
    command += ["--disconnect-timeout", TIMEOUT]
    process = subprocess.Popen(
        [*map(str, command), "--headless", "--out", str(tmp_path)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    logs = [tmp_path / f"peer-player-{number}.netplay" for number in (1, 2)]
    with process:
        wait_until(lambda: all(log.exists() and log.stat().st_size > 2000 for log in logs), what="frames")
        yield process, psutil.Process(process.pid).children()
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_supervisor_gives_its_verdict(supervisor, tmp_path, number):
    process, children = supervisor
    process.send_signal(number)
    text, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + number, text
    assert f"Stopped before the end: {reason(number)}." in text
    assert "As far as they came, all peers played the same game" in text
    assert "Ended early: player-" in text
    report = json.loads((tmp_path / "report.json").read_text())
    check_keys(report)
    assert report["digests_equal"] and report["frames_confirmed"] > 0
    assert {peer["ended"] for peer in report["peers"]} <= {"stopped", "left"}
    assert [child for child in children if child.is_running()] == []


def test_an_interrupt_before_the_match_begins_needs_no_words(tmp_path):
    command = [*NETPLAY, "match", *RACE, "--headless", "--out", str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, **pipes) as process:
        wait_until(lambda: len(list((tmp_path / "stderr").glob("*player*"))) == 2, what="the peers")
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=20)
    assert (process.returncode, text.strip()) == (130, "")
    assert list(tmp_path.iterdir()) == [], "it leaves nothing"


@pytest.mark.parametrize("frozen", [False, True], ids=["", "with_a_frozen_peer"])
def test_a_killed_supervisor_leaves_nothing(supervisor, frozen):
    process, children = supervisor
    assert len(children) == 3
    if frozen:
        peer = next(child for child in children if "player-2" in child.cmdline())
        peer.suspend()
        wait_until(lambda: peer.status() == psutil.STATUS_STOPPED, what="standstill")
    process.kill()
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []


def test_a_peer_killed_under_a_supervisor_is_in_the_report(supervisor, tmp_path):
    process, children = supervisor
    victim = next(child for child in children if "player-2" in child.cmdline())
    victim.kill()
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 1, text
    assert "player-2 was ended by signal 9" in text
    report = json.loads((tmp_path / "report.json").read_text())
    check_keys(report)
    one, two = report["peers"]
    assert (one["ended"], one["exit_code"], two["ended"], two["exit_code"]) == ("lost", 5, "killed", -9)
    assert two["frames_confirmed"] > 0 and two["pid"] == victim.pid
    assert report["digests_equal"] and report["first_divergence"] is None


def test_a_frozen_peer_does_not_hold_up_its_supervisor(supervisor, tmp_path):
    process, children = supervisor
    frozen = next(child for child in children if "player-1" in child.cmdline())
    frozen.suspend()
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 1, text
    assert "player-1 stood still" in text
    assert [child for child in children if child.is_running()] == []
    report = json.loads((tmp_path / "report.json").read_text())
    check_keys(report)
    assert report["peers"][1]["ended"] == "lost"
    assert report["first_divergence"] is None


def wait_until_all_confirmed(peers, frame):
    for peer in peers:
        peer.wait_for_frame(frame)


def test_a_peer_killed_before_the_match_begins_ends_it(tmp_path):
    """The others would wait for it, and for ever."""
    command = [*NETPLAY, "match", *RACE, "--headless", "--out", str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, **pipes) as process:
        me = psutil.Process(process.pid)
        peers = wait_until(lambda: [one for one in me.children() if "player-2" in one.cmdline()], what="it")
        peers[0].kill()
        text, _ = process.communicate(timeout=20)
    assert (process.returncode, text.count("\n")) == (2, 1), text
    assert "player-2 was ended by signal 9 before the match began" in text


def test_a_game_that_hangs_can_be_stopped_and_leaves_a_report(stage, monkeypatch, tmp_path):
    here = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))
    game = ["--env", "hanging_env:Hanging", "--players", 2, "--frames", FOREVER]
    _, address = stage.broker()
    ann = stage.peer("ann", address, *game, environment={"HANGS": str(tmp_path / "hangs")})
    bob = stage.peer("bob", address, *game)
    ann.wait_for_frame(30)
    (tmp_path / "hangs").touch()
    deadline = time.monotonic() + 30
    while ann.popen.poll() is None and time.monotonic() < deadline:
        ann.popen.send_signal(signal.SIGINT)
        time.sleep(0.2)
    assert ann.exit_code() == 128 + signal.SIGINT == ann.report()["exit_code"]
    assert ann.report()["ended"] == "stopped"
    assert bob.exit_code() == 4  # it was told goodbye
