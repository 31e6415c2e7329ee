"""What the main thread drains at frame start: the receiver's deque, seen through the weather."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from netcode.limits import LINK_ID_BYTES
from netcode.session import Arrival
from netcode.simulator.weather import BadLink, Weather


class Inbox:
    """Drains packets; with weather, each link's packets first pass its own seeded bad link."""

    def __init__(
        self,
        packets: deque[Arrival],
        links: Sequence[bytes] = (),
        weather: Weather | None = None,
        seed: int = 0,
        unwrap: Callable[[bytes], bytes | None] = bytes,
    ) -> None:
        """`links`: the ids that packets of each remote start with. Weather is for testing. `unwrap`: the
        session's packet in what came, or None."""
        self._packets = packets
        self._unwrap = unwrap
        self._links = tuple(links)
        self._seed = seed
        self._bad_links: dict[bytes, BadLink] = {}
        self._under_way: list[BadLink] = []  # links of an earlier weather that still hold packets
        self.set_weather(weather)

    def add_link(self, link: bytes) -> None:
        """A link that came later has the same weather."""
        if link not in self._links:
            self._links += (link,)
            if self._weather is not None:
                self._bad_links[link] = BadLink(self._weather, Random(f"{self._seed}/{len(self._links) - 1}"))

    @property
    def weather(self) -> Weather | None:
        """In force now; None: the real link alone."""
        return self._weather

    def set_weather(self, weather: Weather | None) -> None:
        """The weather from now on; None is the real link alone. Packets under way keep their fate."""
        self._under_way += self._bad_links.values()
        self._bad_links = {}
        self._weather = weather
        if weather is not None:
            for number, link in enumerate(self._links):
                self._bad_links[link] = BadLink(weather, Random(f"{self._seed}/{number}"))

    def drain(self, now: float) -> list[Arrival]:
        """Everything that has arrived by `now`, with its time of arrival."""
        arrived: list[Arrival] = []
        packets = self._packets
        while packets:
            came, at = packets.popleft()
            data = self._unwrap(came)
            if data is None:
                continue
            bad_link = self._bad_links.get(data[:LINK_ID_BYTES])
            if bad_link is None:
                arrived.append((data, at))
            else:
                bad_link.put(data, at)
        for bad_link in (*self._under_way, *self._bad_links.values()):
            arrived += bad_link.take(now)
        self._under_way = [link for link in self._under_way if len(link)]
        return arrived
