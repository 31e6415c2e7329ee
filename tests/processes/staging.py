"""`netplay` commands as processes, by pytest-xprocess or to their end."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from report_page import PEER, undocumented
from xprocess import ProcessStarter

from peer.records.match_files import log_path, report_path
from peer.records.match_log import MatchLog
from peer.records.report import CONTRACT_KEYS

PROJECT = Path(__file__).parents[2]
NETPLAY = [sys.executable, "-m", "peer.commands.main"]
LIMITED = {None: [], 1024: ["bash", "-c", 'ulimit -n 1024; exec "$@"', "limited"]}  # in file descriptors
RACE = ["--env", "race:CartPole-v1", "--fps", "60"]  # rolls back often, costs little


def netplay(*arguments, seconds=60, **options):
    """A `netplay` command, run to its end."""
    command = [*NETPLAY, *map(str, arguments)]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=seconds, check=False, **options
    )


def wait_until(condition, seconds=30.0, what="it"):
    """Wait for a condition, and return what made it true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.02)
    return value


@dataclass
class Running:
    """A `netplay` process under pytest-xprocess."""

    name: str
    popen: subprocess.Popen
    log: Path
    folder: Path

    @property
    def pid(self):
        return self.popen.pid

    @property
    def ports(self):
        """The TCP ports it listens on."""
        connections = psutil.Process(self.pid).net_connections(kind="tcp")
        return [one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN]

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def messages(self, kind):
        """What it told as JSON lines: "say" or "status"."""
        lines = (line for line in self.text.splitlines() if line.startswith("{") and line.endswith("}"))
        return [value[kind] for value in map(json.loads, lines) if kind in value]

    def wait_for_frame(self, frame):
        """Until it has confirmed so many frames."""

        def there():
            assert self.popen.poll() is None, self.text
            return any(status["confirmed"] >= frame for status in self.messages("status")[-1:])

        wait_until(there, what=f"frame {frame} of {self.name}")

    def said(self, text):
        return any(text in said for said in self.messages("say"))

    def wait_for_words(self, text, seconds=30.0):
        wait_until(lambda: self.said(text), seconds, f"{text!r} of {self.name}")

    def exit_code(self, seconds=60.0):
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self.name} goes on and on:\n{self.text[-2000:]}")

    def report(self):
        report = json.loads(report_path(self.folder, self.name).read_text())
        assert [key for key in CONTRACT_KEYS if key not in report] == []
        assert undocumented(report, PEER) == []
        return report

    def match_log(self):
        return MatchLog.read(log_path(self.folder, self.name))


class Stage:
    """Starts brokers and peers, in any order, and ends what still runs."""

    def __init__(self, xprocess, token, folder):
        self.folder = folder
        self._xprocess = xprocess
        self._token = token
        self._started = {}  # name for xprocess -> Popen

    def start(self, name, command, ready, environment=None, seconds=40):
        """`ready(running)`: is it up? `command`: all words of it."""
        folder, running = self.folder, []

        class Starter(ProcessStarter):
            timeout = seconds
            terminate_on_interrupt = True
            args = [str(word) for word in command]  # noqa: RUF012
            env = os.environ | {"PYTHONUNBUFFERED": "1"} | (environment or {})
            popen_kwargs = {"cwd": str(PROJECT), "stdin": subprocess.DEVNULL}  # noqa: RUF012

            def startup_check(self):
                resource = self.process.resources[-1]
                running[:] = [Running(name, resource.popen, Path(resource.info[0].logpath), folder)]
                if resource.popen.poll() is not None:
                    raise RuntimeError(f"{name} ended at once: {running[0].text}")
                return ready(running[0])

        unique = f"{self._token}-{len(self._started)}-{name}"
        self._started[unique] = None
        self._xprocess.ensure(unique, Starter, persist_logs=False)
        self._started[unique] = running[0].popen
        return running[0]

    def broker(self, bind="127.0.0.1:0", files=None):
        """A broker that listens, and its address."""
        command = [*LIMITED[files], *NETPLAY, "broker", "--no-announce", "--bind", bind]
        broker = self.start("broker", command, lambda running: "listening on" in running.text)
        return broker, broker.text.split("listening on ", 1)[1].split()[0]

    def peer(self, name, broker, *arguments, environment=None, for_a_person=False, files=None, **options):
        """A peer that has bound its port."""
        settings = {"room": "r", "bind": "127.0.0.1", "controller": "random"} | options
        command = [
            *LIMITED[files],
            *NETPLAY,
            "peer",
            "--broker",
            broker,
            "--name",
            name,
            "--out",
            self.folder,
        ]
        for key, value in settings.items():
            command += [f"--{key.replace('_', '-')}", value] if value != "" else []
        command += ["--no-window", *([] if for_a_person else ["--status-json"]), *arguments]
        return self.start(name, command, lambda running: running.ports, environment)

    def match(self, *arguments, players=2, frames=600, weather="wan_bad", **options):
        """A broker and `players` peers in one room: [broker, ann, bob, ...]."""
        broker, address = self.broker()
        arguments = [*(arguments or RACE), "--players", players, "--frames", frames, "--weather", weather]
        names = ["ann", "bob", "cleo", "dan"][:players]
        return [broker, *(self.peer(name, address, *arguments, **options) for name in names)]

    def end(self):
        """End what still runs, the stopped as well."""
        for name, popen in self._started.items():
            info = self._xprocess.getinfo(name)
            if info.isrunning():
                os.kill(info.pid, signal.SIGCONT)
                info.terminate(timeout=5)
            if popen is not None:
                popen.wait(5)


@contextmanager
def expect_nothing_left(folder):
    """Afterwards there is no new child of ours, and no process that names the folder on its command line."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    deadline = time.monotonic() + 5
    while (left := _working_for(folder, before)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in left:
        process.kill()
    assert left == []


def _working_for(folder, before):
    children = {child.pid for child in psutil.Process().children(recursive=True)} - before
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        told = process.info
        ours = told["pid"] in children or str(folder) in " ".join(told["cmdline"] or [])
        if ours and told["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
