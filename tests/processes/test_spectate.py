"""Spectators as real processes: early, late, one whose source is killed; and what `netplay spectate` says."""

import json
import signal

import pytest
from staging import NETPLAY, RACE, netplay, wait_until

from netcode.simulator.claims import is_all_of
from peer.records.match_files import SPECTATOR, log_path, report_path
from peer.records.match_log import MatchLog


def spectator(stage, broker, name, *arguments):
    """A spectator that asks the broker."""
    command = [*NETPLAY, "spectate", "--broker", broker, "--name", name, "--bind", "127.0.0.1"]
    command += ["--out", stage.folder, "--no-window", "--status-json", *arguments]
    return stage.start(name, command, lambda running: running.ports)


def saw_the_match_of(player, watcher):
    report = json.loads(report_path(watcher.folder, watcher.name, SPECTATOR).read_text())
    assert report["ended"] == "finished", report["ended_text"]
    assert report["digests_equal"]
    assert report["packets_rejected"] == 0
    log = MatchLog.read(log_path(watcher.folder, watcher.name, SPECTATOR))
    assert is_all_of(log.frames, player.match_log().frames)
    assert log.header.slot is None
    return report


def test_they_follow_the_match_when_their_source_is_killed(stage):
    """Eve watches from the start, leo comes late; bob is killed, and ann plays on with a substitute."""
    broker, address = stage.broker()
    settings = [*RACE, "--players", 2, "--frames", 720, "--weather", "wan_bad"]
    settings += ["--on-drop", "default", "--disconnect-timeout", 1]
    ann, bob = (stage.peer(name, address, *settings) for name in ("ann", "bob"))
    eve = spectator(stage, address, "eve", "--weather", "wan_bad")
    eve.wait_for_words("watching through")
    eve.wait_for_frame(240)
    leo = spectator(stage, address, "leo")
    leo.wait_for_words("watching through bob")  # ann has eve already
    leo.wait_for_frame(300)
    bob.popen.send_signal(signal.SIGKILL)
    assert [one.exit_code() for one in (ann, eve, leo)] == [0, 0, 0]
    for watcher in (eve, leo):
        assert saw_the_match_of(ann, watcher)["frames"] == 720
    assert leo.said("catching up")
    assert leo.said("bob feeds us no more")
    assert ann.report()["watched"]["watchers"] == 2
    assert broker.popen.poll() is None


def test_the_broker_may_die_and_come_again(stage):
    broker, address = stage.broker()
    settings = [*RACE, "--players", 2, "--frames", 900]
    ann, _ = (stage.peer(name, address, *settings) for name in ("ann", "bob"))
    eve = spectator(stage, address, "eve")
    eve.wait_for_frame(60)
    broker.popen.send_signal(signal.SIGKILL)
    broker.popen.wait()
    again, _ = stage.broker(address.removeprefix("tcp://"))
    wait_until(lambda: "runs, race:CartPole-v1" in again.text, what="the match")
    leo = spectator(stage, address, "leo")
    assert [one.exit_code() for one in (ann, eve, leo)] == [0, 0, 0]
    for watcher in (eve, leo):
        saw_the_match_of(ann, watcher)
    assert not eve.said("feeds us no more")


def test_of_two_matches_one_has_to_be_named(stage):
    _, address = stage.broker()
    settings = [*RACE, "--players", 1, "--frames", 0]
    for name, room in (("ann", "red"), ("bob", "blue")):
        stage.peer(name, address, *settings, room=room).wait_for_frame(10)
    done = netplay("spectate", "--broker", address, "--no-window")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("netplay: several matches run here; choose one with --match: room ")
    assert "red" in line and "blue" in line
    eve = spectator(stage, address, "eve", "--match", "red")
    eve.wait_for_words("watching through ann")
    eve.popen.send_signal(signal.SIGTERM)
    assert eve.exit_code() == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    "words",
    [
        ("spectate", "--timeout", 0.5),
        ("peer", "--into", "x", "--join-timeout", 0.5),
        ("peer", "--env", "CartPole-v1", "--join-timeout", 0.5),
    ],
)
def test_where_no_broker_is_it_says_so(words):
    done = netplay(*words, "--broker", "127.0.0.1:9", "--no-window", "--name", "eve")
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert "no broker answers at tcp://127.0.0.1:9" in line


def test_where_no_match_runs_it_waits_only_as_long_as_told(stage):
    _, address = stage.broker()
    done = netplay("spectate", "--broker", address, "--no-window", "--timeout", 1)
    assert done.returncode == 2
    assert "no such match began within 1 s" in done.stderr
