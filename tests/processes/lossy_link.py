"""A real bad link between two network namespaces: IP packets pass through this file as a process.

Each namespace has a TUN device; whatever is written there comes out of the other one late, or never. Needs
root, /dev/net/tun and the `ip` command.
"""

import ctypes
import fcntl
import heapq
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import time
from dataclasses import asdict
from itertools import count
from pathlib import Path
from random import Random

from netcode.simulator.weather import BadLink, Weather

ADDRESSES = ("10.78.0.1", "10.78.0.2")
IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
DEVICE = "bad0"
LONGEST_PACKET = 65536
_numbers = count()


class NoLinkError(Exception):
    """This machine cannot make one; the text says why."""


class LossyLink:
    """Two machines, A (0) and B (1), joined by a bad link. Leaving it removes them."""

    def __init__(self, weather: Weather, seed: int = 1) -> None:
        """Raises: NoLinkError."""
        if os.geteuid() != 0 or IP is None or not Path("/dev/net/tun").exists():
            raise NoLinkError("a lossy link between namespaces needs root, /dev/net/tun and the ip command")
        self.namespaces = tuple(f"nl{os.getpid()}x{next(_numbers)}{end}" for end in "ab")
        self._seed = seed
        self._pump: subprocess.Popen[str] | None = None
        devices: list[int] = []
        try:
            for number, namespace in enumerate(self.namespaces):
                ip("netns", "add", namespace)
                devices.append(_tun(namespace, ADDRESSES[number], ADDRESSES[1 - number]))
            command = [sys.executable, __file__, *map(str, devices), str(seed)]
            self._pump = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=devices, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            raise NoLinkError(f"no network namespaces here: {error}") from None
        finally:
            for device in devices:
                os.close(device)
        self.weather(weather)

    def __enter__(self) -> "LossyLink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def command(self, machine: int, *words: object) -> list[str]:
        """The words that run a command on a machine."""
        assert IP is not None
        return [IP, "netns", "exec", self.namespaces[machine], *map(str, words)]

    def weather(self, weather: Weather, back: Weather | None = None) -> None:
        """From now on A -> B, and B -> A if `back` says no other."""
        self._say({"weather": [asdict(weather), asdict(back or weather)]})

    def cut(self, is_cut: bool) -> None:
        """Nothing passes, either way, until it is mended."""
        self._say({"cut": is_cut})

    def close(self) -> None:
        if self._pump is not None:
            self._pump.kill()
            self._pump.wait()
            assert self._pump.stdin is not None
            self._pump.stdin.close()
            self._pump = None
        for namespace in self.namespaces:
            ip("netns", "delete", namespace, check=False)

    def _say(self, order: object) -> None:
        assert self._pump is not None and self._pump.stdin is not None
        self._pump.stdin.write(json.dumps(order) + "\n")
        self._pump.stdin.flush()


def ip(*words: str, check: bool = True) -> None:
    assert IP is not None
    subprocess.run([IP, *words], check=check, capture_output=True)


def _tun(namespace: str, here: str, there: str) -> int:
    """The descriptor of a new TUN device in a namespace, which is up afterwards."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    away = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(away, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "cannot enter a namespace")
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(away)
        os.close(home)
    ip("-n", namespace, "link", "set", "lo", "up")
    ip("-n", namespace, "address", "add", here, "peer", there, "dev", DEVICE)
    ip("-n", namespace, "link", "set", DEVICE, "txqueuelen", "2000", "up")
    return device


def pump(devices: list[int], seed: int) -> None:
    """Carry packets between two devices until stdin ends; orders come as JSON lines."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except OSError:
        pass  # less exact, that is all
    ctypes.CDLL(None).prctl(29, 1, 0, 0, 0)  # timer slack of 1 ns
    ways: list[list[BadLink]] = [[], []]  # by direction; the last is the weather, the others empty themselves
    is_cut, pending = False, b""
    while True:
        now = time.monotonic()
        for way, device in zip(ways, reversed(devices), strict=True):
            for data, _ in heapq.merge(*(link.take(now) for link in way), key=lambda packet: packet[1]):
                _write(device, data)
            way[:] = [link for link in way[:-1] if len(link)] + way[-1:]
        due = min((link.next_due for way in ways for link in way if len(link)), default=now + 0.1)
        readable, _, _ = select.select([0, *devices], (), (), max(0.0, due - time.monotonic()))
        for descriptor in readable:
            if descriptor == 0:
                orders = os.read(0, LONGEST_PACKET)
                if not orders:
                    return
                *lines, pending = (pending + orders).split(b"\n")
                for order in map(json.loads, lines):
                    is_cut = order.get("cut", is_cut)
                    for number, weather in enumerate(order.get("weather", [])):
                        ways[number].append(BadLink(Weather(**weather), Random(f"{seed}/{number}")))
            else:
                way = ways[devices.index(descriptor)]
                for data in _read(descriptor):
                    if way and not is_cut:
                        way[-1].put(data, time.monotonic())


def _read(device: int) -> list[bytes]:
    packets = []
    try:
        while len(packets) < 64:
            data = os.read(device, LONGEST_PACKET)
            if data[0] >> 4 == 4:  # no IPv6 chatter
                packets.append(data)
    except BlockingIOError:
        pass
    return packets


def _write(device: int, data: bytes) -> None:
    try:
        os.write(device, data)
    except OSError:
        pass  # a full queue: lost, as on any link


if __name__ == "__main__":
    pump([int(sys.argv[1]), int(sys.argv[2])], int(sys.argv[3]))
