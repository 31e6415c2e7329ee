"""Whoever is asked to stop stops, quietly, with 128 and the signal's number: every verb, at every moment.

In mid-match: see test_faults.py, test_spectate.py and test_soak.py.
"""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import psutil
import pytest
from staging import NETPLAY, PROJECT, RACE, wait_until

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
VERBS = {
    "match": ["--env", "CartPole-v1"],
    "peer": ["--env", "CartPole-v1", "--broker", "127.0.0.1:1"],
    "broker": ["--bind", "127.0.0.1:0", "--no-announce"],
    "spectate": ["--broker", "127.0.0.1:1"],
    "soak": ["short"],
    "sim": ["--seeds", "1-100000"],
    "check": ["CartPole-v1", "--frames", "10000000"],
    "replay": ["none.netplay", "--verify"],
}


def start(tmp_path, verb, *before):
    return subprocess.Popen(
        [*before, *NETPLAY, verb, *VERBS[verb]],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def catches(process, number):
    """Has it a handler for this signal, by now?"""
    status = Path(f"/proc/{process.pid}/status").read_text()
    masks = dict(line.split(":", 1) for line in status.splitlines())
    return int(masks["SigCgt"], 16) >> (number - 1) & 1


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("verb", VERBS)
def test_while_it_starts_nothing_is_said(verb, number, tmp_path):
    with start(tmp_path, verb) as process:
        wait_until(lambda: catches(process, signal.SIGTERM), what="a handler")
        process.send_signal(number)
        assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("verb", "number"), [("sim", signal.SIGTERM), ("check", signal.SIGINT)])
def test_at_work(verb, number, tmp_path):
    with start(tmp_path, verb) as process:
        me = psutil.Process(process.pid)

        def has_worked():
            workers = [me, *me.children(recursive=True)]
            return sum(worker.cpu_times().user for worker in workers) > 1.2

        wait_until(has_worked, what="some work")
        process.send_signal(number)
        assert "".join(process.communicate(timeout=20)).strip() == ""
    assert process.returncode == 128 + number


def test_a_peer_and_a_spectator_that_wait(stage, tmp_path):
    _, address = stage.broker()
    ann = stage.peer("ann", address, "--env", "race:CartPole-v1", "--players", 2)
    ann.wait_for_words("1 of 2 players")
    command = [*NETPLAY, "spectate", "--broker", address, "--name", "eve", "--no-window", "--status-json"]
    eve = stage.start("eve", command, lambda running: running.said("waiting for a match to begin"))
    for one, number in ((ann, signal.SIGHUP), (eve, signal.SIGINT)):
        one.popen.send_signal(number)
        assert one.exit_code(5) == 128 + number
        assert one.messages("say")[-1].startswith("stopped: ")
    assert not (tmp_path / "peer-ann.json").exists()


def test_a_hangup_that_is_ignored_stays_so(tmp_path):
    with start(tmp_path, "broker", "nohup") as process:
        assert "listening" in process.stdout.readline()
        assert not catches(process, signal.SIGHUP)
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM


def test_a_terminal_that_closes_takes_nobodys_report(tmp_path):
    """What is said to a terminal that is gone would raise, in the midst of the end."""
    leader, follower = os.openpty()
    command = ["setsid", "--ctty", *NETPLAY, "match", *RACE, "--players", "2", "--headless"]
    command += ["--out", str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=follower, stdout=follower, stderr=follower) as process:
        os.close(follower)
        threading.Thread(target=read_on, args=(leader,), daemon=True).start()
        logs = [tmp_path / f"peer-player-{number}.netplay" for number in (1, 2)]
        wait_until(lambda: all(log.exists() and log.stat().st_size > 2000 for log in logs), what="frames")
        assert psutil.Process(process.pid).terminal() is not None
        os.close(leader)  # the kernel says SIGHUP to who leads the terminal
        assert process.wait(20) == 128 + signal.SIGHUP
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["digests_equal"] and {peer["ended"] for peer in report["peers"]} <= {"stopped", "left"}


def read_on(terminal):
    """Else who writes to it waits."""
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # closed
        pass
