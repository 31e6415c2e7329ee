"""Who comes late, to play or to watch, begins the episode that is played, and no other."""

import json

import pytest
from judging import judge_logs
from staging import NETPLAY
from test_rejoin import come_in, kill

from peer.records.match_files import SPECTATOR, log_path, report_path
from peer.records.match_log import MatchLog
from peer.records.verification import compare_logs

KAZ = ["--env", "pettingzoo:butterfly/knights_archers_zombies_v11", "--fps", 60]
KAZ += ["--env-arg", "num_archers=1", "--env-arg", "num_knights=1"]
LANDER = ["--env", "race:LunarLander-v3", "--fps", 60]
MORE = ["--players", 2, "--frames", 960, "--on-drop", "default", "--disconnect-timeout", 1]


@pytest.mark.parametrize("game", [KAZ, LANDER], ids=["KAZ", "LunarLander"])
def test_a_player_and_a_spectator_come_late(stage, game):
    _, address = stage.broker()
    settings = [*game, *MORE, "--weather", "wan_bad"]
    ann, bob = (stage.peer(name, address, *settings) for name in ("ann", "bob"))
    bob.wait_for_frame(60)
    kill(bob)
    ann.wait_for_frame(420)
    again = come_in(stage, address, "bob-again", "--slot", 1 - ann.messages("status")[-1]["slot"])
    command = [*NETPLAY, "spectate", "--broker", address, "--name", "eve", "--bind", "127.0.0.1"]
    command += ["--out", stage.folder, "--no-window", "--status-json"]
    eve = stage.start("eve", command, lambda running: running.ports)
    ann.wait_for_words("bob-again plays from frame")
    assert [one.exit_code() for one in (ann, again, eve)] == [0, 0, 0]

    assert judge_logs(ann, again).frames_confirmed == 960
    watched = MatchLog.read(log_path(eve.folder, "eve", SPECTATOR))
    assert compare_logs([ann.match_log(), watched]).digests_equal
    assert json.loads(report_path(eve.folder, "eve", SPECTATOR).read_text())["digests_equal"]
    for log in (again.match_log(), watched):
        assert 100 < log.skipped < 900
        assert all(frame.outcome is None for frame in log.frames[: log.skipped])
    assert ann.match_log().skipped == 0
