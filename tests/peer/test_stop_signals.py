"""What a signal does, and when."""

import os
import signal
import subprocess
import sys

import pytest

from peer.stop_signals import REASONS, Stopped, StopRequest, reason

NUMBERS = [getattr(signal, name) for name in REASONS]


@pytest.fixture(autouse=True)
def handlers():
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_it_raises_where_it_comes(number):
    stop = StopRequest()
    assert not stop and stop.exit_code == 0 and stop.reason == ""
    with pytest.raises(Stopped, match=reason(number)):
        os.kill(os.getpid(), number)
    assert stop and stop.exit_code == 128 + number


def test_who_has_to_clean_up_holds_it_back_and_the_first_counts():
    stop = StopRequest()
    with stop.held():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.number == signal.SIGTERM
        with pytest.raises(Stopped), stop.raising():
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    assert stop.exit_code == 143


def test_no_handler_for_errors_takes_it_for_one():
    StopRequest()
    with pytest.raises(Stopped):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except (Exception, KeyboardInterrupt):
            pytest.fail("taken for something else")


def test_the_handlers_are_in_force_before_anything_is_loaded_that_takes_long():
    code = """
import signal, sys
import peer.commands.main, peer.hash_seed

def look(words):
    heavy = {"typer", "numpy", "zmq", "pydantic", "rich"}.intersection(sys.modules)
    print(callable(signal.getsignal(signal.SIGTERM)), *heavy)
    sys.exit()

peer.hash_seed.fix_hashes = look
peer.commands.main.command()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


AT_EXIT = "import atexit; atexit.register(os.kill, os.getpid(), signal.{name})"
AT_THE_VERY_END = """
class Last:
    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.{name}): kill(me, number)
last = Last()"""


@pytest.mark.parametrize("when", [AT_EXIT, AT_THE_VERY_END])
@pytest.mark.parametrize(("words", "code"), [("--help", 0), ("bogus", 2)])
def test_once_a_command_has_its_code_no_signal_changes_it(when, words, code):
    ends = (
        "import os, signal, sys; import peer.commands.main as main\n"
        f"sys.argv = ['netplay', {words!r}]\n"
        f"{when.format(name='SIGTERM')}\nmain.command()"
    )
    done = subprocess.run(
        [sys.executable, "-c", ends],
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
