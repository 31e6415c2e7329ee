"""One remote peer: handshake, its inputs in, ours out until acked, its digests, round trip, silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from netcode import limits
from netcode.clock import RoundTrip, Silence, ticks_between, to_ticks
from netcode.digests import DigestComparison, OwnDigests
from netcode.errors import RemoteProtocolError
from netcode.fingerprint import first_difference
from netcode.link_states import ENDED, LinkEvent, LinkState, next_state
from netcode.own_inputs import OwnInputs
from netcode.pacing import LeadEstimate
from netcode.timeline import Timeline
from netcode.wire.packets import (
    Goodbye,
    Handover,
    Hello,
    Inputs,
    Parting,
    decode,
    encode_goodbye,
    encode_handover,
    encode_hello,
    encode_inputs,
    printable,
)

Claims = tuple[tuple[int, int], ...]

HANDOVERS_KEPT: Final = 64  # a tick; what is beyond is sent again
HELLO_INTERVAL: Final = 0.1  # seconds between two hellos while a link opens


@dataclass(frozen=True)
class RemotePeer:
    """Who is at the other end."""

    name: str
    slots: tuple[int, ...]
    link_out: bytes  # starts every packet to them
    link_in: bytes  # starts every packet of theirs


@dataclass(frozen=True)
class Identity:
    """What this peer would play: compared with the remote's at the handshake."""

    settings: dict[str, str]
    fingerprint: dict[str, str]


