"""Coming into a match that runs: the killed one again, another in place of a substitute."""

import signal
from dataclasses import replace

from judging import judge_logs
from staging import RACE, netplay

SETTINGS = [*RACE, "--players", 3, "--on-drop", "default", "--disconnect-timeout", 1, "--weather", "wan_bad"]


def kill(running):
    running.popen.send_signal(signal.SIGKILL)
    running.popen.wait()


def come_in(stage, address, name, *arguments):
    """A player who comes into the match in room r."""
    return stage.peer(name, address, "--into", "r", "--weather", "wan_bad", *arguments, room="")


def test_the_killed_one_comes_again_and_another_after_him(stage):
    _, address = stage.broker()
    settings = [*SETTINGS, "--frames", 1200]
    ann, bob, cleo = (stage.peer(name, address, *settings) for name in ("ann", "bob", "cleo"))
    bob.wait_for_frame(180)
    kill(bob)
    ann.wait_for_words("bob is gone; from frame")
    alone = stage.peer("bob", address, *settings, room="")
    alone.wait_for_words("bob's slot in match")
    assert alone.said("(ann, bob, cleo) is held by a substitute: to take it back, start with --into ")
    kill(alone)
    again = replace(come_in(stage, address, "bob"), name="bob-2")  # his first files stay
    for other in (ann, cleo):
        other.wait_for_words("bob plays from frame")
    kill(cleo)
    ann.wait_for_words("cleo is gone; from frame")
    dan = come_in(stage, address, "dan", "--slot", cleo_slot(ann, cleo))
    ann.wait_for_words("dan plays from frame")
    assert [one.exit_code() for one in (ann, again, dan)] == [0, 0, 0]
    assert [one.report()["ended"] for one in (ann, again, dan)] == ["finished"] * 3
    assert judge_logs(ann, again, dan).frames_confirmed == 1200
    judge_logs(ann, bob, cleo)  # what the killed ones had written was this game too
    assert ann.report()["rollbacks"] > 20
    assert ann.report()["longest_stall_s"] < 2.5  # the two timeouts; nobody waits for those who come


def cleo_slot(ann, cleo):
    """From the log: who came first got slot 0."""
    return ann.match_log().header.names.index(cleo.name)


def test_what_cannot_be_had_is_refused_with_one_line(stage):
    broker, address = stage.broker()
    common = ["--broker", address, "--bind", "127.0.0.1", "--no-window", "--controller", "random"]
    come = ["peer", *common, "--join-timeout", 1, "--name", "dan"]
    check_refusal(netplay(*come, "--into", "r"), "no match runs")
    stage.peer("ann", address, *RACE, "--players", 1, "--frames", 0).wait_for_frame(30)
    check_refusal(
        netplay(*come, "--into", "nowhere"),
        "no match or room nowhere runs; there is room r: race:CartPole-v1 with ann (match",
    )
    check_refusal(netplay(*come, "--into", "r"), "no slot of match")
    check_refusal(netplay(*come, "--into", "r", "--slot", 0), "is played by ann")
    check_refusal(netplay(*come, "--into", "r", "--slot", 5), "has slots 0 to 0")
    check_refusal(netplay(*come, "--slot", 0, "--env", "CartPole-v1"), "--slot goes with --into")
    check_refusal(netplay(*come, "--into", "r", "--room", "q"), "--into and --room")
    assert broker.popen.poll() is None


def check_refusal(done, reason):
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("netplay: ")]
    assert reason in line
    assert "Traceback" not in done.stderr


def test_a_controller_takes_over_until_the_person_is_back(stage):
    """ann comes first and has slot 0: so she may go on alone. Her stand-ins end with her."""
    _, address = stage.broker()
    settings = [*RACE, "--players", 2, "--disconnect-timeout", 1, "--weather", "wan_bad", "--frames", 1200]
    ann = stage.peer("ann", address, *settings, "--takeover", "random")
    ann.wait_for_words("room r: 1 of 2")
    bob = stage.peer("bob", address, *settings, "--takeover", "random")
    bob.wait_for_frame(90)
    kill(bob)
    ann.wait_for_words("random takes over for bob")
    ann.wait_for_words("bob's stand-in plays from frame")
    again = replace(come_in(stage, address, "bob"), name="bob-2")
    ann.wait_for_words("bob plays from frame")
    assert [one.exit_code() for one in (ann, again)] == [0, 0]
    stand_in = replace(bob, name="bob's stand-in")
    assert "bob plays from here on" in stand_in.report()["ended_text"]
    assert judge_logs(ann, again).frames_confirmed == 1200
    judge_logs(ann, stand_in)
    assert ann.report()["stand_ins_started"] == 1
    assert ann.report()["rollbacks"] > 10
