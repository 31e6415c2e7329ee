"""A peer process with two players, and what becomes of its slots when it is killed."""

from __future__ import annotations

from judging import judge_logs
from staging import RACE, netplay

SETTINGS = [*RACE, "--players", 3, "--weather", "wan_bad", "--controller", "random:8"]


def test_two_play_at_one_peer_and_both_slots_are_played_on_when_it_is_killed(stage):
    _, address = stage.broker()
    settings = [*SETTINGS, "--on-drop", "default", "--disconnect-timeout", 1, "--frames", 660]
    bob = stage.peer("bob", address, *settings, controller="")
    bob.wait_for_words("room r: 1 of 3")  # of two peers that lose each other the first goes on
    ann = stage.peer("ann", address, *settings, controller="random:7")  # and a second one
    ann.wait_for_frame(120)
    ann.popen.kill()
    bob.wait_for_words("ann is gone; from frame")
    dan = stage.peer("dan", address, "--into", "r", "--slot", 2, "--weather", "wan_bad", room="")
    bob.wait_for_words("dan plays from frame")
    assert [bob.exit_code(), dan.exit_code()] == [0, 0]
    assert bob.match_log().header.names == ("bob", "ann", "ann-2")
    assert (bob.report()["slots"], dan.report()["slots"]) == ([0], [2])
    assert judge_logs(bob, dan).frames_confirmed == 660
    played = [frame.inputs for frame in bob.match_log().frames]
    first, second = ([inputs[slot] for inputs in played[30:110]] for slot in (1, 2))
    assert len(set(first)) > 1 < len(set(second)) and first != second, "two players, each with its own keys"
    assert len({inputs[1] for inputs in played[-60:]}) == 1, "a substitute's"
    assert len({inputs[2] for inputs in played[-60:]}) > 1, "dan's"


def test_several_do_not_come_into_one_slot():
    done = netplay("peer", "--into", "r", "--controller", "idle", "--controller", "random")
    assert done.returncode and "--into takes one --controller" in done.stderr
