"""Kernel timers of a connection: what was lost is sent again within milliseconds."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from functools import cache
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

TCP_THIN_LINEAR_TIMEOUTS: Final = 16  # the first six repetitions wait equally long
TCP_RTO_MAX_MS: Final = 44  # Linux 6.15 and later; elsewhere the kernel's own timers stay
TCP_RTO_MIN_US: Final = 45
RTO_MIN_US: Final = 20_000  # more than round trips vary: all lanes are then tried again in one rhythm
RTO_MAX_MS: Final = 1_000
TIMERS: Final = {TCP_THIN_LINEAR_TIMEOUTS: 1, TCP_RTO_MIN_US: RTO_MIN_US, TCP_RTO_MAX_MS: RTO_MAX_MS}


HEARTBEAT_MS: Final = 200
HEARTBEAT_TIMEOUT_MS: Final = 600
KEEPALIVE: Final = {
    zmq.TCP_KEEPALIVE: 1,
    zmq.TCP_KEEPALIVE_IDLE: 5,
    zmq.TCP_KEEPALIVE_INTVL: 5,
    zmq.TCP_KEEPALIVE_CNT: 4,
}


def watch_over(watched: zmq.Socket[bytes]) -> None:
    """How a dead connection is found out; before the socket is connected or bound.

    With our timers an outage heals by what is sent again, at most a second later. Heartbeats would end
    the connection instead, and a lost one blocks a lane that looks idle: the lesser evil elsewhere.
    """
    if _timers_work():
        for option, value in KEEPALIVE.items():
            watched.setsockopt(option, value)
    else:
        watched.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        watched.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)


@cache
def _timers_work() -> bool:
    if sys.platform != "linux":
        return False
    with socket.socket() as probe:
        return set_timers(probe.fileno())


class TimerTuning:
    """Watches one socket for connections that come to stand, and sets their timers."""

    def __init__(
        self, tuned: zmq.Socket[bytes], on_connected: Callable[[int], None] = lambda _: None
    ) -> None:
        """`tuned`: not connected yet. `on_connected`: told the file descriptor of each connection."""
        self._socket = tuned
        self._on_connected = on_connected
        self._monitor: zmq.Socket[bytes] | None = tuned.get_monitor_socket(zmq.EVENT_CONNECTED)

    def look(self) -> None:
        """Set the timers of connections made since the last look. Cheap where there are none."""
        try:
            while self._monitor is not None:
                descriptor = recv_monitor_message(self._monitor, zmq.NOBLOCK)["value"]
                self._on_connected(descriptor)
                if _timers_work():
                    set_timers(descriptor)
        except zmq.Again:
            pass

    def close(self) -> None:
        """Before the socket is closed."""
        if self._monitor is not None:
            self._socket.disable_monitor()
            self._monitor.close(0)
            self._monitor = None


def set_timers(descriptor: int) -> bool:
    """Of the connection with this file descriptor, which stays open. False: no such timers, or gone."""
    try:
        ours = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return False
    with ours:
        for option, value in TIMERS.items():
            try:
                ours.setsockopt(socket.IPPROTO_TCP, option, value)
            except OSError:
                return False  # an older kernel
    return True
