"""The watcher's side of a feed: one source at a time, the next when it is silent, gone, or refuses.

What is taken in is checked whole: no gap, no change to what is held, only inputs that a slot may give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from netcode import limits
from netcode.archive import Archive
from netcode.clock import Silence, ticks_between, to_ticks
from netcode.episodes import EpisodeStart
from netcode.errors import RemoteProtocolError
from netcode.events import EndReason, FalseBeginning, SourceFound, SourceLost
from netcode.link import HELLO_INTERVAL, Identity, LinkStats, difference_to
from netcode.sources import Source
from netcode.wire.feed_packets import Feed, Watch, encode_watch
from netcode.wire.packets import Goodbye, Hello, Parting, decode, encode_goodbye, encode_hello
from netcode.wire.text import printable

SOURCE_SILENT: Final = 1.0  # seconds until the next source is asked
SOURCE_OPENING: Final = 3.0  # seconds for a source that has yet to hear of us from the broker
WATCH_INTERVAL: Final = 2.0  # seconds between two acks while live: a feed carries all that is not acked
ACK_BYTES: Final = 2048  # of new inputs, after which an ack is due at once

Arrival = tuple[bytes, float]


class _Word(Enum):
    """What we know of a source."""

    NONE = auto()  # may be asked
    REFUSED = auto()  # takes no more watchers
    DIFFERS = auto()  # plays another game
    ENDED = auto()  # the match is over there


_FOR_GOOD: Final = (_Word.DIFFERS, _Word.ENDED)


class Claim(NamedTuple):
    """What a source says of the newest episode's beginning."""

    source: Source
    start: EpisodeStart


@dataclass(eq=False)
class _Candidate:
    source: Source
    word: _Word = _Word.NONE
    text: str = ""
    is_believed: bool = True  # when it says where an episode begins


