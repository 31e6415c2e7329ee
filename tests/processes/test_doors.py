"""Strangers at the doors of a running broker and peer: a thousand idle connections, messages without end.

The long round, as the threat model states it: DOORS_SECONDS=10 make test ARGS=tests/processes/test_doors.py
"""

import os
import socket
import struct
import threading
import time
from contextlib import ExitStack, suppress

import psutil
from judging import finish
from staging import RACE

SECONDS = float(os.environ.get("DOORS_SECONDS", "1"))
FRAMES = 300 + round(120 * SECONDS)
IDLE = 1000
DESCRIPTORS = 1024
GROWTH = 192  # MB while they are attacked; 20 to 75 where it is cut in time, 650 in a second where it is not
GREETING = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0" + b"NULL".ljust(20, b"\0") + bytes(32)
PART = b"\x03" + struct.pack(">Q", 8000) + bytes(8000)  # of a message that goes on


def ready(kind):
    command = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    return b"\x04" + bytes([len(command)]) + command


def connect(port):
    stranger = socket.create_connection(("127.0.0.1", port), 1)
    stranger.settimeout(0.2)
    return stranger


class Attack:
    """On one port, in a thread of its own, until it is left."""

    def __init__(self, attack, port, kind):
        self._over = threading.Event()
        self._thread = threading.Thread(target=attack, args=(self, port, kind))
        self.count = 0

    def goes_on(self):
        return not self._over.is_set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def flood(attack, port, kind):
    """A message without end; when it is cut, another one. Counts bytes."""
    while attack.goes_on():
        with suppress(OSError), connect(port) as stranger:
            stranger.sendall(GREETING)
            stranger.sendall(ready(kind))
            time.sleep(0.05)
            while attack.goes_on():
                stranger.sendall(PART * 20)
                attack.count += len(PART) * 20


def crowd(attack, port, kind):
    """Connections that say nothing, no more than hello, or noise; and new ones as the oldest are shut."""
    with ExitStack() as sitting:
        while attack.goes_on():
            for _ in range(IDLE // 20 if attack.count < IDLE else 5):
                with suppress(OSError):
                    stranger = sitting.enter_context(connect(port))
                    attack.count += 1
                    said = (b"", GREETING + ready(kind), os.urandom(3000))
                    stranger.sendall(said[attack.count % 3])
            time.sleep(0.02)


def test_a_match_is_exact_while_strangers_crowd_at_the_doors(stage):
    broker, address = stage.broker(files=DESCRIPTORS)
    game = [*RACE, "--players", 2, "--frames", FRAMES, "--weather", "wan_bad"]
    ann = stage.peer("ann", address, *game, files=DESCRIPTORS)
    bob = stage.peer("bob", address, *game)
    ann.wait_for_frame(60)
    attacked = [psutil.Process(running.pid) for running in (broker, ann)]
    before = [process.memory_info().rss >> 20 for process in attacked]
    most = before
    doors = [(int(address.rpartition(":")[2]), b"DEALER"), (ann.ports[0], b"PUSH")]
    counts = {}
    for attack, enough in ((flood, 8 << 20), (crowd, IDLE)):
        with Attack(attack, *doors[0]) as at_broker, Attack(attack, *doors[1]) as at_ann:
            began = time.monotonic()
            while time.monotonic() - began < SECONDS or min(at_broker.count, at_ann.count) < enough:
                now = [process.memory_info().rss >> 20 for process in attacked]
                most = [max(pair) for pair in zip(most, now, strict=True)]
                assert all(process.num_fds() < DESCRIPTORS - 32 for process in attacked)
                time.sleep(0.02)
            late = stage.peer(f"cleo-{attack.__name__}", address, *game, room="another")
            late.wait_for_words("room another: ")  # the broker serves newcomers, too
        counts[attack] = at_broker.count, at_ann.count
    reports = finish(ann, bob, frames=FRAMES)
    growth = [after - first for after, first in zip(most, before, strict=True)]
    print(
        f"MB without end: {[count >> 20 for count in counts[flood]]}; grown by {growth} MB; {counts[crowd]=}"
    )
    assert max(growth) < GROWTH
    assert reports[0]["longest_stall_s"] < 2
    assert reports[0]["connections_shut"] > IDLE / 4
