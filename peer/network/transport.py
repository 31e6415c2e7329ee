"""Sending: the main thread's own PUSH sockets, one a lane and remote. A socket belongs to one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import zmq

from netcode.lanes import InTurn, LanePolicy
from netcode.limits import LINK_ID_BYTES

SEND_HIGH_WATER: Final = 30  # half a second; older packets say nothing that newer ones do not
FAREWELL_LINGER_MS: Final = 300  # so long may a goodbye still be under way when the process ends


class Transport:
    """Lanes to all remotes. Sending never blocks and never raises: a packet may always be lost."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        endpoints: Mapping[bytes, str],
        policy: Callable[[], LanePolicy] = InTurn,
    ) -> None:
        """`endpoints`: where packets that start with a link id go."""
        self.dropped = 0  # packets that no lane would take
        self._context = context
        self._policy = policy
        self._remotes: dict[bytes, _Remote] = {}
        for link_out, endpoint in endpoints.items():
            self.open(link_out, endpoint)

    @property
    def lanes(self) -> int:
        """Connections to the remote that has most."""
        return max((len(remote.lanes) for remote in self._remotes.values()), default=0)

    def open(self, link_out: bytes, endpoint: str, policy: Callable[[], LanePolicy] | None = None) -> None:
        """From now on packets of `link_out` go to `endpoint`."""
        self._remotes[link_out] = _Remote(self._context, endpoint, (policy or self._policy)())

    def shut(self, link_out: bytes) -> None:
        """No more packets of `link_out`."""
        self._remotes.pop(link_out).close()

    def send(self, packets: Iterable[bytes]) -> None:
        """Each packet to whom its link id says, on the lane the policy chooses."""
        for data in packets:
            remote = self._remotes.get(data[:LINK_ID_BYTES])  # None: its way is not found yet
            if remote is None or not remote.send(data):
                self.dropped += 1

    def close(self) -> None:
        for remote in self._remotes.values():
            remote.close()


class _Remote:
    """The lanes to one remote."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str, policy: LanePolicy) -> None:
        self.policy = policy
        self.lanes = [_connected_push(context, endpoint) for _ in range(policy.lanes)]

    def send(self, data: bytes) -> bool:
        """Whether the lane took it."""
        try:
            self.lanes[self.policy.next_lane()].send(data, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def close(self) -> None:
        """Give what was just sent a moment to leave."""
        for lane in self.lanes:
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
