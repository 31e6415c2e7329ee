"""Sending: the main thread's own PUSH sockets, one a lane and remote. A socket belongs to one thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import zmq

from netcode.lanes import InTurn, LanePolicy

SEND_HIGH_WATER: Final = 30  # half a second; older packets say nothing that newer ones do not
FAREWELL_LINGER_MS: Final = 300  # so long may a goodbye still be under way when the process ends


class Transport:
    """Lanes to all remotes. Sending never blocks and never raises: a packet may always be lost."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        endpoints: Sequence[str],
        policies: Sequence[LanePolicy] | None = None,
    ) -> None:
        """`endpoints`: one for each remote, in the order of the session's links."""
        self.policies = list(policies or [InTurn() for _ in endpoints])
        self.dropped = 0  # packets that no lane would take
        self._lanes = [
            [_connected_push(context, endpoint) for _ in range(policy.lanes)]
            for endpoint, policy in zip(endpoints, self.policies, strict=True)
        ]

    def send(self, packets: Iterable[tuple[int, bytes]]) -> None:
        """(index of the remote, packet), each on the lane its policy chooses."""
        for index, data in packets:
            lane = self._lanes[index][self.policies[index].next_lane()]
            try:
                lane.send(data, zmq.NOBLOCK)
            except zmq.Again:
                self.dropped += 1

    def close(self) -> None:
        """Give what was just sent a moment to leave."""
        for lanes in self._lanes:
            for lane in lanes:
                lane.close(linger=FAREWELL_LINGER_MS)


def _connected_push(context: zmq.Context[zmq.Socket[bytes]], endpoint: str) -> zmq.Socket[bytes]:
    # A second connect() of one socket to one endpoint would not always make a second connection:
    # hence a socket for each lane.
    socket = context.socket(zmq.PUSH)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.IMMEDIATE, 1)  # queue only on connections that stand
    socket.setsockopt(zmq.SNDHWM, SEND_HIGH_WATER)
    socket.setsockopt(zmq.RECONNECT_IVL, 50)
    socket.setsockopt(zmq.CONNECT_TIMEOUT, 300)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 200)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 600)
    socket.connect(endpoint)
    return socket
