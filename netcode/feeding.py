"""Feeding watchers: a player or a spectator tells others what was really played.

Who is far behind is fed at full speed, a bounded number of packets a frame; who is live gets all it lacks in
one packet now and then. Live watchers take turns, so that no frame has to feed them all, and those of one
turn share the bytes of one packet. A watcher can say what it holds, and nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from netcode import limits
from netcode.archive import Archive
from netcode.clock import RoundTrip, to_ticks
from netcode.errors import RemoteProtocolError
from netcode.events import EndReason
from netcode.link import Identity, LinkStats, difference_to
from netcode.wire.feed_packets import Feed, Watch, encode_feed
from netcode.wire.packets import Goodbye, Hello, Parting, decode, encode_goodbye, encode_hello
from netcode.wire.text import printable

FEED_INTERVAL: Final = 0.2  # seconds between two packets to a live watcher
TURNS: Final = 4  # in one such interval
WATCHER_TIMEOUT: Final = 10.0  # seconds of silence until a watcher is let go
RETRANSMIT: Final = 0.3  # seconds until what was not acked is sent again, while no round trip is known
ENDING_INTERVAL: Final = 0.1  # seconds between two packets once the match has ended

Arrival = tuple[bytes, float]
Ending = tuple[EndReason, str]


@dataclass(eq=False, slots=True)
class _Guest:
    """A link that somebody may watch through."""

    name: str
    link_out: bytes
    turn: int
    quiet: int = 0  # its turns since it was heard: a pause of our own does not count as its silence
    heard: bool = False  # has said hello, so there must be a way to answer
    watching: bool = False  # and was taken
    acked: int = 0  # it holds all frames below
    digests_acked: int = 0
    sent: int = 0  # while far behind: frames below were sent, and are on their way if not acked
    digests_sent: int = 0
    progress_at: float = 0.0  # when it last acked something new, or was sent again what it had not
    behind: bool = False  # in the queue of those fed at full speed
    round_trip: RoundTrip = field(default_factory=RoundTrip)


class Feeder:
    """One process's watchers. Bytes and `now` in, bytes out; never raises on what they send."""

    def __init__(
        self,
        archive: Archive,
        identity: Identity,
        most: int,
        interval: float = FEED_INTERVAL,
    ) -> None:
        """`most` may watch at once; each is fed every `interval` seconds when it is live."""
        self.stats = LinkStats()
        self.ending: Ending | None = None
        self.hops = 0  # from here to a player
        self.most_at_once = 0  # watchers
        self.opened: list[
            bytes
        ] = []  # link_out of who is to be answered from now on; who reads it empties it
        self.shut: list[bytes] = []  # likewise, of who is gone
        self._archive = archive
        self._identity = identity
        self._most = most
        self._interval = interval
        self._guests: dict[bytes, _Guest] = {}  # by link_in
        self._turns: list[list[_Guest]] = [[] for _ in range(TURNS)]
        self._behind: deque[_Guest] = deque()
        self._answers: list[bytes] = []
        self._turn = 0
        self._turn_due = 0.0
        self._welcomed = 0

    @property
    def watchers(self) -> tuple[str, ...]:
        """Names of those who watch now."""
        return tuple(guest.name for guest in self._guests.values() if guest.watching)

    def is_watching(self, link_in: bytes) -> bool:
        """Does somebody watch by this link?"""
        return link_in in self._guests and self._guests[link_in].watching

    @property
    def deserted(self) -> bool:
        """Does nobody watch? After the match's end everybody leaves who has got all there is."""
        return not any(self._turns)

    def welcome(self, name: str, link_out: bytes, link_in: bytes, now: float) -> None:
        """Somebody may come and watch: its packets start with `link_in`, ours to it with `link_out`.

        Welcoming a known link again changes nothing.
        """
        if link_in in self._guests:
            return
        if len(self._guests) >= limits.MAX_GUESTS:
            idle = (key for key, guest in self._guests.items() if not guest.watching)
            self.dismiss(next(idle, next(iter(self._guests))))
        self._guests[link_in] = _Guest(name, link_out, self._welcomed % TURNS, progress_at=now)
        self._welcomed += 1

    def dismiss(self, link_in: bytes) -> None:
        """Whoever was to come by this link will not, or no more."""
        guest = self._guests.pop(link_in, None)
        if guest is not None:
            self._let_go(guest)

    def end(self, reason: EndReason, text: str) -> None:
        """The match has ended here: watchers are told, with the last frames."""
        if self.ending is None:
            self.ending = (reason, printable(text)[: limits.MAX_TEXT_BYTES // 4])
            self._interval = ENDING_INTERVAL

    # ------------------------------------------------------------------- in

    def receive(self, arrivals: Iterable[Arrival]) -> list[Arrival]:
        """Take in the packets of guests; those of others are handed back."""
        others = []
        for arrival in arrivals:
            guest = self._guests.get(arrival[0][: limits.LINK_ID_BYTES])
            if guest is None:
                others.append(arrival)
            else:
                self._receive(guest, *arrival)
        return others

    def _receive(self, guest: _Guest, data: bytes, arrived: float) -> None:
        self.stats.packets_in += 1
        self.stats.bytes_in += len(data)
        try:
            packet = decode(data)
            if type(packet) is Watch:
                self._receive_watch(guest, packet, arrived)
            elif type(packet) is Hello:
                self._receive_hello(guest, packet, arrived)
            elif type(packet) is Goodbye:
                self._let_go(guest)
            else:
                raise RemoteProtocolError("a packet that no watcher sends")
        except RemoteProtocolError as error:
            self.stats.reject(str(error))
            return
        guest.quiet = 0

    def _receive_hello(self, guest: _Guest, hello: Hello, arrived: float) -> None:
        refusal = self._refusal(guest, hello)
        self._open_way_back(guest)
        accepted = refusal is None
        ours = Hello(
            limits.PROTOCOL_VERSION, self._identity.settings, dict(self._identity.fingerprint), accepted
        )
        self._answer(encode_hello(guest.link_out, ours))
        if refusal is not None:
            self._answer(encode_goodbye(guest.link_out, Goodbye(refusal, Parting.LEAVES, 0, 0)))
        elif not guest.watching:
            guest.watching = True
            guest.sent, guest.digests_sent, guest.progress_at = guest.acked, guest.digests_acked, arrived
            self._turns[guest.turn].append(guest)
            self.most_at_once = max(self.most_at_once, sum(map(len, self._turns)))

    def _open_way_back(self, guest: _Guest) -> None:
        if not guest.heard:
            guest.heard = True
            self.opened.append(guest.link_out)

    def _refusal(self, guest: _Guest, hello: Hello) -> str | None:
        difference = difference_to(self._identity, hello, guest.name)
        if difference is not None:
            return f"another game is played here: {printable(difference)}"[: limits.MAX_TEXT_BYTES // 4]
        if self._archive.stride > limits.FEED_INPUT_BYTES:
            return f"inputs of {self._archive.stride} bytes a frame do not fit a feed packet"
        if self._archive.first > 0 and not guest.watching:
            return f"the first {self._archive.first} frames are no longer kept; too late to begin there"
        if not guest.watching and sum(other.watching for other in self._guests.values()) >= self._most:
            return f"{self._most} watch here already"
        return None

    def _receive_watch(self, guest: _Guest, watch: Watch, arrived: float) -> None:
        archive = self._archive
        if not guest.watching:
            raise RemoteProtocolError("watching before a hello")
        if watch.held > archive.settled or watch.digests_held > archive.settled_digests:
            raise RemoteProtocolError("acked what was never sent")
        if watch.held > guest.acked or watch.digests_held > guest.digests_acked:
            guest.progress_at = arrived
        guest.acked = max(guest.acked, watch.held)
        guest.digests_acked = max(guest.digests_acked, watch.digests_held)
        guest.sent = max(guest.sent, guest.acked)
        guest.digests_sent = max(guest.digests_sent, guest.digests_acked)
        if watch.echo >= 0:
            guest.round_trip.sample(watch.echo, watch.waited, arrived)

    # ------------------------------------------------------------------ out

    def outgoing(self, now: float) -> list[bytes]:
        """Packets to send now. Call once a frame."""
        packets, self._answers = self._answers, []
        if self._behind:
            packets += self._catch_up(now)
        while now >= self._turn_due:
            self._turn_due = max(self._turn_due, now - self._interval) + self._interval / TURNS
            self._turn = (self._turn + 1) % TURNS
            if self._turns[self._turn]:
                packets += self._serve_turn(self._turns[self._turn], now)
        if packets:
            self.stats.packets_out += len(packets)
            self.stats.bytes_out += sum(map(len, packets))
        return packets

    def farewells(self) -> list[bytes]:
        """Goodbyes to all who still watch: they go to another source. Worth sending more than once."""
        reason, text = self.ending or (EndReason.STOPPED, "stopped here")
        parting = Parting.FINISHED if reason is EndReason.FINISHED else Parting.LEAVES
        goodbye = Goodbye(text, parting, 0, 0)
        return [encode_goodbye(guest.link_out, goodbye) for guest in self._guests.values() if guest.watching]

    def _serve_turn(self, guests: list[_Guest], now: float) -> list[bytes]:
        """One packet for all live watchers of this turn: from what the last of them holds to the present."""
        archive = self._archive
        held = archive.settled - limits.FEED_INPUT_BYTES // archive.stride  # the least that fits a packet
        digests_held = archive.settled_digests - limits.FEED_DIGESTS
        live = []
        for guest in list(guests):
            guest.quiet += 1
            if guest.quiet * self._interval > WATCHER_TIMEOUT:
                self._let_go(guest)
            elif guest.acked >= held and guest.digests_acked >= digests_held:
                live.append(guest)
            elif not guest.behind:
                guest.behind = True
                self._behind.append(guest)
        if not live:
            return []
        first = min([guest.acked for guest in live])
        body, _, _ = self._encode(first, min([guest.digests_acked for guest in live]), now)
        return [guest.link_out + body for guest in live]

    def _fits_a_packet(self, guest: _Guest) -> bool:
        archive = self._archive
        inputs_fit = (archive.settled - guest.acked) * archive.stride <= limits.FEED_INPUT_BYTES
        return inputs_fit and archive.settled_digests - guest.digests_acked <= limits.FEED_DIGESTS

    def _catch_up(self, now: float) -> list[bytes]:
        """The next packets for those far behind, who take turns too."""
        packets: list[bytes] = []
        for _ in range(min(limits.FEEDS_A_TICK, len(self._behind))):
            guest = self._behind.popleft()
            if not guest.watching or self._fits_a_packet(guest):
                guest.behind = False
                continue
            self._behind.append(guest)
            trip = guest.round_trip
            patience = (
                RETRANSMIT if trip.seconds is None else trip.seconds + 4 * trip.spread + self._interval / 2
            )
            if now - guest.progress_at > patience:
                guest.sent, guest.digests_sent, guest.progress_at = guest.acked, guest.digests_acked, now
            if (guest.sent - guest.acked) * self._archive.stride < limits.FEED_FLIGHT_BYTES and (
                guest.sent < self._archive.settled or guest.digests_sent < self._archive.settled_digests
            ):
                body, guest.sent, guest.digests_sent = self._encode(guest.sent, guest.digests_sent, now)
                packets.append(guest.link_out + body)
        return packets

    def _encode(self, first: int, digest_first: int, now: float) -> tuple[bytes, int, int]:
        """A feed from these frames and digests on; and up to which it reaches."""
        archive = self._archive
        end = min(archive.settled, first + limits.FEED_INPUT_BYTES // archive.stride)
        due = min(archive.settled_digests, archive.digests_due(end))
        digest_end = max(digest_first, min(due, digest_first + limits.FEED_DIGESTS))
        feed = Feed(
            first,
            archive.frames(first, end),
            archive.settled,
            digest_first,
            archive.digests(digest_first, digest_end),
            to_ticks(now),
            archive.episode,
            tuple(archive.substituted.items()),
            self.hops,
            self.ending,
        )
        return encode_feed(feed), end, digest_end

    def _answer(self, data: bytes) -> None:
        if len(self._answers) < 2 * self._most:  # beyond, they ask again
            self._answers.append(data)

    def _let_go(self, guest: _Guest) -> None:
        if guest.watching:
            guest.watching = False
            self._turns[guest.turn].remove(guest)
        if guest.heard:
            guest.heard = False
            self.shut.append(guest.link_out)
