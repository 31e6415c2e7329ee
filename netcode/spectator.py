"""Watching a match: confirmed inputs from a source, played on a game of one's own, never a word back into it.

The owner calls, in this order and about as often as `pace` says:

    receive -> play -> outgoing -> pace

A spectator checks what it is shown: it makes the chain of digests itself and compares it with the players'.
Also who wants to see only the present is fed from frame 0 on: the state follows from all inputs before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from netcode import limits
from netcode.archive import Archive
from netcode.confirmed_frame import ConfirmedFrame
from netcode.digests import OwnDigests
from netcode.events import CatchingUp, Desync, EndReason, Live, MatchEnded, SpectatorEvent
from netcode.feed_reader import FeedReader
from netcode.feeding import Feeder
from netcode.fingerprint import Fingerprint
from netcode.link import Identity
from netcode.match_checks import check_hello
from netcode.replay import Replay
from netcode.session import Arrival
from netcode.settings import MatchSettings
from netcode.simulation import Simulation, last_of
from netcode.sources import Source

BUFFER: Final = 0.12  # seconds of frames held back, so that playing goes on while the next feed is awaited
FAR_BEHIND: Final = 1.0  # seconds behind: from here on frames are played as fast as can be ...
NEAR: Final = 0.3  # ... until it is so near again
CATCH_UP_SPEED: Final = 0.25  # of the frame rate: at most so much faster or slower is live play
FEED_ON_INTERVAL: Final = 0.1  # seconds between two packets to those who watch through a spectator
SLICE_PAUSE: Final = 0.001  # seconds between two slices while catching up
NO_SOURCE: Final = 10.0  # seconds without any source until the match counts as lost
ELSEWHERE: Final = 3.0  # the same, when all who were asked have left: others may play on


class SpectatorSession:
    """A match as a spectator's process sees it. Pure, like PlayerSession."""

    def __init__(
        self,
        settings: MatchSettings,
        sources: Sequence[Source],
        input_sizes: Sequence[int],
        fingerprint: Fingerprint,
        simulation: Simulation,
        now: float,
    ) -> None:
        """`input_sizes`: bytes, by slot; `simulation`: a new game of these settings.

        Raises: ConfigError if settings and fingerprint do not fit a packet.
        """
        identity = Identity(settings.fields(), dict(fingerprint))
        check_hello(identity)
        self.settings = settings
        self.archive = Archive(sum(input_sizes), settings.digest_interval, settings.frames)
        self.reader = FeedReader(sources, self.archive, input_sizes, identity, simulation.is_valid_input, now)
        self.feeder = Feeder(self.archive, identity, limits.WATCHERS_OF_SPECTATOR, FEED_ON_INTERVAL)
        self.strangers = 0  # packets of no link we know
        self.ending: MatchEnded | None = None
        self._is_last = last_of(simulation) if settings.episodes else None
        self._digests = OwnDigests()
        self.replay = Replay(self.reader, simulation, settings, self._digests)
        self._events: deque[SpectatorEvent] = deque(maxlen=limits.EVENTS_KEPT)
        self._live = True
        self._told = False  # whether it is live
        self._waiting = True  # for the buffer to fill
        self._fed_at = now
        self._now = now

    # ------------------------------------------------------------ what a caller may ask

    @property
    def digest(self) -> bytes:
        """Of all frames played up to the newest digest."""
        return self.replay.chain.newest

    @property
    def frame(self) -> int:
        """Frames below were played, or skipped."""
        return self.replay.handed_out

    @property
    def compared(self) -> int:
        """Digests found equal."""
        return self.replay.compared

    @property
    def progress(self) -> tuple[int, int]:
        """Frames played, and how many there are to play by now."""
        return self.frame, max(self.archive.count, self.reader.settled)

    @property
    def seconds_left(self) -> float | None:
        """Until it is live, as far as is known; inf: never."""
        return self.replay.seconds_left(self.progress[1])

    @property
    def live(self) -> bool:
        """Is the match followed as it is played?"""
        return self._live and self._told

    @property
    def wants_sources(self) -> bool:
        """Does nobody feed us? Then the broker may know somebody (`offer`)."""
        return self.ending is None and self.reader.source is None

    def offer(self, sources: Sequence[Source], now: float) -> None:
        """Sources as the broker knows them by now."""
        self.reader.offer(sources, now)

    def events(self) -> list[SpectatorEvent]:
        """What happened since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    # ------------------------------------------------------------ in order

    def receive(self, arrivals: Iterable[Arrival], now: float) -> None:
        """Network -> archive. Plays nothing."""
        self._now = now
        rest = self.feeder.receive(self.reader.receive(arrivals))
        self.strangers += len(rest)
        self.feeder.hops = self.reader.hops + 1
        self._tell_of_sources()

    def play(self, most: int) -> list[ConfirmedFrame]:
        """Play what is due: one frame when live, up to `most` while far behind. Returns what was played, and
        skipped."""
        frames = self.replay.play(self._frames_due(most), self._now)
        for frame in frames:
            if self._is_last is not None and frame.outcome and self._is_last(frame.outcome):
                self.archive.end_after(frame.frame)
        self.reader.played = self.frame
        self._compare_digests()
        self._look_for_end()
        return frames

    def outgoing(self, now: float) -> list[bytes]:
        """Packets to send now: to our source, and to those who watch through us."""
        if self.ending is not None:
            return self.feeder.outgoing(now)
        packets = self.reader.outgoing(now)
        self._tell_of_sources()
        return packets + self.feeder.outgoing(now)

    def pace(self) -> float:
        """Seconds from the start of this call to `play` to the next."""
        if not self._live:
            return SLICE_PAUSE
        period = 1.0 / self.settings.fps
        ahead = self._at_hand / self.settings.fps - BUFFER
        return period / (1.0 + min(CATCH_UP_SPEED, max(-CATCH_UP_SPEED, ahead)))

    def stop(self, text: str = "stopped here") -> None:
        """This spectator leaves."""
        self._end(EndReason.STOPPED, text)

    def fail(self, text: str) -> None:
        """Who watches cannot go on."""
        self._end(EndReason.FAILED, text)

    def farewells(self) -> list[bytes]:
        """Goodbyes to the source and to those who watch through us. Worth sending more than once."""
        return self.reader.farewells() + self.feeder.farewells()

    # ------------------------------------------------------------ within

    @property
    def _at_hand(self) -> int:
        return self.replay.at_hand

    def _frames_due(self, most: int) -> int:
        at_hand, fps = self._at_hand, self.settings.fps
        if self.ending is not None or not at_hand:
            self._waiting = True
            return 0
        frame, frames = self.progress
        buffer = max(1, int(BUFFER * fps))
        if (
            self.replay.on_trial
            or frames - self.replay.frame > (FAR_BEHIND if self._live else NEAR) * fps + buffer
        ):
            self._tell(CatchingUp(frame, frames), live=False)
            return min(most, at_hand)
        self._tell(Live(frame), live=True)
        # An empty buffer is filled before it is played from again, unless no more will come.
        if self._waiting and at_hand < buffer and self.reader.ending is None:
            return 0
        self._waiting = False
        return min(most, at_hand) if self.settings.fast else 1

    def _tell_of_sources(self) -> None:
        self._events += self.reader.events
        self.reader.events.clear()

    def _tell(self, event: CatchingUp | Live, live: bool) -> None:
        if live != self._live or not self._told:
            self._live, self._told = live, True
            self._events.append(event)

    def _compare_digests(self) -> None:
        if self.replay.first_wrong_digest() is not None:
            self._end_in_desync()
        self.archive.episode = self.replay.proven
        self._digests.forget_before(self.compared)

    def _end_in_desync(self) -> None:
        first = self.compared * self.settings.digest_interval
        last = min(first + self.settings.digest_interval, self.frame) - 1
        self._events.append(Desync("the players", first, last))
        self._end(
            EndReason.DESYNC,
            f"this spectator's game differs from the players' within frames {first} to {last}",
        )

    def _look_for_end(self) -> None:
        """The match is over here once nobody has more to tell, and all that was told is played."""
        reader = self.reader
        if reader.source is not None:
            self._fed_at = self._now
        if self.ending is not None or self._at_hand or self._now - self._fed_at < self._patience:
            return
        endless = not self.settings.frames and not self.settings.episodes and self.frame
        if self.archive.complete or (reader.ending is not None and endless):
            # A match without a last frame ends when its players leave.
            self._end(EndReason.FINISHED, f"{self.frame} frames watched, {self.compared} digests equal")
        elif reader.ending is not None:
            self._end(reader.ending[0], f"the match ended early: {reader.ending[1]}")
        elif reader.difference is not None:
            self._end(EndReason.REFUSED, f"another game is played there: {reader.difference}")
        elif reader.refusal is not None and not self.frame:
            self._end(EndReason.REFUSED, f"cannot watch: {reader.refusal}")
        else:
            self._end(EndReason.LOST, "nobody who plays or watches this match can be reached any more")

    @property
    def _patience(self) -> float:
        """Seconds without a source after which there will be none."""
        reader = self.reader
        if self.archive.complete:
            return 0.0
        if reader.has_sources:
            return NO_SOURCE
        if reader.difference is not None or (reader.ending is not None and self.settings.on_drop == "end"):
            return 0.0
        return ELSEWHERE if reader.ending is not None else NO_SOURCE

    def _end(self, reason: EndReason, text: str) -> None:
        if self.ending is None:
            self.ending = MatchEnded(reason, text)
            self._events.append(self.ending)
            self.feeder.end(reason, text)
