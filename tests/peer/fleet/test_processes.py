from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from peer.fleet.processes import Nursery

SUPERVISOR = """
import sys, time
from pathlib import Path
from peer.fleet.processes import Nursery
nursery = Nursery(Path(sys.argv[1]))
child, address = nursery.start_broker()
if sys.argv[2] == "stopped":
    import psutil, signal
    child.signal(signal.SIGSTOP)
    while psutil.Process(child.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.001)  # only who stands still by then is woken by our end
print(child.pid, flush=True)
time.sleep(60)
"""


def gone(pid: int, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_leaving_the_nursery_ends_its_children_even_stopped_ones(tmp_path: Path) -> None:
    with Nursery(tmp_path) as nursery:
        running, address = nursery.start_broker("one")
        stopped, _ = nursery.start_broker("two")
        stopped.signal(signal.SIGSTOP)
        assert address.startswith("tcp://127.0.0.1:")
        assert running.exit_code is None
    assert running.exit_code == 128 + signal.SIGTERM
    assert stopped.exit_code is not None
    assert nursery.pids == {running.pid, stopped.pid}
    assert not any(psutil.pid_exists(pid) for pid in nursery.pids)


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    for state in ("running", "stopped"):
        supervisor = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(tmp_path / state), state],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        assert psutil.pid_exists(pid)
        supervisor.kill()
        supervisor.wait()
        supervisor.stdout.close()
        assert gone(pid), f"a {state} child outlived its supervisor"
