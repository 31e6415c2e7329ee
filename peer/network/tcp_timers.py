"""Kernel timers of a connection: what was lost is sent again within milliseconds."""

from __future__ import annotations

import os
import socket
import sys
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

TCP_RTO_MAX_MS: Final = 44  # Linux 6.15 and later; elsewhere the kernel's own timers stay
TCP_RTO_MIN_US: Final = 45
RTO_MIN_US: Final = 10_000
RTO_MAX_MS: Final = 1_000


class TimerTuning:
    """Watches one socket for connections that come to stand, and sets their timers."""

    def __init__(self, tuned: zmq.Socket[bytes]) -> None:
        """`tuned`: not connected yet."""
        self._socket = tuned
        self._monitor: zmq.Socket[bytes] | None = None
        if sys.platform == "linux":
            self._monitor = tuned.get_monitor_socket(zmq.EVENT_CONNECTED)

    def look(self) -> None:
        """Set the timers of connections made since the last look. Cheap where there are none."""
        try:
            while self._monitor is not None:
                set_timers(recv_monitor_message(self._monitor, zmq.NOBLOCK)["value"])
        except zmq.Again:
            pass

    def close(self) -> None:
        """Before the socket is closed."""
        if self._monitor is not None:
            self._socket.disable_monitor()
            self._monitor.close(0)
            self._monitor = None


def set_timers(descriptor: int) -> None:
    """Of the connection with this file descriptor, which stays open."""
    try:
        ours = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return  # gone again
    with ours:
        for option, value in ((TCP_RTO_MIN_US, RTO_MIN_US), (TCP_RTO_MAX_MS, RTO_MAX_MS)):
            try:
                ours.setsockopt(socket.IPPROTO_TCP, option, value)
            except OSError:
                return  # an older kernel
