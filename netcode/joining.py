"""Coming into a running match: be fed, catch up, open a link with everybody, wish for the slot.

First the match so far is replayed (netcode.replay), then it is played with prediction, like by anybody. While
we are fed, every slot's inputs come from the feed. A slot whose player we hear directly is taken from
there: only the link carries the roster changes too, and one of them is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from netcode.events import FalseBeginning
from netcode.feed_reader import Arrival, FeedReader
from netcode.link import Link
from netcode.replay import Replay
from netcode.sources import Source
from netcode.substitutes import Substitutes
from netcode.survivors import Survivors
from netcode.timeline import Timeline

OPEN_WITHIN: Final = 60  # frames behind the feed at which links are opened
WISH_WITHIN: Final = 4  # frames behind the others at which we wish for our slot
UNFED_TIMEOUT: Final = (
    30.0  # seconds to find somebody who feeds us, while the broker is asked again and again
)
WISH_INTERVAL: Final = 0.1  # seconds


@dataclass(frozen=True)
class Guest:
    """Us, on our way into a match."""

    id: bytes  # GUEST_BYTES that the others know us by
    slot: int


class Joining:
    """One guest's view of the match it comes into."""

    def __init__(
        self,
        feed: FeedReader,
        replay: Replay,
        timelines: Sequence[Timeline],
        links: Sequence[Link],
        survivors: Survivors,
        substitutes: Substitutes,
    ) -> None:
        self.opened_at: float | None = None  # since when we speak to the others
        self.replay = replay
        self._feed = feed
        self._timelines = timelines
        self._links = links
        self._survivors = survivors
        self._substitutes = substitutes
        self._first = 0  # frame of _rows[0]
        self._rows: list[tuple[bytes, ...]] = []  # kept until played: a link may die and leave a gap
        self._taken_back: dict[int, int] = {}  # slot -> from which frame its player was back
        self._direct: dict[int, int] = {}  # slot -> its inputs below this frame came from its player
        self._given_up: str | None = None
        self._fed_at: float | None = None  # when somebody did last; or since when nobody has
        self._wished_at = float("-inf")

    @property
    def live(self) -> int:
        """The present of the match, as far as we know."""
        return max([self._feed.confirmed, *(link.newest_frame for link in self._survivors.links)])

    @property
    def settled(self) -> int:
        """Frames below are final: we are fed no others."""
        return self._feed.told.count

    @property
    def confirmed_by_all(self) -> int:
        """Every player has confirmed the frames below: fed is only what they all have."""
        links = self._survivors.links
        return max(self._feed.confirmed, min([link.remote_confirmed for link in links], default=0))

    def take(self, arrivals: Iterable[Arrival]) -> list[Arrival]:
        """Take in what feeds us; the rest is handed back."""
        return self._feed.receive(arrivals)

    def outgoing(self, now: float) -> list[bytes]:
        """Packets to those who feed us."""
        return self._feed.outgoing(now)

    def farewells(self) -> list[bytes]:
        """We need no more feeding."""
        return self._feed.farewells()

    def offer(self, sources: Sequence[Source], now: float) -> None:
        """Who may feed us, as the broker knows by now."""
        self._feed.offer(sources, now)

    @property
    def wants_sources(self) -> bool:
        """Does nobody feed us?"""
        return self._feed.source is None

    @property
    def ended(self) -> str | None:
        """Why nobody can feed us any more, if so: the match is over, or would be another one for us."""
        return self._feed.hopeless or self._given_up

    @property
    def opening(self) -> bool:
        """Do we speak to the others by now?"""
        return self.opened_at is not None

    def receive(self, played: int, now: float) -> None:
        """Feed -> timelines. Frames below `played` are behind us."""
        if self._fed_at is None or not self.wants_sources:
            self._fed_at = now
        if now - self._fed_at > UNFED_TIMEOUT:
            self._given_up = f"nobody who plays was found within {UNFED_TIMEOUT:g} s"
        self._rows += self._feed.take_rows()
        behind_us = min(max(0, played - self._first), len(self._rows))  # links may have told us more by now
        del self._rows[:behind_us]
        self._first += behind_us
        heard = [link for link in self._survivors.links if link.flows and not link.ended]
        direct = {slot for link in heard for slot in link.remote.slots}
        for slot, timeline in enumerate(self._timelines):
            if slot not in direct:
                for row in self._rows[timeline.confirmed - self._first :]:
                    timeline.confirm(row[slot])
            else:
                self._direct[slot] = timeline.confirmed
        self._follow_substitutes()
        near = self._feed.confirmed and self._feed.confirmed - played <= OPEN_WITHIN
        if self.opened_at is None and near and not self.replay.on_trial:
            self.opened_at = now

    def events(self) -> list[FalseBeginning]:
        """What there is to tell of our sources, since the last call."""
        events = [event for event in self._feed.events if isinstance(event, FalseBeginning)]
        self._feed.events.clear()
        return events

    def taken_back(self, slot: int, first: int) -> None:
        """A player takes `slot` from frame `first` on: what the feed says may be older."""
        self._taken_back[slot] = first

    def wishes(self, frame: int, now: float, patience: float) -> list[Link]:
        """Whom to tell that we are ready, if we are; `frame` is our present. Somebody who is silent for half
        of `patience` (seconds) may be lost to the others before our wish is out of date: first they agree."""
        links = self._survivors.links
        heard = [link for link in links if link.flows and not link.ended]
        played = {slot for link in heard for slot in link.remote.slots} | self._substitutes.since.keys()
        all_known = len(heard) == len(links) > 0 and len(played) == len(self._timelines)
        ready = all_known and frame >= self.live - WISH_WITHIN
        ready = ready and all(link.silence.seconds < patience / 2 for link in links)
        if not ready or now - self._wished_at < WISH_INTERVAL:
            return []
        self._wished_at = now
        return links

    def _follow_substitutes(self) -> None:
        for slot, since in self._feed.substituted.items():
            known = slot in self._substitutes.since or since < self._taken_back.get(slot, -1)
            if not known and self._direct.get(slot, 0) > since:
                what = f"the inputs of slot {slot} from frame {since} on reached us, and nobody else"
                self._given_up = f"{what} before its player was lost: come in again"
            elif not known and self._timelines[slot].confirmed >= since:
                self._substitutes.begin(slot, since)
                for link in [link for link in self._survivors.links if slot in link.remote.slots]:
                    link.ends_before(since)
                    if not link.ended:
                        link.lost("dropped by the others")
                    self._survivors.forget(link)
        for slot in [slot for slot in self._substitutes.since if slot not in self._feed.substituted]:
            if not self.opening:  # later the links tell, and earlier than the feed
                self._substitutes.end(slot)
