"""Sending: the main thread's own PUSH sockets, one a lane and remote. A socket belongs to one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable
from typing import Final

import zmq

from netcode.lanes import IdlePick, LanePolicy, most_lanes
from netcode.limits import LINK_ID_BYTES
from netcode.wire.lane_packets import LaneRecord, strip, wrap
from peer.network.tcp_timers import TimerTuning, watch_over

SEND_HIGH_WATER: Final = 30  # half a second; older packets say nothing that newer ones do not
HELLO_BYTES: Final = 512  # the longest frame of ZeroMQ's own handshake
TRY_AGAIN_SECONDS: Final = 1.0  # after a lane could not be opened
FAREWELL_LINGER_MS: Final = 300  # so long may a goodbye still be under way when the process ends


class Transport:
    """Lanes to all remotes. Sending never blocks and never raises: a packet may always be lost."""

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], on_connected: Callable[[int], None] = lambda _: None
    ) -> None:
        """`on_connected`: told the file descriptor of each lane, whenever it is connected."""
        self._on_connected = on_connected
        self.dropped = 0  # packets that no lane would take, or for links that are not open
        self.copies = 0  # packets that went on a second lane as well
        self.lanes_failed = 0  # lanes that could not be opened; they are tried again
        self._context = context
        self._remotes: dict[bytes, _Remote] = {}  # by the link id that packets to it start with
        self._records: dict[bytes, LaneRecord] = {}  # by the one that its packets start with

    @property
    def lanes(self) -> int:
        """Connections to the remote that has, or had, most."""
        return max((remote.most_lanes for remote in self._remotes.values()), default=0)

    @property
    def links(self) -> Container[bytes]:
        """What the packets of our remotes start with; it changes as they do."""
        return self._records.keys()

    @property
    def late(self) -> int:
        """Packets that were dropped undecoded, as newer ones had come before."""
        return sum(record.late for record in self._records.values())

    def open(
        self,
        link_out: bytes,
        link_in: bytes,
        endpoint: str,
        policy: Callable[[], LanePolicy] = IdlePick,
    ) -> None:
        """From now on packets of `link_out` go to `endpoint`; its answers start with `link_in`."""
        record = self._records[link_in] = LaneRecord()
        self._remotes[link_out] = _Remote(self._new_lane, link_in, endpoint, policy(), record)
        self._share_lanes()

    def shut(self, link_out: bytes) -> None:
        """No more packets of `link_out`."""
        remote = self._remotes.pop(link_out)
        del self._records[remote.link_in]
        remote.close()
        self._share_lanes()

    def unwrap(self, data: bytes) -> bytes | None:
        """The session's packet in what has arrived; None if newer ones have made it unimportant."""
        record = self._records.get(data[:LINK_ID_BYTES])
        return strip(data) if record is None else record.unwrap(data)

    def send(self, packets: Iterable[bytes]) -> None:
        """Each packet to whom its link id says, on the lanes the policy chooses."""
        now = time.monotonic()
        for data in packets:
            remote = self._remotes.get(data[:LINK_ID_BYTES])  # None: its way is not found yet
            took = 0 if remote is None else remote.send(data, now)
            self.dropped += took == 0
            self.copies += took == 2

    def close(self) -> None:
        for remote in self._remotes.values():
            remote.close()

    def _new_lane(self, endpoint: str) -> _Lane | None:
        """None if it cannot be had: no file descriptor is left, say. What comes to others by fewer lanes, or
        later, is no reason to end."""
        try:
            return _Lane(self._context, endpoint, self._on_connected)
        except (zmq.ZMQError, OSError):
            self.lanes_failed += 1
            return None

    def _share_lanes(self) -> None:
        policies = (remote.policy for remote in self._remotes.values())
        sharing = [policy for policy in policies if isinstance(policy, IdlePick)]
        for policy in sharing:
            policy.most = most_lanes(len(sharing))


class _Remote:
    """The lanes to one remote."""

    def __init__(
        self,
        new_lane: Callable[[str], _Lane | None],
        link_in: bytes,
        endpoint: str,
        policy: LanePolicy,
        record: LaneRecord,
    ) -> None:
        self.link_in = link_in
        self.most_lanes = 0
        self._new_lane, self._endpoint = new_lane, endpoint
        self._try_again_at = float("-inf")  # to open a lane
        self.policy, self._record = policy, record
        self._lanes: list[_Lane] = []
        self._number = 0  # of the next packet
        self._looked_at = 0  # the lane whose timers were looked at last
        self._have(policy.lanes, time.monotonic())

    def send(self, data: bytes, now: float) -> int:
        """How many lanes took it."""
        policy, record = self.policy, self._record
        if record.told is not None:
            policy.heard(record.told, now)
            record.told = None
        took = 0
        for lane in policy.choose(now):
            if lane < len(self._lanes) and self._lanes[lane].send(
                wrap(data, lane, self._number, record.newest)
            ):
                policy.sent(lane, self._number, now)
                took += 1
                if took == 2 or not policy.wants_copy(now):
                    break
        self._number += 1
        self._look_after_lanes(now)
        return took

    def close(self) -> None:
        """Give what was just sent a moment to leave."""
        for lane in self._lanes:
            lane.close(FAREWELL_LINGER_MS)

    def _look_after_lanes(self, now: float) -> None:
        if self.policy.lanes != len(self._lanes):
            self._have(self.policy.lanes, now)
        if self._lanes:
            self._looked_at = (self._looked_at + 1) % len(self._lanes)
            self._lanes[self._looked_at].timers.look()

    def _have(self, lanes: int, now: float) -> None:
        """Open one more at a time, so that a frame is never held up by many."""
        if len(self._lanes) < lanes and now >= self._try_again_at:
            for _ in range(1 if self._lanes else lanes):
                lane = self._new_lane(self._endpoint)
                if lane is None:
                    self._try_again_at = now + TRY_AGAIN_SECONDS
                    break
                self._lanes.append(lane)
        while len(self._lanes) > lanes:
            self._lanes.pop().close(FAREWELL_LINGER_MS)
        self.most_lanes = max(self.most_lanes, len(self._lanes))


class _Lane:
    """One connection. Raises: ZMQError or OSError if it cannot be had."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        endpoint: str,
        on_connected: Callable[[int], None],
    ) -> None:
        # A second connect() of one socket to one endpoint would not always make a second connection:
        # hence a socket for each lane.
        socket = self._socket = context.socket(zmq.PUSH)
        try:
            socket.setsockopt(zmq.IPV6, 1)
            socket.setsockopt(zmq.IMMEDIATE, 1)  # queue only on connections that stand
            socket.setsockopt(zmq.SNDHWM, SEND_HIGH_WATER)
            socket.setsockopt(
                zmq.MAXMSGSIZE, HELLO_BYTES
            )  # nothing is to come back, and libzmq would keep it
            socket.setsockopt(zmq.RCVHWM, 1)
            socket.setsockopt(zmq.RECONNECT_IVL, 50)
            socket.setsockopt(zmq.CONNECT_TIMEOUT, 300)
            watch_over(socket)
            self.timers = TimerTuning(socket, on_connected)
            socket.connect(endpoint)
        except (zmq.ZMQError, OSError):
            socket.close(0)
            raise

    def send(self, data: bytes) -> bool:
        """Whether the lane took it."""
        try:
            self._socket.send(data, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def close(self, linger_ms: int) -> None:
        self.timers.close()
        self._socket.close(linger=linger_ms)