class FeedReader:
    """Fills an archive from whichever source feeds. Bytes and `now` in, bytes out; never raises."""

    def __init__(
        self,
        sources: Sequence[Source],
        archive: Archive,
        input_sizes: Sequence[int],
        identity: Identity,
        is_valid_input: Callable[[int, bytes], bool],
        now: float,
    ) -> None:
        """`input_sizes`: bytes, by slot. The sources are asked in their order."""
        self.stats = LinkStats()
        self.hops = 0  # from our source to a player
        self.settled = 0  # frames that are final, as the feeders say: how far there is to go
        self.played = 0  # frames below were played here, and may be dropped from a full archive
        self.ending: tuple[EndReason, str] | None = None  # how the match ended, as far as a source has said
        self.refusal: str | None = None  # the last one heard
        self.difference: str | None = None  # what a source would play otherwise
        self.events: list[SourceFound | SourceLost | FalseBeginning] = []  # whoever reads it empties it
        self._archive = archive
        self._sizes = tuple(input_sizes)
        self._identity = identity
        self._is_valid_input = is_valid_input
        self._candidates = [_Candidate(source) for source in sources]
        self._present: _Candidate | None = None
        self._feeding = False  # has the present source fed us?
        self._silence = Silence(now)
        self._episode: EpisodeStart | None = None  # as the present source says
        self._echo, self._echo_arrived = -1, now
        self._watch_due = self._hello_due = now
        self._fresh_bytes = 0  # of inputs since the last ack
        self._partings: list[bytes] = []
        self._turn_to(self._candidates[0] if sources else None, now)

    @property
    def source(self) -> str | None:
        """The name of whom we watch through; None while nobody feeds us."""
        return self._present.source.name if self._present is not None and self._feeding else None

    @property
    def has_sources(self) -> bool:
        """Is there anybody left to ask?"""
        return any(candidate.word is _Word.NONE for candidate in self._candidates)

    @property
    def claim(self) -> Claim | None:
        """Where the newest episode begins, by a source that may be believed."""
        present = self._present
        if present is None or self._episode is None or not present.is_believed:
            return None
        return Claim(present.source, self._episode)

    def disbelieve(self, claim: Claim, why: str, now: float) -> None:
        """It turned out to be false. Another source is asked, if there is one."""
        others = [c for c in self._candidates if c.source != claim.source and c.word is _Word.NONE]
        is_last = not any(candidate.is_believed for candidate in others)
        self.events.append(FalseBeginning(claim.source.name, *claim.start, why, is_last))
        for candidate in self._candidates:
            if candidate.source == claim.source:
                candidate.is_believed = False
        if self._present is not None and self._present.source == claim.source and not is_last:
            self._leave(self._present, "what it says of an episode is false", now)

    @property
    def told(self) -> Archive:
        """All that we were fed, also the digests."""
        return self._archive

    @property
    def hopeless(self) -> str | None:
        """Why there is nothing more to come for who would play: the match is over, or is another one."""
        if self.difference is not None:
            return f"another game is played there: {self.difference}"
        if self.ending is not None and (self.ending[0] is EndReason.FINISHED or not self.has_sources):
            return f"the match is over: {self.ending[1]}"
        return None

    @property
    def confirmed(self) -> int:
        """Frames that our sources have told to be final: about the present of the match."""
        return self.settled

    @property
    def substituted(self) -> Mapping[int, int]:
        """Slots that a substitute plays in the last of those frames -> since which frame."""
        return self._archive.substituted

    def take_rows(self) -> list[tuple[bytes, ...]]:
        """The inputs by slot of the frames after those taken before: for who comes into the match."""
        rows = [self.row(frame) for frame in range(self.played, self._archive.count)]
        self.played = self._archive.count
        return rows

    def row(self, frame: int) -> tuple[bytes, ...]:
        """The inputs of one frame, by slot."""
        return self._archive.row(frame, self._sizes)

    def offer(self, sources: Sequence[Source], now: float) -> None:
        """Sources to ask from now on, beside the present one; who refused may be asked again."""
        kept = [c for c in self._candidates if c is self._present or c.word in _FOR_GOOD or not c.is_believed]
        known = {candidate.source: candidate for candidate in kept}
        self._candidates = [known.get(source) or _Candidate(source) for source in sources]
        if self._present is None:
            self._turn_to(self._next(), now)
        elif self._present not in self._candidates:
            self._candidates.insert(0, self._present)

    # ------------------------------------------------------------------- in

    def receive(self, arrivals: Iterable[Arrival]) -> list[Arrival]:
        """Take in the packets of the present source; those of strangers are handed back."""
        others = []
        for data, arrived in arrivals:
            link_in = data[: limits.LINK_ID_BYTES]
            candidate = next((c for c in self._candidates if c.source.link_in == link_in), None)
            if candidate is None:
                others.append((data, arrived))
            elif candidate is self._present:
                self._receive(candidate, data, arrived)
            elif not self._partings:
                self._partings.append(self._goodbye(candidate))  # it has not heard that we left
        return others

    def _receive(self, present: _Candidate, data: bytes, arrived: float) -> None:
        self.stats.packets_in += 1
        self.stats.bytes_in += len(data)
        try:
            packet = decode(data)
            if type(packet) is Feed:
                self._receive_feed(present, packet, arrived)
            elif type(packet) is Hello:
                self._receive_hello(present, packet, arrived)
            elif type(packet) is Goodbye:
                self._receive_goodbye(present, packet)
            else:
                raise RemoteProtocolError("a packet that no source sends")
        except RemoteProtocolError as error:
            self.stats.reject(str(error))
            return
        self._silence.heard()

    def _receive_hello(self, present: _Candidate, hello: Hello, arrived: float) -> None:
        difference = difference_to(self._identity, hello, present.source.name)
        if difference is not None:
            self.difference = printable(difference)
            present.word, present.text = _Word.DIFFERS, self.difference
        elif hello.accepted:
            self._taken(present, arrived)

    def _taken(self, present: _Candidate, arrived: float) -> None:
        """The source has compared what we would watch, and feeds us."""
        if not self._feeding:
            self._feeding = True
            self._watch_due = arrived
            self.events.append(SourceFound(present.source.name))

    def _receive_goodbye(self, present: _Candidate, goodbye: Goodbye) -> None:
        if present.word is not _Word.NONE:
            return
        if self._feeding:
            reason = EndReason.FINISHED if goodbye.parting is Parting.FINISHED else EndReason.LEFT
            self._ended(present, reason, goodbye.reason)
        else:
            present.word, present.text = _Word.REFUSED, goodbye.reason
            self.refusal = goodbye.reason

    def _ended(self, present: _Candidate, reason: EndReason, text: str) -> None:
        """The match is over for this source; only one that was finished is over for all."""
        present.word, present.text = _Word.ENDED, text
        if reason is EndReason.FINISHED and not self._archive.complete:
            reason = EndReason.LEFT  # before we had everything: others may have it
        if self.ending is None or self.ending[0] is not EndReason.FINISHED:
            self.ending = (reason, text)

    def _receive_feed(self, present: _Candidate, feed: Feed, arrived: float) -> None:
        archive = self._archive
        inputs = self._new_inputs(feed)
        digests = self._new_digests(feed, archive.count + len(inputs) // archive.stride)
        for start in range(0, len(inputs), archive.stride):
            archive.add(inputs[start : start + archive.stride])
        for start in range(0, len(digests), limits.DIGEST_BYTES):
            archive.add_digest(digests[start : start + limits.DIGEST_BYTES])
        archive.settled = archive.count
        if feed.settled >= self.settled:
            archive.substituted = dict(feed.substituted)
        self._taken(present, arrived)
        self.hops, self._episode = feed.hops, feed.episode
        if feed.hops > limits.MAX_HOPS and present.word is _Word.NONE:
            present.word, present.text = _Word.REFUSED, "too many spectators between us and the players"
        self._fresh_bytes += len(inputs) + len(digests)
        self.settled = max(self.settled, feed.settled)
        self._echo, self._echo_arrived = feed.sent, arrived
        complete = archive.count >= feed.settled and archive.digest_count >= archive.digests_due(
            archive.count
        )
        if feed.ending is not None and complete:
            self._ended(present, *feed.ending)

    def _new_inputs(self, feed: Feed) -> bytes:
        """The inputs of frames not held yet; none when there is a gap before them: they come again.

        Raises: RemoteProtocolError
        """
        archive = self._archive
        count, rest = divmod(len(feed.inputs), archive.stride)
        end = feed.first + count
        if rest or end > feed.settled:
            raise RemoteProtocolError("feed: inputs of a wrong length")
        if feed.first > archive.count:
            return b""
        kept_from = max(feed.first, archive.first)
        held = archive.frames(kept_from, min(archive.count, end)) if kept_from < end else b""
        if held != feed.inputs[(kept_from - feed.first) * archive.stride :][: len(held)]:
            raise RemoteProtocolError("feed: an input changed after it was sent")
        inputs = feed.inputs[max(archive.count - feed.first, 0) * archive.stride :]
        if archive.count - self.played + count > archive.capacity:
            return b""  # they come again, when there is room
        self._check(inputs)
        return inputs

    def _check(self, inputs: bytes) -> None:
        start = 0
        while start < len(inputs):
            for slot, size in enumerate(self._sizes):
                if not self._is_valid_input(slot, inputs[start : start + size]):
                    raise RemoteProtocolError("feed: not an action of this slot")
                start += size

    def _new_digests(self, feed: Feed, held: int) -> bytes:
        """The digests not held yet, of which the frames are held: those below `held`.

        Raises: RemoteProtocolError
        """
        archive = self._archive
        digests = feed.digests[max(archive.digest_count - feed.digest_first, 0) * limits.DIGEST_BYTES :]
        if feed.digest_first > archive.digest_count:
            return b""
        due = archive.digests_due(held) - archive.digest_count
        if due < len(digests) // limits.DIGEST_BYTES and feed.first <= archive.count:
            raise RemoteProtocolError("feed: digests of frames that are still to come")
        return digests[: max(due, 0) * limits.DIGEST_BYTES]

    # ------------------------------------------------------------------ out

    def outgoing(self, now: float) -> list[bytes]:
        """Packets to send now. Call at least a few times a second."""
        self._look_after_source(now)
        packets, self._partings = self._partings, []
        present = self._present
        if present is not None and not self._feeding and now >= self._hello_due:
            self._hello_due = now + HELLO_INTERVAL
            packets.append(encode_hello(present.source.link_out, self._hello()))
        if (
            present is not None
            and self._feeding
            and (now >= self._watch_due or self._fresh_bytes >= ACK_BYTES)
        ):
            self._watch_due, self._fresh_bytes = now + WATCH_INTERVAL, 0
            packets.append(encode_watch(present.source.link_out, self._watch(now)))
        for data in packets:
            self.stats.packets_out += 1
            self.stats.bytes_out += len(data)
        return packets

    def farewells(self) -> list[bytes]:
        """A goodbye to the present source."""
        return [] if self._present is None else [self._goodbye(self._present)]

    def _hello(self) -> Hello:
        identity = self._identity
        return Hello(limits.PROTOCOL_VERSION, identity.settings, identity.fingerprint, accepted=False)

    def _watch(self, now: float) -> Watch:
        sent = to_ticks(now)
        waited = ticks_between(to_ticks(self._echo_arrived), sent)
        return Watch(self._archive.count, self._archive.digest_count, self._echo, waited)

    def _goodbye(self, candidate: _Candidate) -> bytes:
        goodbye = Goodbye("watches no more", Parting.LEAVES, self._archive.count, self._archive.digest_count)
        return encode_goodbye(candidate.source.link_out, goodbye)

    def _look_after_source(self, now: float) -> None:
        present = self._present
        if present is None:
            return
        silent = self._silence.look(now)
        if present.word is not _Word.NONE:
            self._leave(present, present.text, now)
        elif silent > (SOURCE_SILENT if self._feeding else SOURCE_OPENING):
            self._leave(present, f"silent for {silent:.1f} s", now)

    def _leave(self, present: _Candidate, why: str, now: float) -> None:
        if self._feeding and not self._finished:
            self.events.append(SourceLost(present.source.name, why))
        self._partings = [self._goodbye(present)]
        self._turn_to(self._next(), now)

    @property
    def _finished(self) -> bool:
        return self.ending is not None and self.ending[0] is EndReason.FINISHED

    def _next(self) -> _Candidate | None:
        """The next that may be asked, in turn; none once the match was followed to its end."""
        if self._finished:
            return None
        candidates = self._candidates
        after = candidates.index(self._present) + 1 if self._present in candidates else 0
        in_turn = candidates[after:] + candidates[:after]
        in_turn.sort(key=lambda candidate: not candidate.is_believed)
        return next((candidate for candidate in in_turn if candidate.word is _Word.NONE), None)

    def _turn_to(self, candidate: _Candidate | None, now: float) -> None:
        self._present = candidate
        self._feeding, self._episode = False, None
        self._silence = Silence(now)
        self._echo = -1
        self._hello_due = now
