"""The broker as the process a user starts: found by its first line, killed, restarted, stopped."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "peer.commands.main", "broker"]
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
LISTENING = re.compile(rf"^{TIME} broker: listening on tcp://(127\.0\.0\.1):(\d+)$", re.MULTILINE)


def start(*arguments):
    """A broker on pipes, listening; its first two lines have been read."""
    process = subprocess.Popen(
        [*COMMAND, "--bind", "127.0.0.1:0", *arguments],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert LISTENING.search(process.stdout.readline())
    assert re.fullmatch(
        f"{TIME} broker: other machines cannot reach this address\n", process.stdout.readline()
    )
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(number):
    with start() as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 128 + number, errors
    assert re.fullmatch(rf"{TIME} stopped: 0 answers, .*\n", errors)


def test_it_ends_with_its_supervisor():
    with start("--stop-with-parent") as process:
        _, errors = process.communicate(timeout=10)  # closes its stdin
    assert process.returncode == 0, errors
    assert "stopped" in errors


def test_it_outlives_the_end_of_stdin_without_that_option():
    with start() as process:
        process.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.7)
        process.terminate()
        assert process.wait(10) == 128 + signal.SIGTERM