@dataclass
class LinkStats:
    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rejected: int = 0  # packets that broke the protocol
    duplicates: int = 0  # packets that were overtaken or doubled
    inputs_in: int = 0
    rejections: dict[str, int] = field(default_factory=dict)  # reason -> count, the first few reasons


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
        self.stats = LinkStats()
        self.round_trip = RoundTrip()
        self.silence = Silence(now, max_gap)
        self.lead = LeadEstimate()
        self.comparison = DigestComparison(digests)
        self.acked = own.count  # the remote holds our inputs of all frames below
        self.digests_acked = 0
        self.advantage = 0  # frames our present was past the remote's when we last heard of that
        self.newest_input_at = now  # arrival of its newest input
        self.ending = ""  # why the link ended, once it has
        self.parting: Parting | None = None  # why they said goodbye, if they did
        self.remote_confirmed = 0  # they hold every player's inputs of all frames below
        self.claims: dict[int, int] = {}  # what they say they hold of dropped peers
        self.handovers: list[Handover] = []  # not looked at yet; at most one a packet, see HANDOVERS_KEPT
        self._last: int | None = None  # once a substitute plays on: the remote's inputs end before this frame
        self._timelines = tuple(timelines)
        self._sizes = tuple(input_sizes)
        self._stride = sum(input_sizes)
        self._own = own
        self._digests = digests
        self._identity = identity
        self._is_valid_input = is_valid_input
        self._lookahead = lookahead
        self._hello_due = now
        self._sequence = 0  # of the next packet out
        self._newest_sequence = -1  # of the packets in
        self._echo = -1
        self._echo_arrived = now

    # ---------------------------------------------------------------- state

    @property
    def running(self) -> bool:
        return self.state is LinkState.RUNNING

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def held(self) -> int:
        """We hold the remote's inputs of all frames below."""
        return self._timelines[0].confirmed if self._last is None else self._last

    @property
    def everything_compared(self) -> bool:
        return self.comparison.compared == self._digests.count

    @property
    def everything_acked(self) -> bool:
        return self.acked == self._own.count and self.digests_acked == self._digests.count

    @property
    def remote_finished(self) -> bool:
        return self.parting is Parting.FINISHED

    def lost(self, text: str) -> None:
        """The owner's clock says: silent for too long."""
        self._end(LinkEvent.SILENCE, text)

    def _end(self, event: LinkEvent, text: str) -> None:
        self.state = next_state(self.state, event)
        if self.ended:
            self.ending = text

    # ------------------------------------------------------------------- in

    def receive(self, data: bytes, arrived: float, frame: int) -> None:
        """One packet of the remote's, which arrived at `arrived`; `frame` is our present."""
        self.stats.packets_in += 1
        self.stats.bytes_in += len(data)
        if self.ended:
            return
        try:
            packet = decode(data)
            if type(packet) is Inputs:
                self._receive_inputs(packet, arrived, frame)
            elif type(packet) is Hello:
                self._receive_hello(packet)
            elif type(packet) is Goodbye:
                self._receive_goodbye(packet)
            elif type(packet) is Handover and len(self.handovers) < HANDOVERS_KEPT:
                self.handovers.append(packet)
        except RemoteProtocolError as error:
            self.reject(str(error))
            return
        self.silence.heard()

    def reject(self, reason: str) -> None:
        self.stats.rejected += 1
        if reason in self.stats.rejections or len(self.stats.rejections) < 16:
            self.stats.rejections[reason] = self.stats.rejections.get(reason, 0) + 1

    def _receive_hello(self, hello: Hello) -> None:
        if self.running:
            return
        difference = self._difference(hello)
        if difference is not None:
            self._end(LinkEvent.HELLO_DIFFERS, printable(difference))
            return
        self.state = next_state(self.state, LinkEvent.HELLO_AGREES)
        if hello.accepted:
            self.state = next_state(self.state, LinkEvent.ACCEPTED_BY_THEM)

    def _difference(self, hello: Hello) -> str | None:
        if hello.version != limits.PROTOCOL_VERSION:
            return f"protocol version: {limits.PROTOCOL_VERSION} here, {hello.version} there"
        return first_difference(self._identity.settings, hello.settings) or first_difference(
            self._identity.fingerprint, hello.fingerprint
        )

    def _receive_goodbye(self, goodbye: Goodbye) -> None:
        self._check_acks(goodbye.ack, goodbye.digest_ack)
        self._take_acks(goodbye.ack, goodbye.digest_ack)
        self.parting = goodbye.parting
        self._end(LinkEvent.GOODBYE, goodbye.reason)

    def _receive_inputs(self, p: Inputs, arrived: float, frame: int) -> None:
        if self.state is LinkState.OPENING:
            raise RemoteProtocolError("inputs before a hello")
        # All checks come first: a packet is taken whole, or nothing of it.
        self._check_acks(p.ack, p.digest_ack)
        if p.frame > self._own.count + self._lookahead:
            raise RemoteProtocolError("a present further ahead than the window allows")
        news = self._read_inputs(p.first, p.inputs, self._own.count + self._lookahead)
        self.comparison.receive(p.digest_first, p.digests)
        self._take_acks(p.ack, p.digest_ack)
        self._take_inputs(news, arrived)
        self.remote_confirmed = max(self.remote_confirmed, p.confirmed)
        for peer, held in p.claims:
            self.claims[peer] = max(held, self.claims.get(peer, 0))
        self.state = next_state(self.state, LinkEvent.ACCEPTED_BY_THEM)
        if p.sequence <= self._newest_sequence:
            self.stats.duplicates += 1
            return
        self._newest_sequence = p.sequence
        self.advantage = frame - p.frame
        self.lead.sample(self.advantage, p.advantage)
        if p.echo >= 0:
            self.round_trip.sample(p.echo, p.held, arrived)
        self._echo, self._echo_arrived = p.sent, arrived

    def _check_acks(self, ack: int, digest_ack: int) -> None:
        if ack > self._own.count or digest_ack > self._digests.count:
            raise RemoteProtocolError("acked what was never sent")

    def _take_acks(self, ack: int, digest_ack: int) -> None:
        self.acked = max(self.acked, ack)  # an overtaken packet acks less than is known
        self.digests_acked = max(self.digests_acked, digest_ack)

    def _read_inputs(self, first: int, inputs: bytes, limit: int) -> list[tuple[Timeline, bytes]]:
        """What is new, in order of frame; checks that what is repeated was not changed.

        `limit`: no honest input is of this frame or a later one.
        """
        held, stride = self.held, self._stride
        count, rest = divmod(len(inputs), stride)
        if rest:
            raise RemoteProtocolError(f"inputs of {len(inputs)} bytes, {stride} a frame")
        if first > held:
            raise RemoteProtocolError("a gap in the inputs")
        if first + count > limit:
            raise RemoteProtocolError("inputs further ahead than the window allows")
        news: list[tuple[Timeline, bytes]] = []
        for index in range(count):
            frame, start = first + index, index * stride
            for slot, timeline, size in zip(self.remote.slots, self._timelines, self._sizes, strict=True):
                data = inputs[start : start + size]
                start += size
                if frame < held:
                    timeline.confirm_again(frame, data)
                elif self._is_valid_input(slot, data):
                    news.append((timeline, data))
                else:
                    raise RemoteProtocolError("not an action of this slot")
        return news

    def _take_inputs(self, news: list[tuple[Timeline, bytes]], arrived: float) -> None:
        for timeline, data in news:
            timeline.confirm(data)
        if news:
            self.stats.inputs_in += len(news) // len(self._timelines)  # frames
            self.newest_input_at = arrived

    # ---------------------------------------------------- after the remote is gone

    def take_handover(self, handover: Handover, limit: int, arrived: float) -> None:
        """Inputs of this remote that another survivor holds; it claims to hold frames below `limit`.

        Raises: RemoteProtocolError
        """
        self._take_inputs(self._read_inputs(handover.first, handover.inputs, limit), arrived)

    def hand_over(self, first: int) -> Handover:
        """What we hold of this remote from frame `first` on."""
        frames = range(first, self.held)
        inputs = [timeline.confirmed_input(frame) for frame in frames for timeline in self._timelines]
        return Handover(self.remote.slots[0], first, b"".join(inputs))

    def play_on_without(self, substitutes: Sequence[bytes | None]) -> None:
        """All survivors hold the same inputs: `substitutes` (by slot; None: the last input) play on."""
        self._last = self.held
        for timeline, substitute in zip(self._timelines, substitutes, strict=True):
            timeline.end(substitute)

    # ------------------------------------------------------------------ out

    def compose(self, now: float, frame: int, confirmed: int, claims: Claims) -> bytes | None:
        """The packet to send now: a hello (now and then) until the link runs, then the frame's news."""
        if self.ended:
            return None
        if self.state is LinkState.RUNNING:
            return self._sent(self._compose_inputs(now, frame, confirmed, claims))
        if now < self._hello_due:
            return None
        self._hello_due = now + HELLO_INTERVAL
        return self._sent(self._compose_hello())

    def compose_handover(self, handover: Handover) -> bytes:
        """Inputs of a dropped peer that this remote lacks."""
        return self._sent(encode_handover(self.remote.link_out, handover))

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
        )
        return encode_hello(self.remote.link_out, hello)

    def _compose_inputs(self, now: float, frame: int, confirmed: int, claims: Claims) -> bytes:
        sent = to_ticks(now)
        packet = Inputs(
            sequence=self._sequence,
            frame=frame,
            advantage=self.advantage,
            first=self.acked,
            inputs=self._own.since(self.acked),
            ack=self.held,
            digest_first=self.digests_acked,
            digests=self._digests.since(self.digests_acked),
            digest_ack=self.comparison.received,
            sent=sent,
            echo=self._echo,
            held=ticks_between(to_ticks(self._echo_arrived), sent),
            confirmed=confirmed,
            claims=claims,
        )
        self._sequence += 1
        return encode_inputs(self.remote.link_out, packet)

    def _sent(self, data: bytes) -> bytes:
        self.stats.packets_out += 1
        self.stats.bytes_out += len(data)
        return data
