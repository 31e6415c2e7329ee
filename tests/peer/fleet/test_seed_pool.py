"""Seeds judged by several processes: the same verdicts, and no process that stays."""

import signal
import subprocess
import sys
import time

import psutil

from broker.witness import Witness
from peer.fleet.seed_pool import SeedJudge, judge_seeds

SEEDS = range(1, 5)


def test_the_verdicts_are_the_same_whatever_the_number_of_processes():
    how = SeedJudge(Witness, players=2, times=1)
    alone, together = (list(judge_seeds(SEEDS, how, jobs)) for jobs in (1, 2))
    assert [judged.seed for judged in together] == list(SEEDS)
    assert together == alone
    assert all(judged.verdict.frames for judged in alone)


def test_the_workers_end_with_the_process_that_started_them():
    command = [sys.executable, "-m", "peer.commands.main", "sim", "--seeds", "1-100000", "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        workers = []
        try:
            workers = _workers(running.pid)
        finally:
            running.send_signal(signal.SIGKILL)
    _, left = psutil.wait_procs(workers, timeout=30)  # after the seed that they are at
    for process in left:
        process.kill()
    assert left == []


def _workers(pid):
    """Both, once they judge."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        workers = [
            child
            for child in psutil.Process(pid).children()
            if "spawn_main" in " ".join(child.cmdline()) and child.cpu_times().user > 1.0
        ]
        if len(workers) == 2:
            return workers
        time.sleep(0.05)
    raise AssertionError("the workers never came")
