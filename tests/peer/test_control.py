"""Requests to stop are kept for the main thread, unless it does not come back from the game to see them."""

import os
import signal

import pytest

from peer import control
from peer.stop_signals import REASONS, Stopped


@pytest.fixture(autouse=True)
def handlers():
    before = {number: signal.getsignal(number) for number in (getattr(signal, name) for name in REASONS)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("late", [False, True])
def test_one_more_signal_comes_to_a_game_that_hangs(monkeypatch, late):
    monkeypatch.setattr(control, "ENDS_WITHIN", -1.0 if late else 60.0)
    asked = control.Control()
    os.kill(os.getpid(), signal.SIGTERM)
    assert asked.should_stop() and asked.stop_code == 128 + signal.SIGTERM
    if late:
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGINT)
    assert asked.stop_code == 128 + signal.SIGTERM
