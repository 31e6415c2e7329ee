"""One of two players dies: the other asks the broker whether it may go on alone."""

import shlex
import signal

import pytest
from staging import RACE, netplay

SETTINGS = [*RACE, "--players", 2, "--frames", 400, "--on-drop", "default", "--disconnect-timeout", 1]


def kill(running):
    running.popen.send_signal(signal.SIGKILL)
    running.popen.wait()


def begin(stage, address, *arguments):
    """Two players; who comes first has slot 0."""
    first = stage.peer("ann", address, *SETTINGS, *arguments)
    first.wait_for_words("room r: 1 of 2")
    second = stage.peer("bob", address, *SETTINGS, *arguments)
    second.wait_for_frame(60)
    return first, second


def test_the_broker_lets_the_one_who_is_left_go_on(stage):
    broker, address = stage.broker()
    ann, bob = begin(stage, address)
    kill(ann)  # slot 0: without a witness bob would have to end
    bob.wait_for_words("asking the broker who goes on")
    assert bob.exit_code() == 0
    assert bob.report()["ended"] == "finished"
    assert "[1] without [0] may go on" in broker.text


def test_without_a_word_of_the_broker_nobody_goes_on(stage):
    broker, address = stage.broker()
    ann, bob = begin(stage, address)
    kill(broker)
    kill(bob)
    assert ann.exit_code() == 9
    assert ann.report()["ended"] == "split"
    assert "the broker, who alone can say so, was silent" in ann.report()["ended_text"]
    assert ann.said("the broker cannot say whether the others go on")


@pytest.mark.parametrize("witness", ["broker", "none"])
@pytest.mark.parametrize("end", ["finished", "stopped"])
def test_who_slept_until_the_other_had_finished_or_left_is_no_second_winner(stage, witness, end):
    _, address = stage.broker()
    ann, bob = begin(stage, address, "--witness", witness)
    bob.popen.send_signal(signal.SIGSTOP)
    ann.wait_for_words("bob is gone; from frame")
    if end == "stopped":
        ann.popen.send_signal(signal.SIGINT)
    ann.exit_code()
    bob.popen.send_signal(signal.SIGCONT)
    assert bob.exit_code() in (8, 9)
    reports = ann.report(), bob.report()
    assert (reports[0]["ended"], reports[1]["ended"]) == (end, "dropped")
    played, before = ann.match_log().frames, bob.match_log().frames
    assert 0 < len(before) < len(played)
    assert [report["frames_confirmed"] for report in reports] == [len(played), len(before)]
    assert played[: len(before)] == before


def test_the_one_that_slept_too_long_learns_who_goes_on_and_comes_back_by_the_line_it_is_told(stage):
    _, address = stage.broker()
    ann, bob = begin(stage, address, "--frames", 1000)
    bob.popen.send_signal(signal.SIGSTOP)
    ann.wait_for_words("bob is gone; from frame")
    bob.popen.send_signal(signal.SIGCONT)
    assert bob.exit_code() in (8, 9)  # dropped, or split
    told = next(said for said in bob.messages("say") if said.startswith("the others go on; to come back: "))
    command, *words = shlex.split(told.partition("back: ")[2])
    assert command == "netplay"
    again = netplay(*words, "--no-window")
    assert (again.returncode, ann.exit_code()) == (0, 0), again.stderr
    assert "slot 1 is ours" in again.stderr
