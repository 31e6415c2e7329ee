"""What we start ends with us, whatever ends us: also where it does not look at its stdin, or cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked in Linux's own way")

SUPERVISOR = """
import sys, time
from pathlib import Path
from peer.fleet.processes import Child
child = Child("child", {words}, Path(sys.argv[1]) / "stderr")
print(child.pid, flush=True)
time.sleep(60)
"""

# A thread that waits in vfork() for its child (here one that cannot open its stdin yet) does not stand still
# when it is told to: to the kernel the process is not stopped, although its other threads are.
NEVER_QUITE_STOPPED = """
import ctypes, os, sys, threading, time
from peer.control import Control
control = Control(obey_stdin=True)
libc, actions, pid = ctypes.CDLL(None), ctypes.create_string_buffer(256), ctypes.c_int()
libc.posix_spawn_file_actions_init(actions)
libc.posix_spawn_file_actions_addopen(actions, 0, sys.argv[1].encode(), os.O_RDONLY, 0)
words, none = (ctypes.c_char_p * 2)(b"true", None), (ctypes.c_char_p * 1)(None)
start = lambda: libc.posix_spawn(ctypes.byref(pid), b"/bin/true", actions, None, words, none)
threading.Thread(target=start, daemon=True).start()
time.sleep(0.1)
print("ready", flush=True)
while not control.should_stop():
    time.sleep(0.01)
os._exit(0)
"""
HANGS = """
import time
from peer import control
control.OUTLIVES = 0.1
control.Control(obey_stdin=True)
print("ready", flush=True)
while True:
    time.sleep(0.1)
"""
STARTER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]], stdin=subprocess.PIPE, process_group=0)
print(child.pid, flush=True)
time.sleep(60)
"""


def started(*words: str | Path) -> tuple[subprocess.Popen[str], psutil.Process]:
    """A program that has started another, and that one."""
    pipes = {"stdout": subprocess.PIPE, "text": True}
    parent = subprocess.Popen([sys.executable, "-c", *map(str, words)], **pipes)
    return parent, psutil.Process(int(parent.stdout.readline()))


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def expect_gone_with(parent: subprocess.Popen[str], child: psutil.Process) -> None:
    parent.kill()
    parent.wait()
    try:
        child.wait(20)
    finally:
        if child.is_running():
            child.kill()
        parent.stdout.close()


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_what_has_only_just_been_started_ends_too(tmp_path, seconds):
    """Of CPU time. `check` never looks at its stdin."""
    words = ["check", "CartPole-v1", "--frames", "1000000"]
    parent, child = started(SUPERVISOR.format(words=words), tmp_path)
    wait_until(lambda: child.cpu_times().user >= seconds)
    expect_gone_with(parent, child)


def test_one_that_is_about_to_stand_still_is_woken(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    parent, child = started(STARTER, NEVER_QUITE_STOPPED, fifo)
    try:
        assert parent.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGSTOP)
        wait_until(lambda: child.status() == psutil.STATUS_STOPPED)
        expect_gone_with(parent, child)
    finally:
        os.close(os.open(fifo, os.O_RDWR))  # lets go of what it had begun to start


def test_one_whose_game_hangs_does_not_stay_behind():
    parent, child = started(STARTER, HANGS)
    assert parent.stdout.readline() == "ready\n"
    expect_gone_with(parent, child)


def test_a_policy_that_never_gets_loaded_ends_with_who_waits_for_it(tmp_path):
    waits_for_it = "from peer.policies.hosted import HostedPolicy; HostedPolicy('never_done:policy', True)"
    loaded = tmp_path / "loaded"
    (tmp_path / "never_done.py").write_text(f"import time; open({str(loaded)!r}, 'w'); time.sleep(60)")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    parent = subprocess.Popen([sys.executable, "-c", waits_for_it], env=os.environ | {"PYTHONPATH": path})
    wait_until(loaded.exists)
    children = psutil.Process(parent.pid).children(recursive=True)
    assert children
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    for child in alive:
        child.kill()
    assert alive == []
