"""Ways to those who come in mid-match: found beside the frame loop, which must never wait for an address."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from netcode.errors import NetplayError
from netcode.lanes import InTurn, LanePolicy
from netcode.limits import LINK_ID_BYTES, MAX_GUESTS
from peer.network.addresses import choose_endpoint, host_id
from peer.network.transport import Transport


class Ways:
    """Opens links of a transport when their address is found; until then packets for them are dropped."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._open: set[bytes] = set()
        self._wanted: dict[bytes, tuple[bytes, Callable[[], LanePolicy]]] = {}
        self._found: deque[tuple[bytes, str]] = deque(maxlen=MAX_GUESTS)  # appended to by threads

    def open(
        self,
        link_out: bytes,
        link_in: bytes,
        endpoints: Sequence[str],
        host: str,
        policy: Callable[[], LanePolicy] = InTurn,
    ) -> None:
        """From soon on packets of `link_out` go to the best of `endpoints` (of the machine `host`)."""
        if link_out not in self._wanted:
            self._wanted[link_out] = link_in, policy
            arguments = (link_out, tuple(endpoints), host == host_id())
            threading.Thread(target=self._find, args=arguments, name="way", daemon=True).start()

    def shut(self, link_out: bytes) -> None:
        """No more packets of `link_out`."""
        self._wanted.pop(link_out, None)
        if link_out in self._open:
            self._open.discard(link_out)
            self._transport.shut(link_out)

    def send(self, packets: Iterable[bytes]) -> None:
        """As Transport.send, for those whose way is open."""
        self.look()
        self._transport.send(data for data in packets if data[:LINK_ID_BYTES] in self._open)

    def look(self) -> None:
        """Open the links whose address has been found since the last look."""
        while self._found:
            link_out, endpoint = self._found.popleft()
            if link_out in self._wanted and link_out not in self._open:
                self._open.add(link_out)
                link_in, policy = self._wanted[link_out]
                self._transport.open(link_out, link_in, endpoint, policy)

    def _find(self, link_out: bytes, endpoints: Sequence[str], same_host: bool) -> None:
        try:
            self._found.append((link_out, choose_endpoint("a peer", endpoints, same_host)))
        except (NetplayError, OSError):  # nobody there; or no file descriptor left to try with
            self._wanted.pop(link_out, None)  # whoever wants it asks again
