"""One end of a link: sends 60 packets a second over lanes and, beside it, over UDP, and looks how old the
newest is that came. Both ends run on one machine, so their clocks are one.

    age_probe.py HERE THERE SECONDS lanes|one|none udp|alone
"""

import json
import socket
import sys
import time
from collections.abc import Callable

import psutil
import zmq

from netcode.lanes import IdlePick, InTurn, LanePolicy
from peer.network.inbox import Inbox
from peer.network.receiver import Receiver
from peer.network.transport import Transport

FPS = 60
PORT = 7100
LINK = b"linklink"
INPUTS_HEAD = b"\x9d\x01"  # looks like a session's inputs, so that late ones are dropped as theirs are
BODY = 100  # bytes, as a match of two has


class Lanes:
    """The transport of a real peer, with a stamp for a session."""

    def __init__(self, context: zmq.Context, here: str, there: str, policy: Callable[[], LanePolicy]) -> None:
        self.receiver = Receiver(context, here, PORT)
        self.transport = Transport(context)
        self.transport.open(LINK, LINK, f"tcp://{there}:{PORT}", policy)
        self._inbox = Inbox(self.receiver.packets, unwrap=self.transport.unwrap)

    def tick(self, now: float) -> list[tuple[float, float]]:
        """What came: (sent, arrived). Sends the next."""
        came = [(stamp_of(data[10:]), at) for data, at in self._inbox.drain(now)]
        self.transport.send([LINK + INPUTS_HEAD + stamp()])
        return came


class Datagrams:
    """The same over UDP, one copy."""

    def __init__(self, here: str, there: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((here, PORT))
        self._socket.setblocking(False)
        self._there = (there, PORT)

    def tick(self, now: float) -> list[tuple[float, float]]:
        came = []
        try:
            while True:
                came.append((stamp_of(self._socket.recv(2000)), now))
        except BlockingIOError:
            pass
        except ConnectionError:
            pass  # nobody there yet
        try:
            self._socket.sendto(stamp(), self._there)
        except OSError:
            pass
        return came


def stamp() -> bytes:
    return time.monotonic_ns().to_bytes(8, "little") + bytes(BODY - 8)


def stamp_of(data: bytes) -> float:
    return int.from_bytes(data[:8], "little") / 1e9


def main() -> None:
    here, there, seconds, kind, beside = sys.argv[1:]
    context: zmq.Context = zmq.Context()
    ways: dict[str, Lanes | Datagrams] = {}
    if kind != "none":
        ways["lanes"] = Lanes(context, here, there, IdlePick if kind == "lanes" else InTurn)
    if beside == "udp":
        ways["udp"] = Datagrams(here, there)
    newest = dict.fromkeys(ways, 0.0)
    ages: dict[str, list[float]] = {way: [] for way in ways}
    arrivals: dict[str, list[float]] = {way: [] for way in ways}
    me = psutil.Process()
    began = due = time.monotonic()
    used = me.cpu_times()
    while (now := time.monotonic()) < began + float(seconds):
        for name, way in ways.items():
            for sent, arrived in way.tick(now):
                if sent > newest[name]:
                    newest[name] = sent
                    arrivals[name].append(arrived)
            if newest[name]:
                ages[name].append((now - newest[name]) * 1000)
        due += 1 / FPS
        time.sleep(max(0.0, due - time.monotonic()))
    after = me.cpu_times()
    cpu = (after.user + after.system - used.user - used.system) / float(seconds)
    transport = ways["lanes"].transport if isinstance(ways.get("lanes"), Lanes) else None
    told = {"ages": ages, "arrivals": arrivals, "cpu": cpu}
    if transport is not None:
        told |= {"lanes": transport.lanes, "copies": transport.copies, "late": transport.late}
    print(json.dumps(told))
    if isinstance(lanes := ways.get("lanes"), Lanes):
        lanes.receiver.close()
    context.destroy(linger=0)


if __name__ == "__main__":
    main()
