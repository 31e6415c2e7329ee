"""Does a busy main thread make inputs older? Another process sends; here frames keep the main thread busy.

The receiver thread needs the GIL for each packet. What it has not got hold of by the next frame's start is a
frame older than it need be.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

import zmq
from rows import Row

from peer.network.receiver import Receiver
from peer.player import SWITCH_INTERVAL

FRAME: Final = 1 / 60
BUSY: Final = 0.012  # seconds of each frame
SECONDS: Final = 20
ON_ITS_WAY: Final = 0.002  # seconds; what is sent closer to a frame's start may honestly miss it


def _sender(port: int, seconds: float) -> None:
    """One packet a frame, at any time within it, with the time in it."""
    context = zmq.Context[zmq.Socket[bytes]]()
    socket = context.socket(zmq.PUSH)
    socket.connect(f"tcp://127.0.0.1:{port}")
    rng, begin = Random(1), time.monotonic()
    frame = 0
    while time.monotonic() < begin + seconds:
        time.sleep(max(0.0, begin + (frame + rng.random()) * FRAME - time.monotonic()))
        socket.send(repr(time.monotonic()).encode())
        frame += 1
    context.destroy()


@contextmanager
def _receiver(seconds: float) -> Iterator[Receiver]:
    context = zmq.Context[zmq.Socket[bytes]]()
    receiver = Receiver(context, "127.0.0.1")
    sender = multiprocessing.get_context("spawn").Process(target=_sender, args=(receiver.port, seconds))
    sender.start()
    try:
        yield receiver
    finally:
        sender.join()
        receiver.close()
        context.destroy()


def _spin(until: float) -> None:
    total = 0
    while time.monotonic() < until:  # Python all the time: the GIL is never given up freely
        for number in range(200):
            total += number


def waits(busy: float, seconds: float = SECONDS) -> tuple[list[float], int]:
    """Milliseconds from sending to the deque, of each packet; how many missed a frame they should be in."""
    taken: list[float] = []
    missed = 0
    with _receiver(seconds) as receiver:
        while not receiver.packets:
            time.sleep(0.01)
        start = time.monotonic()
        before = start
        end = start + seconds - 1
        while start < end:
            while receiver.packets:
                data, arrived = receiver.packets.popleft()
                sent = float(data)
                taken.append((arrived - sent) * 1000)
                missed += sent < before - ON_ITS_WAY
            _spin(start + busy)
            before, start = start, start + FRAME
            time.sleep(max(0.0, start - time.monotonic()))
    return taken, missed


def rows() -> list[Row]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        idle, _ = waits(0.0)
        busy, missed = waits(BUSY)
    finally:
        sys.setswitchinterval(interval)
    p99 = [statistics.quantiles(taken, n=100)[98] for taken in (idle, busy)]
    return [
        Row(
            f"sending to deque p99, main thread busy 12 of 16.7 ms (idle: {p99[0]:.2f} ms)", p99[1], "ms", ""
        ),
        Row("inputs that missed their frame because of that", 100 * missed / len(busy), "%", "0"),
    ]


if __name__ == "__main__":
    for row in rows():
        print(row)
