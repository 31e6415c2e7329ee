"""Those who watch through this process: the broker tells of them, a Feeder feeds them, ways lead to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from netcode.events import EndReason
from netcode.feeding import Feeder
from netcode.session import Arrival
from netcode.wire.running import Guest
from peer.network.ways import Ways

FEED_LINGER: Final = 3.0  # seconds an ended process goes on feeding those who lack something
_LINGER_STEP: Final = 0.01


class Audience:
    """Puts a feeder's packets on their ways. All calls come from the main thread."""

    def __init__(self, feeder: Feeder, ways: Ways) -> None:
        self.feeder = feeder
        self._ways = ways
        self._guests: dict[bytes, Guest] = {}  # by link_out

    def invite(self, guests: Sequence[Guest], now: float) -> None:
        """All who may come to watch, as the broker says now. Who watches already stays, whatever it says."""
        watchers = [guest for guest in guests if guest.slot is None]
        here = {guest.link_out for guest in watchers}
        for link_out, guest in list(self._guests.items()):
            if link_out not in here and not self.feeder.is_watching(guest.link_in):
                self.feeder.dismiss(guest.link_in)
                del self._guests[link_out]
        for guest in watchers:
            self._guests[guest.link_out] = guest
            self.feeder.welcome(guest.name, guest.link_out, guest.link_in, now)

    def receive(self, arrivals: list[Arrival]) -> list[Arrival]:
        """Takes the packets of watchers; the others are handed back."""
        return self.feeder.receive(arrivals) if self._guests else arrivals

    def send(self, now: float) -> None:
        """What the feeder has to say."""
        if not self._guests:
            return
        feeder, ways = self.feeder, self._ways
        packets = feeder.outgoing(now)
        while feeder.opened:
            guest = self._guests.get(feeder.opened.pop())
            if guest is not None:
                ways.open(guest.link_out, guest.link_in, guest.endpoints, guest.host)
        ways.send(packets)
        while feeder.shut:
            ways.shut(feeder.shut.pop())

    def linger(
        self,
        reason: EndReason,
        text: str,
        drain: Callable[[float], list[Arrival]],
        seconds: float = FEED_LINGER,
    ) -> None:
        """The match has ended here: watchers get what they lack, for a while, and a goodbye."""
        if self.feeder.deserted:
            return
        self.feeder.end(reason, text)
        deadline = time.monotonic() + seconds
        while not self.feeder.deserted and (now := time.monotonic()) < deadline:
            self.receive(drain(now))
            self.send(now)
            time.sleep(_LINGER_STEP)
        self._ways.send(self.feeder.farewells())
