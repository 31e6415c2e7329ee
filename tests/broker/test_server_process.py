"""The broker as the process a user starts: found by its first line, killed, restarted, stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import zmq
from xprocess import ProcessStarter

from netcode.settings import MatchSettings
from peer.network.matchmaking import find_match, wish_to_join

PROJECT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "peer.commands.main", "broker"]
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
LISTENING = re.compile(rf"^{TIME} broker: listening on tcp://(127\.0\.0\.1):(\d+)$", re.MULTILINE)


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
def start_broker(xprocess):
    """Start (again) a broker by pytest-xprocess; returns its pid and port."""
    names = []

    def start(port):
        class Starter(ProcessStarter):
            pattern = "listening on"
            timeout = 20
            terminate_on_interrupt = True
            args = [*COMMAND, "--bind", f"127.0.0.1:{port}"]  # noqa: RUF012
            popen_kwargs = {"cwd": str(PROJECT), "stdin": subprocess.DEVNULL}  # noqa: RUF012

        names.append(f"broker-{os.getpid()}-{len(names)}")
        pid, log = xprocess.ensure(names[-1], Starter, persist_logs=False)
        return pid, int(LISTENING.search(Path(log).read_text())[2])

    yield start
    for name in names:
        xprocess.getinfo(name).terminate(timeout=5)
        assert not xprocess.getinfo(name).isrunning()


def play(context, port, name, room, players, heard=None):
    join = wish_to_join(MatchSettings(env="E", players=players), {}, name=name, room=room, host="h")
    told = print if heard is None else heard.append
    return find_match(
        context, f"127.0.0.1:{port}", join, timeout=20, on_waiting=told, should_stop=lambda: False
    )


def test_several_matches_over_one_process(context, start_broker):
    _, port = start_broker(0)
    wanted = [(f"{room}{n}", room, size) for room, size in (("a", 2), ("b", 3), ("", 4)) for n in range(size)]
    with ThreadPoolExecutor(len(wanted)) as pool:
        rosters = list(pool.map(lambda one: play(context, port, *one), wanted))
    assert len({roster.match_id for roster in rosters}) == 3
    for (name, _, size), roster in zip(wanted, rosters, strict=True):
        assert roster.names[roster.my_slot] == name
        assert len(roster.seats) == size - 1


def test_a_broker_killed_in_the_lobby_and_started_again(context, start_broker):
    pid, port = start_broker(0)
    heard = []
    with ThreadPoolExecutor(2) as pool:
        ada = pool.submit(play, context, port, "ada", "x", 2, heard)
        wait_until(lambda: heard)
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([process for process in [_process(pid)] if process], timeout=5)
        start_broker(port)
        bob = pool.submit(play, context, port, "bob", "x", 2)
        rosters = [ada.result(20), bob.result(20)]
    assert rosters[0].match_id == rosters[1].match_id
    assert {roster.my_slot for roster in rosters} == {0, 1}


def _process(pid):
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


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


def fail(bind):
    """What a broker says and returns that cannot start."""
    command = [*COMMAND, "--bind", bind]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_port_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, output, errors = fail(f"127.0.0.1:{taken.getsockname()[1]}")
    assert (code != 0, output) == (True, "")
    assert re.fullmatch(r"netplay: address tcp://127\.0\.0\.1:\d+ is in use; .* with --bind\n", errors)


def test_a_wrong_address_is_one_line():
    code, output, errors = fail("127.0.0.1:http")
    assert (code != 0, output) == (True, "")
    assert re.fullmatch(r"netplay: address '127\.0\.0\.1:http': port 'http' is not .*\n", errors)
