"""A frame clock knows when the machine woke it up late, and when it was only busy itself."""

import time

import pytest

from peer.frame_clock import FrameClock


@pytest.fixture
def machine(monkeypatch):
    """Time stands still but for sleeping; naps take `late` seconds longer than asked for."""
    here = {"now": 100.0, "late": 0.0}

    def sleep(seconds):
        here["now"] += seconds + here["late"]

    monkeypatch.setattr(time, "monotonic", lambda: here["now"])
    monkeypatch.setattr(time, "sleep", sleep)
    return here


def test_what_is_slept_too_long_is_told(machine):
    clock = FrameClock()
    clock.wait(0.02)
    assert clock.overslept == pytest.approx(0.0)
    machine["late"] = 0.05
    clock.wait(0.02)
    assert clock.overslept == pytest.approx(0.05)


def test_who_comes_too_late_to_sleep_has_not_overslept(machine):
    clock = FrameClock()
    machine["now"] += 0.03
    clock.wait(0.02)
    assert clock.overslept == 0.0
