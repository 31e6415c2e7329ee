"""One remote peer: handshake, its inputs in, ours out until acked, its digests, round trip, silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from netcode import limits
from netcode.clock import RoundTrip, Silence, ticks_between, to_ticks
from netcode.digests import DigestComparison, OwnDigests
from netcode.errors import RemoteProtocolError
from netcode.fingerprint import difference
from netcode.link_states import ENDED, LinkEvent, LinkState, next_state
from netcode.mismatch import what_differs
from netcode.own_inputs import OwnInputs
from netcode.pacing import LeadEstimate
from netcode.remote_inputs import RemoteInputs
from netcode.ties import Tie
from netcode.timeline import Timeline
from netcode.wire.desync_packets import Answer, Ask, DesyncPacket, Judged, encode_desync
from netcode.wire.packets import (
    Goodbye,
    Handover,
    Hello,
    Inputs,
    Parting,
    RosterChange,
    SeatWish,
    decode,
    encode_goodbye,
    encode_handover,
    encode_hello,
    encode_inputs,
    encode_seat_wish,
)
from netcode.wire.text import printable
from netcode.wire.witness_packets import Witnessed, encode_witnessed

Claims = tuple[tuple[int, int], ...]

GUEST_MAY_LACK: Final = 600  # frames a guest may be behind what it is sent; what is beyond is sent again
HANDOVERS_KEPT: Final = 64  # a tick; what is beyond is sent again
HELLO_INTERVAL: Final = 0.1  # seconds between two hellos while a link opens
WISH_KEPT: Final = 0.3  # seconds that a guest's wish for its slot stands, unless repeated


class Seated(Enum):
    """Whose inputs the link carries."""

    BOTH = auto()
    WE = auto()  # the remote is a guest and has no slot yet: it hears us, and says nothing that counts
    THEY = auto()  # we are the guest


# A member of an Enum takes ten times as long to look up (Python 3.11), and this is asked for every packet.
BOTH, WE, THEY = Seated.BOTH, Seated.WE, Seated.THEY


@dataclass(frozen=True)
class RemotePeer:
    """Who is at the other end."""

    name: str
    slots: tuple[int, ...]
    link_out: bytes  # starts every packet to them
    link_in: bytes  # starts every packet of theirs
    seated: Seated = Seated.BOTH


@dataclass
class Identity:
    """What this peer would play: compared with the remote's at the handshake."""

    settings: dict[str, str]
    fingerprint: dict[str, str]
    member: int = 0  # our number in the match


def difference_to(identity: Identity, hello: Hello, who: str) -> str | None:
    """In what `who` would play another game than `identity`, in one line; None: it would not."""
    if hello.version != limits.PROTOCOL_VERSION:
        return f"protocol version: {limits.PROTOCOL_VERSION} here, {hello.version} there"
    return what_differs(
        identity.settings, identity.fingerprint, hello.settings, hello.fingerprint, who
    ) or difference(identity.settings, hello.settings)


@dataclass
class LinkStats:
    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rejected: int = 0  # packets that broke the protocol
    duplicates: int = 0  # packets that were overtaken or doubled
    rejections: dict[str, int] = field(default_factory=dict)  # reason -> count, the first few reasons

    def reject(self, reason: str) -> None:
        self.rejected += 1
        if reason in self.rejections or len(self.rejections) < 16:
            self.rejections[reason] = self.rejections.get(reason, 0) + 1


