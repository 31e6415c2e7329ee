"""Where a machine would replay too long, who comes late is sent a state; nobody has to ask for it."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

from judging import judge_logs
from staging import NETPLAY

from peer.records.match_files import spectator_log_path, spectator_report_path
from peer.records.match_log import MatchLog
from peer.records.verification import compare_logs

GAME = ["--env", "slow_env:Slow", "--fps", 60, "--players", 3, "--frames", 960]
SETTINGS = [*GAME, "--on-drop", "default", "--disconnect-timeout", 1]
SLOW = {"SLOW": "1"}
AGREED = ["--env", "slow_env:Slow"]


def test_a_player_and_a_spectator_come_late(stage, monkeypatch):
    here = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))
    _, address = stage.broker()
    ann, bob, cleo = (stage.peer(name, address, *SETTINGS) for name in ("ann", "bob", "cleo"))
    bob.wait_for_frame(60)
    bob.popen.send_signal(signal.SIGKILL)
    ann.wait_for_frame(420)
    again = stage.peer("bob", address, "--into", "r", *AGREED, environment=SLOW, room="")
    again = replace(again, name="bob-2")  # his first files stay
    command = [*NETPLAY, "spectate", "--broker", address, "--name", "eve", "--bind", "127.0.0.1", *AGREED]
    command += ["--out", stage.folder, "--no-window", "--status-json"]
    eve = stage.start("eve", command, lambda running: running.ports, SLOW)
    ann.wait_for_words("bob plays from frame")
    assert [one.exit_code() for one in (ann, cleo, again, eve)] == [0, 0, 0, 0]

    assert judge_logs(ann, cleo, again).frames_confirmed == 960
    taken = again.report()["state_taken"]
    assert taken["frame"] >= 360
    assert len(taken["confirmed_by"]) == 2
    assert again.said("confirms")
    skipped = [frame.frame for frame in again.match_log().frames if frame.outcome is None]
    assert skipped == list(
        range(skipped[0], taken["frame"])
    )  # all before it, but the first that were replayed
    assert ann.report()["state_taken"] is None
    assert ann.report()["states_given"] + cleo.report()["states_given"] >= 1

    watched = MatchLog.read(spectator_log_path(eve.folder, "eve"))
    assert compare_logs([ann.match_log(), watched]).digests_equal
    assert json.loads(spectator_report_path(eve.folder, "eve").read_text())["state_taken"]["frame"] >= 360
