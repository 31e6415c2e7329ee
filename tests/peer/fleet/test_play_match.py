"""The end of `netplay match`: what is judged and written when somebody interrupts it there."""

import os
import signal

import pytest

from peer.fleet import play_match
from peer.stop_signals import Stopped, StopRequest


@pytest.fixture(autouse=True)
def handlers():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_cuts_off_the_reference_run_and_nothing_else(monkeypatch):
    class Log:
        frames, missing = (), None

    def long_run(log, console):
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("it went on")

    monkeypatch.setattr(play_match, "run_reference", long_run)
    stop = StopRequest()
    with stop.held():
        assert play_match._reference([Log()], None, stop) == play_match.NOT_RUN
    assert stop.exit_code == 130
    assert not issubclass(Stopped, Exception)
