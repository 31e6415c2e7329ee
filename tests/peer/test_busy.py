"""A terminal shows at once that something goes on; whoever reads from a pipe gets no word of it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import contextmanager

import pytest

from peer import busy as module
from peer.busy import CLEAR, busy

NETPLAY = [sys.executable, "-m", "peer.commands.main"]


@contextmanager
def terminal():
    """What is written to it can be read."""
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as stderr, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        yield reader
    os.close(reader)


def read_until(reader: int, text: str) -> str:
    """What came until then; it waits for it."""
    read = ""
    while text not in read:
        read += os.read(reader, 4096).decode()
    return read


def test_a_line_is_there_at_once_goes_on_and_is_gone_afterwards(monkeypatch):
    monkeypatch.setattr(module, "TICK", 0.4)
    with terminal() as reader:
        with busy("loading"):
            assert read_until(reader, "...") == f"{CLEAR}netplay: loading ..."
            read_until(reader, "loading ... 1 s")
        assert read_until(reader, CLEAR).endswith(CLEAR)


def test_what_fails_meanwhile_has_the_line_to_itself():
    with terminal() as reader:
        with pytest.raises(ZeroDivisionError), busy("loading"):
            read_until(reader, "...")
            raise ZeroDivisionError
        assert read_until(reader, CLEAR).endswith(CLEAR)


def test_a_pipe_gets_nothing(capfd):
    with busy("loading"):
        pass
    assert capfd.readouterr() == ("", "")


def test_the_first_word_comes_before_the_command_is_loaded():
    reader, writer = pty.openpty()
    with subprocess.Popen([*NETPLAY, "broker", "--nonsense"], stdout=writer, stderr=writer):
        os.close(writer)
        said = read_until(reader, "--nonsense")
    assert said.startswith(f"{CLEAR}netplay: starting ...")
    assert "starting" not in said.rpartition(CLEAR)[2], "and it is gone"
    os.close(reader)
