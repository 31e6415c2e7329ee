"""After a resync a peer's newest digests are new. Packets that were under way still carry the old ones.

So each side says from which of its packets on its digests, and its acks of digests, are to be counted. Until
the other has said so, a peer that has rewound sends it no digests, and takes no acks of any.
"""

from __future__ import annotations

from netcode.errors import RemoteProtocolError
from netcode.limits import RESYNCS_ALLOWED
from netcode.wire.desync_packets import Rewound, RewoundSeen


class Rewinds:
    """Of one link, in both directions. Sequences number the Inputs packets of a direction."""

    def __init__(self) -> None:
        self.pending: Rewound | None = None  # ours, not seen by the remote yet
        self.heard_index: int | None = None  # the remote's newest: its digests from here on are new
        self._made = 0
        self._heard = 0
        self.acks_from = 0  # acks in the remote's packets from this number on count our newest digests
        self.digests_from = 0  # digests in the remote's packets from this number on are its newest

    def make(self, index: int, sequence: int) -> None:
        """Our digests from number `index` on are new; our next packet is number `sequence`."""
        self._made += 1
        self.pending = Rewound(index, self._made, sequence)

    def hear_seen(self, seen: RewoundSeen) -> None:
        if self.pending is not None and seen.attempt == self.pending.attempt:
            self.acks_from = seen.sequence
            self.pending = None

    def is_news(self, rewound: Rewound) -> bool:
        """Is this not a repetition?

        Raises: RemoteProtocolError if the remote skips one, or rewinds too often.
        """
        if rewound.attempt > min(self._heard + 1, RESYNCS_ALLOWED):
            raise RemoteProtocolError("resynced too often")
        return rewound.attempt > self._heard

    def hear(self, rewound: Rewound) -> None:
        """The remote has rewound, and this is news."""
        self._heard = rewound.attempt
        self.heard_index = rewound.index
        self.digests_from = rewound.sequence

    def seen(self, sequence: int) -> RewoundSeen:
        """Our answer; our next packet is number `sequence`."""
        return RewoundSeen(self._heard, sequence)