class Link:
    """The protocol with one remote. Bytes and `now` in, bytes out; never raises on what they send."""

    def __init__(
        self,
        remote: RemotePeer,
        timelines: Sequence[Timeline],
        input_sizes: Sequence[int],
        own: OwnInputs,
        digests: OwnDigests,
        identity: Identity,
        is_valid_input: Callable[[int, bytes], bool],
        lookahead: int,
        max_gap: float,
        now: float,
    ) -> None:
        """`timelines` and `input_sizes` are those of the remote's slots; `lookahead` (frames) is how
        far its inputs may run ahead of ours; `max_gap` (seconds) is longer than any frame."""
        self.remote = remote
        self.state = LinkState.OPENING
        self.met = False  # has it said that it would play what we would?
        self.running = self.ended = False  # what the state says, for those who ask many times a frame
        self.stats = LinkStats()
        self.round_trip = RoundTrip()
        self.silence = Silence(now, max_gap)
        self.lead = LeadEstimate()
        self.pace = 0  # ticks a frame, as they told: what their machine can keep; 0: the match's own
        self.comparison = DigestComparison(digests)
        self.acked = own.oldest  # the remote holds our inputs of all frames below
        self.digests_acked = 0
        self.advantage = 0  # frames our present was past the remote's when we last heard of that
        self.ending = ""  # why the link ended, once it has
        self.heard_again = False  # after its end, and not answered yet
        self.parting: Parting | None = None  # why they said goodbye, if they did
        self.remote_confirmed = 0  # they hold every player's inputs of all frames below
        self.claims: dict[int, int] = {}  # what they say they hold of dropped peers
        self.witnessed: Tie | None = None  # the newest that the witness has decided for them, as they say
        self.handovers: list[Handover] = []  # not looked at yet; at most one a packet, see HANDOVERS_KEPT
        self.desync_packets: list[DesyncPacket] = []  # not looked at yet; see DESYNC_PACKETS_KEPT
        self.seated = remote.seated
        self.member = min(remote.slots)  # their number in the match; of guests and to guests it is told later
        self.changes: list[RosterChange] = []  # they announced, in order; kept while they may be handed over
        self.flows = False  # have inputs come, without a gap to what we held?
        self.newest_frame = 0  # their present when we last heard of it
        self.speaks = True  # False: it was given a slot, and may not know yet
        self._first = 0  # frame from which on the slot is the remote's
        self._wished_at = float("-inf")
        self._first_digest = 0  # earlier ones are not compared with this remote
        self._inputs = RemoteInputs(remote.slots, timelines, input_sizes, is_valid_input)
        self._newest_input_sent: int | None = None  # by the remote's clock
        self._own = own
        self._digests = digests
        self._identity = identity
        self._lookahead = lookahead
        self._hello_due = now
        self._sequence = 0  # of the next packet out
        self._newest_sequence = -1  # of the packets in
        self._echo = -1
        self._echo_arrived = now

    # ---------------------------------------------------------------- state

    @property
    def held(self) -> int:
        """We hold the remote's inputs of all frames below."""
        return self._inputs.held

    @property
    def inputs_in(self) -> int:
        """Frames of the remote's inputs that we have taken."""
        return self._inputs.frames_taken

    def input_age(self, now: float) -> float | None:
        """Seconds since the remote sent its newest input that is here; None: not known yet."""
        stamp = self._newest_input_sent
        return None if stamp is None else self.round_trip.age(stamp, now)

    def gave(self, slot: int, frame: int) -> bool:
        """Is the input of `slot` in `frame` the remote's word?"""
        end = self._inputs.end
        return slot in self.remote.slots and self._first <= frame and (end is None or frame < end)

    def wishes(self, now: float) -> bool:
        """Does the guest at the other end wish for its slot?"""
        return self.running and now - self._wished_at < WISH_KEPT

    def take_seat(self, first: int, digest: int) -> None:
        """From frame `first` and digest number `digest` on the link carries what both sides say."""
        if self.seated is Seated.THEY:
            self.acked = first
        else:
            self.speaks, self._first = False, first
        self.seated = Seated.BOTH
        self.digests_acked = self._first_digest = digest
        self.comparison.begin_at(digest)

    @property
    def sets_pace(self) -> bool:
        """Is it a player's? Guests have to keep up by themselves."""
        return self.running and self.seated is not WE

    @property
    def proven(self) -> bool:
        """Is there a digest that both sides agree on? It covers all that was played before."""
        return self.comparison.compared > self._first_digest

    def compares(self, digest: int) -> bool:
        """Is digest number `digest` compared with this remote, or was one of us not there?"""
        return digest >= self._first_digest

    def owed(self, interval: int) -> str | None:
        """What the remote does not say, though its own inputs show that it could: whoever has given them has
        confirmed all frames but those of the window. `interval`: of digests, in frames."""
        due, digests = self.held - self._lookahead, self.comparison.received
        if due > (digests + 1) * interval:
            return f"what it sees since frame {digests * interval}"
        if due > self.acked or due > self.remote_confirmed:
            return "which inputs it has"
        if self.acked - self._lookahead > (self.digests_acked + 1) * interval:
            return "whether it has heard what we see"
        return None

    @property
    def everything_compared(self) -> bool:
        return self.comparison.compared >= self._digests.count

    @property
    def everything_acked(self) -> bool:
        return self.acked == self._own.count and self.digests_acked >= self._digests.count

    def lost(self, text: str) -> None:
        """The owner's clock says: silent for too long."""
        self._end(LinkEvent.SILENCE, text)

    def leaves(self, text: str) -> None:
        """The remote has said that it goes, if not goodbye."""
        self._end(LinkEvent.GOODBYE, text)

    def _end(self, event: LinkEvent, text: str) -> None:
        self._happens(event)
        if self.ended:
            self.ending = text

    def _happens(self, event: LinkEvent) -> None:
        self.state = next_state(self.state, event)
        self.running, self.ended = self.state is LinkState.RUNNING, self.state in ENDED

    # ------------------------------------------------------------------- in

    def receive(self, data: bytes, arrived: float, frame: int, slowdown: float = 1.0) -> None:
        """One packet of the remote's, which arrived at `arrived`; `frame` is our present, and frames take
        `slowdown` times their length at present."""
        self.stats.packets_in += 1
        self.stats.bytes_in += len(data)
        if self.ended:
            self.heard_again = True
            return
        try:
            packet = decode(data)
            if type(packet) is Inputs:
                self._receive_inputs(packet, arrived, frame, slowdown)
            elif type(packet) is Hello:
                self._receive_hello(packet)
            elif type(packet) is Goodbye:
                self._receive_goodbye(packet)
            elif type(packet) is Handover:
                if len(self.handovers) < HANDOVERS_KEPT:
                    self.handovers.append(packet)
            elif isinstance(packet, Ask | Answer | Judged):
                if len(self.desync_packets) < limits.DESYNC_PACKETS_KEPT:
                    self.desync_packets.append(packet)
            elif type(packet) is Witnessed:
                self.witnessed = Tie(packet.here, packet.lost)
            elif type(packet) is SeatWish:
                if self.seated is Seated.WE:
                    self._wished_at = arrived
            else:
                raise RemoteProtocolError("a packet that no player sends")
        except RemoteProtocolError as error:
            self.reject(str(error))
            return
        self.silence.heard()

    def reject(self, reason: str) -> None:
        self.stats.reject(reason)

    def _receive_hello(self, hello: Hello) -> None:
        if self.running:
            return
        difference = difference_to(self._identity, hello, self.remote.name)
        if difference is not None:
            self._end(LinkEvent.HELLO_DIFFERS, printable(difference))
            return
        self.met = True
        self._happens(LinkEvent.HELLO_AGREES)
        if self.seated is Seated.THEY:
            self.member = hello.member
        if hello.accepted:
            self._happens(LinkEvent.ACCEPTED_BY_THEM)

    def _receive_goodbye(self, goodbye: Goodbye) -> None:
        if self.seated is Seated.BOTH:
            self._check_acks(goodbye.ack, goodbye.digest_ack)
            self._take_acks(goodbye.ack, goodbye.digest_ack)
        self.parting = goodbye.parting
        self._end(LinkEvent.GOODBYE, goodbye.reason)

    def _receive_inputs(self, p: Inputs, arrived: float, frame: int, slowdown: float) -> None:
        if not self.running and self.state is LinkState.OPENING:
            raise RemoteProtocolError("inputs before a hello")
        # All checks come first: a packet is taken whole, or nothing of it.
        seated = self.seated
        digest_ack = p.digest_ack if seated is BOTH else 0
        if seated is not THEY:
            self._check_acks(p.ack, digest_ack)
            if p.frame > self._own.count + self._lookahead:
                raise RemoteProtocolError("a present further ahead than the window allows")
        if seated is not WE:
            self._take_news(p)
        if seated is not THEY:
            self._take_acks(p.ack, digest_ack)
        if p.confirmed > self.remote_confirmed:
            self.remote_confirmed = p.confirmed
        if not self.running:
            self._happens(LinkEvent.ACCEPTED_BY_THEM)
        if p.sequence <= self._newest_sequence:
            self.stats.duplicates += 1
            return
        self._newest_sequence = p.sequence
        self.newest_frame = p.frame
        self.advantage = frame - p.frame
        self.lead.sample(self.advantage, p.advantage, slowdown)
        self.pace = p.pace
        if p.echo >= 0:
            self.round_trip.sample(p.echo, p.held, arrived, p.sent)
        self._echo, self._echo_arrived = p.sent, arrived

    def _take_news(self, p: Inputs) -> None:
        """Inputs, digests, claims and roster changes of who plays already."""
        limit = self._own.count + self._lookahead
        if self.seated is THEY:
            if p.first > self.held:
                return  # we are still being fed what lies between
            limit = self.held + self._lookahead + GUEST_MAY_LACK
        news = self._inputs.read(p.first, p.inputs, limit)
        end = p.first + len(p.inputs) // self._inputs.stride
        changes = self._read_changes(p.changes, end) if p.changes else ()
        if self.seated is BOTH:
            self.comparison.receive(p.digest_first, p.digests)
        if news:
            self._inputs.take(news)
            self._newest_input_sent = p.sent
        self.flows = True
        self.speaks = self.speaks or p.first >= self._first
        if changes:
            self.changes += changes
        for peer, held in p.claims:
            self.claims[peer] = max(held, self.claims.get(peer, 0))

    def _read_changes(self, changes: Sequence[RosterChange], end: int) -> list[RosterChange]:
        """Those not known yet; `end`: the frame after the inputs that they came with."""
        news = [change for change in changes if change.at >= self.held]
        if any(change.at >= end for change in news) or len({change.at for change in news}) < len(news):
            raise RemoteProtocolError("roster changes without their inputs, or two in one frame")
        return news

    def _check_acks(self, ack: int, digest_ack: int) -> None:
        if ack > self._own.count or self._digests.count < digest_ack > self._first_digest:
            raise RemoteProtocolError("acked what was never sent")

    def _take_acks(self, ack: int, digest_ack: int) -> None:
        if ack > self.acked:  # an overtaken packet acks less than is known
            self.acked = ack
        if digest_ack > self.digests_acked:
            self.digests_acked = digest_ack

    # ---------------------------------------------------- after the remote is gone

    def end_of(self, handover: Handover) -> int:
        """The frame after the last that is handed over."""
        return handover.first + len(handover.inputs) // self._inputs.stride

    def take_handover(self, handover: Handover, limit: int) -> None:
        """Inputs of this remote that another survivor holds; it claims to hold frames below `limit`.

        Raises: RemoteProtocolError
        """
        news = self._inputs.read(handover.first, handover.inputs, limit)
        changes = self._read_changes(handover.changes, self.end_of(handover))
        self._inputs.take(news)
        self.changes += changes

    def hand_over(self, first: int) -> Handover:
        """What we hold of this remote from frame `first` on."""
        changes = tuple([change for change in self.changes if change.at >= first])
        return Handover(self.member, first, self._inputs.since(first), changes)

    def ends_before(self, frame: int) -> None:
        """All survivors hold the same inputs of this remote: those below `frame`. Somebody else goes on."""
        self._inputs.end_before(frame)

    def forget_changes_before(self, frame: int) -> None:
        """Inputs of frames below are never handed over any more."""
        if self.changes:
            self.changes = [change for change in self.changes if change.at >= frame]

    # ------------------------------------------------------------------ out

    def compose(self, now: float, frame: int, confirmed: int, claims: Claims, pace: int = 0) -> bytes | None:
        """The packet to send now: a hello (now and then) until the link runs, then the frame's news. `pace`:
        ticks that our frames need."""
        if self.ended:
            return None
        if self.running:
            return self._sent(self._compose_inputs(now, frame, confirmed, claims, pace))
        if now < self._hello_due:
            return None
        self._hello_due = now + HELLO_INTERVAL
        return self._sent(self._compose_hello())

    def compose_wish(self) -> bytes:
        """We have caught up, and would take our slot."""
        return self._sent(encode_seat_wish(self.remote.link_out))

    def compose_desync(self, packet: DesyncPacket) -> bytes:
        """A packet of an inquiry into a desync."""
        return self._sent(encode_desync(self.remote.link_out, packet))

    def compose_handover(self, handover: Handover) -> bytes:
        """Inputs of a dropped peer that this remote lacks."""
        return self._sent(encode_handover(self.remote.link_out, handover))

    def compose_witnessed(self, tie: Tie) -> bytes:
        """The witness has named our side, which is theirs."""
        return self._sent(encode_witnessed(self.remote.link_out, Witnessed(tie.here, tie.lost)))

    def farewell(
        self, reason: str, parting: Parting, now: float, frame: int, confirmed: int, claims: Claims
    ) -> list[bytes]:
        """Our goodbye, with the last acks, after our last news: so the other sees what we saw.

        Whom we refuse hears what we would play, and can name the difference itself.
        """
        goodbye = Goodbye(reason, parting, self.held, self.comparison.received)
        packets = []
        if self.state is LinkState.REFUSED:
            packets.append(self._compose_hello())
        elif self.running:
            packets.append(self._compose_inputs(now, frame, confirmed, claims))
        packets.append(encode_goodbye(self.remote.link_out, goodbye))
        return [self._sent(data) for data in packets]

    def _compose_hello(self) -> bytes:
        hello = Hello(
            limits.PROTOCOL_VERSION,
            self._identity.settings,
            self._identity.fingerprint,
            accepted=self.state is LinkState.GREETED,
            member=self._identity.member,
        )
        return encode_hello(self.remote.link_out, hello)

    def _compose_inputs(self, now: float, frame: int, confirmed: int, claims: Claims, pace: int = 0) -> bytes:
        sent, own, seated = to_ticks(now), self._own, self.seated
        both, speaks = seated is BOTH, seated is not THEY
        if seated is WE:
            self.acked = max(self.acked, own.oldest)  # what is older, the guest is fed
        packet = Inputs(  # in the order of its fields: to name them takes twice as long
            self._sequence,
            frame,
            self.advantage,
            self.acked if speaks else 0,
            own.since(self.acked) if speaks else b"",
            0 if seated is WE else self.held,
            self.digests_acked if both else 0,
            self._digests.since(self.digests_acked) if both else b"",
            self.comparison.received if both else 0,
            sent,
            self._echo,
            ticks_between(to_ticks(self._echo_arrived), sent),
            confirmed,
            claims,
            own.changes_since(self.acked),
            pace,
        )
        self._sequence += 1
        return encode_inputs(self.remote.link_out, packet)

    def _sent(self, data: bytes) -> bytes:
        self.stats.packets_out += 1
        self.stats.bytes_out += len(data)
        return data
