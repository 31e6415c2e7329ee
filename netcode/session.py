"""One peer's part of a match: links, timelines, rollback, digests, pacing, put together.

The owner calls, once a frame and in this order (law 1-3):

    receive -> reconcile -> newly_confirmed -> add_local_inputs -> advance -> outgoing -> spent -> pace
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from netcode import limits
from netcode.admissions import Admission, Admissions
from netcode.clock import MAX_TICK_GAP
from netcode.common_pace import CommonPace
from netcode.confirmed_frame import ConfirmedFrame
from netcode.confirming import Confirming
from netcode.course import Course
from netcode.desync.watch import DesyncWatch
from netcode.digests import OwnDigests
from netcode.episodes import EpisodeStart
from netcode.errors import GameError, LocalProtocolError
from netcode.events import (
    AskingWitness,
    Desync,
    EndReason,
    Event,
    GuessingEnded,
    GuessingResumed,
    MatchEnded,
    MatchStarted,
    PlayerSeated,
    SeatTaken,
)
from netcode.feed_reader import FeedReader
from netcode.fingerprint import Fingerprint
from netcode.input_delay import Delay, InputDelay
from netcode.joining import Guest, Joining
from netcode.link import Identity, Link, RemotePeer, Seated
from netcode.link_states import LinkState
from netcode.link_watch import LinkWatch
from netcode.match_checks import check_hello, check_match
from netcode.own_inputs import OwnInputs
from netcode.pacing import frame_length
from netcode.phases import CLOSING, CONNECTING, JOINING, PLAYING, Phase, PhaseEvent
from netcode.prediction import PREDICTORS, Predictor
from netcode.replay import Replay
from netcode.rollback import Rollback
from netcode.settings import MatchSettings
from netcode.simulation import Simulation
from netcode.snapshot_interval import SnapshotInterval
from netcode.sources import Source
from netcode.stalls import StallWatch
from netcode.substitutes import Substitutes
from netcode.survivors import Survivors
from netcode.ties import Tie, Verdict
from netcode.timeline import Timeline
from netcode.wire.packets import Parting

RETRY_STALLED: Final = 0.002  # seconds until a stalled peer looks again
RETRY_LATER: Final = 0.008  # likewise, once it has stalled for LONG_STALL, or while nobody plays
LONG_STALL: Final = 0.1  # seconds
REPLAYED_A_TICK: Final = 30  # frames at most, so that packets are still looked at several times a second
CATCH_UP_FROM: Final = 2  # frames behind the others from which a guest plays at full speed
NOBODY: Final = bytes(limits.LINK_ID_BYTES)  # the link id of a player that we were never told of
RESEND_INTERVAL: Final = 0.02  # seconds; at most so long is a stalled peer silent

Arrival = tuple[bytes, float]  # a packet, and when it arrived (seconds, the owner's clock)


@dataclass(slots=True)
class SessionStats:
    """Counts since the start of the match."""

    rollbacks: int = 0
    replayed_frames: int = 0
    max_rollback_depth: int = 0
    depths: Counter[int] = field(default_factory=Counter)  # of rollbacks, in frames: how many were so deep
    strangers: int = 0  # packets of no link we know


class PlayerSession:
    """A match as one player's process sees it. Pure: no clock, no socket, no randomness."""

    def __init__(
        self,
        settings: MatchSettings,
        local_slots: Sequence[int],
        remotes: Sequence[RemotePeer],
        input_sizes: Sequence[int],
        default_inputs: Sequence[bytes],
        fingerprint: Fingerprint,
        simulation: Simulation,
        now: float,
        joining: tuple[Guest, FeedReader] | None = None,
        predictors: Sequence[Predictor] = (),
    ) -> None:
        """`input_sizes` (bytes) and `default_inputs` are by slot. `joining`: who we are to those who play
        already, and where we are fed from; `local_slots` is the slot that we hope for. `predictors`: by slot;
        those that `settings` name if none are given.

        Raises: ConfigError if slots are missing or doubled, or something does not fit a packet: the inputs
        of the window, or the settings and the fingerprint.
        """
        self.settings = settings
        self.slots = tuple(local_slots)  # ours, or that we hope for
        self._lowest_slot = min(self.slots)
        self.local_slots = self.slots  # whose inputs we give
        owners = [self.local_slots, *(remote.slots for remote in remotes)]
        check_match(settings, owners, input_sizes, may_lack=joining is not None)
        self.stats = SessionStats()
        self.stalls = StallWatch()
        self.common_pace = CommonPace(settings.fps, settings.disconnect_timeout, settings.fast)
        self._simulation = simulation
        self._course = Course(joining is not None, settings.frames)
        predictors = predictors or [PREDICTORS[settings.prediction](default) for default in default_inputs]
        self.timelines = [
            Timeline(default, settings.input_delay, predictor)
            for default, predictor in zip(default_inputs, predictors, strict=True)
        ]
        self._rollback = Rollback(
            self.timelines,
            settings.window,
            settings.digest_interval,
            SnapshotInterval(settings.window, settings.fps, settings.fast),
        )
        self._own = OwnInputs(sum(input_sizes[slot] for slot in self.local_slots), settings.input_delay)
        self._last_inputs = {slot: default_inputs[slot] for slot in self.local_slots}
        self.delay = InputDelay(settings.input_delay, settings.fps, settings.window)
        self._digests = OwnDigests()
        self._desync = DesyncWatch(settings, simulation, self._digests)
        self._identity = Identity(settings.fields(), dict(fingerprint), self._lowest_slot)
        check_hello(self._identity)
        # In lockstep the input of a frame is given before the frame can be played.
        self._lookahead = max(settings.window, 1) + limits.MAX_INPUT_DELAY
        self._input_sizes = tuple(input_sizes)
        self._defaults = tuple(default_inputs)
        seated = Seated.BOTH if joining is None else Seated.THEY
        self.links = [self._link(replace(remote, seated=seated), now) for remote in remotes]
        open_slots = settings.open_from_start if joining is None else ()  # a guest is told who plays
        self._substitutes = Substitutes(self.timelines, settings.on_drop, default_inputs, open_slots)
        me = self._lowest_slot if joining is None else limits.MAX_MEMBERS_EVER
        self._survivors = Survivors(me, self.links, settings.on_drop, self._substitutes, settings.witness)
        self._admissions = Admissions(
            joining[0] if joining else None, self._own, self._survivors, self._substitutes, self._lost_link
        )
        self._watch = LinkWatch(settings, self._course, self._survivors, self._desync)
        self._confirming = Confirming(
            settings,
            input_sizes,
            simulation,
            self._rollback,
            self._digests,
            self._desync,
            self._course,
            self._survivors,
            self._substitutes,
        )
        self.archive = self._confirming.archive
        self._joining: Joining | None = None
        self._partings: list[bytes] = []  # to who fed us
        if joining is not None:
            self.local_slots = ()
            replay = Replay(joining[1], simulation, settings, self._digests)
            self._joining = Joining(
                joining[1], replay, self.timelines, self.links, self._survivors, self._substitutes
            )
        self._by_id = {link.remote.link_in: link for link in self.links}
        self._now = now  # of the newest `receive`
        self._still = False  # was the roster, then?
        self._depth, self._played = 0, False  # since `reconcile`
        self._guesses = True  # as far as was told
        self._sent_at = float("-inf")
        self._sent_news = (-1, -1)  # frame, and number of own inputs, when last sent

    # ------------------------------------------------------------ what a caller may ask

    @property
    def phase(self) -> Phase:
        return self._course.phase

    @property
    def ending(self) -> MatchEnded | None:
        """How the match ended, once it has."""
        return self._course.ending

    @property
    def frames(self) -> int:
        """Of the match, as far as is known by now; 0: it has no end."""
        return self._course.frames

    @property
    def frame(self) -> int:
        """The present: the next frame to be played."""
        return self._rollback.frame

    @property
    def confirmed(self) -> int:
        """Frames below are confirmed and played: true for everybody."""
        return self._confirming.ready

    @property
    def final(self) -> int:
        """Frames below were played so by all, whoever is lost from now on; a record holds no others."""
        return self._confirming.final

    @property
    def confirmed_by(self) -> tuple[int, ...]:
        """Slots whose players have confirmed all digests that are ours: once finished, the whole match."""
        links = self._survivors.all_links if self._digests.count else []
        agreeing = {slot for link in links if link.everything_compared for slot in link.remote.slots}
        return tuple(sorted(agreeing.union(self.local_slots)))

    @property
    def episode(self) -> EpisodeStart:
        """Where the one that the newest confirmed frame belongs to begins."""
        return self._confirming.episodes.present

    @property
    def compared(self) -> int:
        """Digests that every remote and we agree on."""
        return self._confirming.compared

    @property
    def desyncs(self) -> Sequence[Desync]:
        """Whoever differed left, and the match went on; but for the last, which may have ended it."""
        return self._confirming.desyncs

    @property
    def judges_itself(self) -> bool:
        """Is it being found out, beside the match, whether our own game is what the inputs lead to?"""
        case = self._desync.case
        return case is not None and case.verdicts.own is None

    @property
    def may_return(self) -> bool:
        """Has the match ended because our own game had gone wrong, and others play on?"""
        return bool(self.desyncs) and self.desyncs[-1].wrong is not None

    @property
    def saving(self) -> SnapshotInterval:
        """Every how many frames a snapshot is taken; tell it what that costs."""
        return self._rollback.saving

    @property
    def digest(self) -> bytes:
        """Of all confirmed frames up to the newest digest."""
        return self._confirming.chain.newest

    @property
    def digest_count(self) -> int:
        return self._digests.count

    @property
    def mispredictions(self) -> int:
        return sum(timeline.mispredictions for timeline in self.timelines)

    @property
    def wants_inputs(self) -> bool:
        """Is it time to sample the local players? For frame `input_frame`."""
        return self._wanted is not None

    @property
    def input_frame(self) -> int:
        """The frame that the next inputs of the local players are for; those before it hold the last ones."""
        target = self._target
        return self._own.count if target is None else target

    @property
    def input_delay(self) -> int:
        """Ours at present, in frames."""
        return self.delay.frames

    def set_input_delay(self, delay: Delay) -> None:
        """From the present on, by the rule of netcode.own_inputs; `"auto"`: as measured of the links.

        Raises: ConfigError if it is out of range.
        """
        self._course.tell_all(self.delay.set(delay, self._rollback.frame))

    @property
    def substituted(self) -> Mapping[int, int]:
        """Slots that a substitute plays in the newest confirmed frame -> since which frame."""
        since, last = self._substitutes.since, self.confirmed
        return {slot: first for slot, first in since.items() if first < last}

    @property
    def input_age(self) -> float | None:
        """Seconds since the newest input that is here was sent, of the remote where that is longest ago."""
        ages = [link.input_age(self._now) for link in self.links if not link.ended]
        return max([age for age in ages if age is not None], default=None)

    def waiting_for(self) -> tuple[str, ...]:
        """Names of the remotes whose inputs are missing most."""
        confirmed = self._rollback.confirmed
        return tuple(link.remote.name for link in self.links if link.held == confirmed)

    def events(self) -> list[Event]:
        """What happened since the last call."""
        if not self._course.events:
            return []
        events = list(self._course.events)
        self._course.events.clear()
        return events

    # ------------------------------------------------------------ the frame, in order

    def receive(self, arrivals: Iterable[Arrival], now: float) -> None:
        """Network -> timelines. Changes no state of the game."""
        self._now, frame, slowdown = now, self._rollback.frame, self.common_pace.slowdown
        if self._joining is not None:
            arrivals = self._joining.take(arrivals)
        for data, arrived in arrivals:
            link = self._by_id.get(data[: limits.LINK_ID_BYTES])
            if link is None:
                self.stats.strangers += 1
            else:
                link.receive(data, arrived, frame, slowdown)
        if self._joining is None:
            self._desync.hear(self._survivors.links)  # also the last words of those who are gone now
        if self._joining is not None:
            self._joining.receive(self.confirmed, now)
            self._course.tell_all(self._joining.events())
            self._watch.look_at_hosts(self.links, self._joining, now)
            self._rollback.keeps_evidence = self._joining.opening
        else:
            self._watch.look(self.links, now)
        self._still = self._roster_is_still
        if not self._still:
            self._follow_the_roster(now)
        told = [(link.remote.name, link.pace) for link in self.links if link.pace and link.sets_pace]
        self._course.tell_all(self.common_pace.look(told, now))
        if self.delay.automatic:
            self._follow_links(now)
        if self._course.phase is CONNECTING and all(link.running for link in self._survivors.links):
            self._course.enter(PhaseEvent.ALL_LINKS_RUN)
            self._course.tell(MatchStarted())

    def reconcile(self) -> int:
        """Make the game agree with all inputs known, by at most one rollback. Returns its depth."""
        self._depth, self._played = 0, False
        # Also when the match has just ended: what arrived before its end is confirmed, and is handed out.
        depth = self._rollback.reconcile(self._simulation)
        self._tell_of_guessing()
        if depth:
            self._depth = depth
            self.stats.rollbacks += 1
            self.stats.depths[depth] += 1
            self.stats.replayed_frames = self._rollback.replayed
            self.stats.max_rollback_depth = max(self.stats.max_rollback_depth, depth)
        return depth

    def newly_confirmed(self) -> list[ConfirmedFrame]:
        """Frames that became true since the last call, in order. Each is handed out once."""
        confirming, joining = self._confirming, self._joining
        frames = confirming.hand_out() if self._replaying is None else self._replay(self._replaying)
        confirming.settle(joining)
        confirming.compare(self.slots, joining, self._now)
        self._forget_old()
        return frames

    def add_local_inputs(self, inputs: Mapping[int, bytes]) -> None:
        """The local players' inputs (slot -> bytes) for frame `input_frame`.

        Raises: LocalProtocolError for wrong slots, an invalid input, or when none is wanted.
        """
        frame = self._wanted
        if frame is None:
            raise LocalProtocolError("no inputs are wanted now")
        if inputs.keys() != self._last_inputs.keys():
            raise LocalProtocolError(f"inputs for slots {sorted(inputs)}, ours are {list(self.local_slots)}")
        for slot, data in inputs.items():
            if not self._simulation.is_valid_input(slot, data):
                raise LocalProtocolError(f"{data!r} is no input of slot {slot}")
        self._repeat_inputs_before(frame)
        self._add_inputs(inputs)

    def advance(self, now: float) -> bool:
        """Play the new frame, or stall. Returns whether a frame was played."""
        if self._may_advance and self._rollback.advance(self._simulation):
            if self.stalls.since is not None:
                self._course.tell_all(self.stalls.going_on(now))
            self._played = True
            if self._joining is not None:
                self._catch_up(self._joining)
            return True
        if self._rollback.failure is not None:
            self.fail(f"frame {self._rollback.frame}: {self._rollback.failure}")
        elif self._course.phase is PLAYING and not self._desync.holds_play:
            if self._confirming.handed_out == self._course.frames > 0:
                self._course.enter(PhaseEvent.ALL_CONFIRMED)
                self._course.tell_all(self.stalls.going_on(now))
            else:
                self._course.tell_all(self.stalls.waiting(now, self.waiting_for()))
        if self._course.phase is CLOSING:
            self._close_if_all_agree()
        return False

    def outgoing(self, now: float) -> list[bytes]:
        """Packets to send now, each to whom its link id says: a new frame's news, or again in a stall."""
        if self._course.over:
            return []
        return self._news_packets(now) + self._desync.outgoing(self._survivors.links, now)

    def _news_packets(self, now: float) -> list[bytes]:
        if not self._is_time_to_send(now):
            return []
        self._sent_at, self._sent_news = now, self._news
        confirmed, claims, pace = self._rollback.confirmed, self._survivors.claims(), self.common_pace.told
        packets = [
            data
            for link in self._spoken_to
            if (data := link.compose(now, self._rollback.frame, confirmed, claims, pace)) is not None
        ]
        if claims:
            self._survivors.told(claims)
            packets += self._survivors.handovers() + self._survivors.testimonies()
            for link in self._survivors.to_dismiss():
                link.heard_again = False
                packets += self._farewell(link, "dropped by the others", Parting.DROPS_YOU)
        if self._joining is not None:
            packets += self._joining.outgoing(now)
            if self._joining.opening:
                wishes = self._joining.wishes(self._rollback.frame, now, self.settings.disconnect_timeout)
                packets += [link.compose_wish() for link in wishes]
        packets += self._partings
        self._partings = []
        return packets

    def spent(self, seconds: float) -> None:
        """What this tick took of the machine: all but waiting, and drawing for which there was time."""
        if (self._played or self._depth) and self._joining is None and not self.judges_itself:
            if self._depth:
                # The part that is so deep because we run ahead is our own affair: nobody is slow for it.
                lead = max([link.lead.frames for link in self.links if link.running], default=0.0)
                even = min(max(self._depth - lead, 0.0), self._depth)
                seconds *= (1 + even) / (1 + self._depth)
            self.common_pace.worked(seconds, self._played)

    def pace(self) -> float:
        """Seconds from the start of this frame to the start of the next."""
        if self._replaying is not None:
            return 0.0 if self._replaying.at_hand else RETRY_STALLED
        if self._joining is not None and self._joining.live - self._rollback.frame > CATCH_UP_FROM:
            return 0.0
        if self.stalls.since is not None:
            return RETRY_STALLED if self._now - self.stalls.since < LONG_STALL else RETRY_LATER
        if self._course.phase is not PLAYING and self._course.phase is not JOINING:
            return RETRY_LATER
        if self.settings.fast:
            return 0.0
        leads = [link.lead.frames for link in self.links if link.running]
        return frame_length(1.0 / self.settings.fps, leads, self.common_pace.slowdown)

    def welcome(self, guest: bytes, remote: RemotePeer, now: float) -> bool:
        """Somebody is on the way into a slot that a substitute plays: `remote`, known to all as `guest`.

        False if there are too many guests already, drops end this match, or it has no such slot.
        """
        if not self._survivors.plays_on or max(remote.slots) >= len(self.timelines):
            return False
        if remote.link_in in self._by_id:
            return True  # told of it again
        if self._joining is not None:
            return False  # still on the way in ourselves
        link = self._link(replace(remote, seated=Seated.WE), now)
        if not self._admissions.welcome(guest, link):
            return False
        self._by_id[remote.link_in] = link
        return True

    def offer(self, sources: Sequence[Source], now: float) -> None:
        """Who may feed us while we come into the match, as the broker knows by now."""
        if self._joining is not None:
            self._joining.offer(sources, now)

    @property
    def catching_up(self) -> tuple[int, int] | None:
        """While we come into a match: frames played, and how many there are by now."""
        return None if self._joining is None else (self._rollback.frame, self._joining.live)

    @property
    def seconds_left(self) -> float | None:
        """While we come into a match: until we are there, as far as is known; inf: never."""
        replay = self._replaying
        return None if replay is None or self._joining is None else replay.seconds_left(self._joining.live)

    @property
    def wants_sources(self) -> bool:
        """Do we come into a match, and nobody feeds us?"""
        return self._joining is not None and self._joining.wants_sources

    @property
    def waits_for_seat(self) -> bool:
        """Have we caught up, and lack only our slot?"""
        return self._joining is not None and self._joining.opening

    @property
    def expected(self) -> set[int]:
        """Slots that somebody is on the way into."""
        return {slot for link in self._admissions.guests.values() for slot in link.remote.slots}

    @property
    def question(self) -> Tie | None:
        """What the witness is to be asked, if anything: may our half go on without the other?"""
        return self._survivors.tie_break.question if not self._course.over else None

    def testimony(self, tie: Tie, granted: bool, why: str = "") -> None:
        """The witness's word; `why`: the reason for a no."""
        self._survivors.tie_break.hear(tie, granted, why)

    @property
    def announces(self) -> bool:
        """Is it up to us to say who comes into the match?"""
        return self._course.phase is PLAYING and self._survivors.announcer == self._survivors.me

    def stop(self, text: str = "stopped here") -> None:
        """This peer leaves."""
        self._course.end(EndReason.STOPPED, text)

    def fail(self, text: str) -> None:
        """This peer cannot go on."""
        self._course.end(EndReason.FAILED, text)

    def farewells(self) -> list[bytes]:
        """Goodbyes for all that have not left. Worth sending more than once."""
        if self.ending is None:
            raise LocalProtocolError("the match has not ended")
        parting = Parting.FINISHED if self.ending.reason is EndReason.FINISHED else Parting.LEAVES
        last_words = self._desync.farewells(self.links)
        return last_words + [
            packet
            for link in self.links
            if link.state is not LinkState.LEFT
            and link.remote.link_out != NOBODY
            and (said := self._survivors.parting_for(link, parting)) is not None
            for packet in self._farewell(link, self._last_words(said), said)
        ]

    # ------------------------------------------------------------ within

    def _tell_of_guessing(self) -> None:
        """Once it has ended or resumed."""
        frame, why = self._rollback.frame, self._rollback.unremembered
        if self._guesses == bool(why):
            self._guesses = not why
            self._course.tell(GuessingEnded(frame, why) if why else GuessingResumed(frame))

    def _last_words(self, parting: Parting) -> str:
        text = self.ending.text if self.ending is not None else ""
        return f"dropped, and since then: {text}" if parting is Parting.DROPS_YOU else text

    def _add_inputs(self, inputs: Mapping[int, bytes]) -> None:
        for slot in self.local_slots:
            self.timelines[slot].confirm(inputs[slot])
        self._own.append(b"".join([inputs[slot] for slot in self.local_slots]))
        self._last_inputs = dict(inputs)

    def _repeat_inputs_before(self, frame: int) -> None:
        """Frames before `frame` that nobody was sampled for hold the last input."""
        while self._own.count < frame:
            self._add_inputs(self._last_inputs)

    @property
    def _wanted(self) -> int | None:
        """For which frame inputs are wanted now, if at all."""
        # In lockstep everybody waits for everybody's input of this very frame: it is given before the wait.
        lockstep = self.settings.window == 0 or self._rollback.unremembered
        ready = self._may_advance or (self._course.phase is PLAYING and lockstep)
        return self._target if ready and self.local_slots else None

    @property
    def _target(self) -> int | None:
        return self._own.target(self._rollback.frame, self.delay.frames, self._course.frames)

    def _link(self, remote: RemotePeer, now: float) -> Link:
        return Link(
            remote,
            [self.timelines[slot] for slot in remote.slots],
            [self._input_sizes[slot] for slot in remote.slots],
            self._own,
            self._digests,
            self._identity,
            self._simulation.is_valid_input,
            self._lookahead,
            max(MAX_TICK_GAP, 2.0 / self.settings.fps, 1.5 * self.common_pace.longest),
            now,
        )

    def _follow_links(self, now: float) -> None:
        """The input delay that suits them, if that is left to us."""
        if self._course.phase is PLAYING:
            measured = [link.round_trip for link in self.links if link.running]
            self._course.tell_all(self.delay.follow(measured, self._rollback.frame, now))

    def _lost_link(self, slot: int) -> Link:
        link = self._link(RemotePeer(f"slot {slot}", (slot,), NOBODY, NOBODY, Seated.WE), self._now)
        link.lost("nobody told us of this player")
        return link

    @property
    def _replaying(self) -> Replay | None:
        """While we come into a match, and are far behind."""
        joining = self._joining
        return None if joining is None or joining.opening else joining.replay

    def _catch_up(self, joining: Joining) -> None:
        """Play all that is confirmed in one go, up to where the next digest is due."""
        rollback = self._rollback
        while rollback.frame % self.settings.digest_interval and rollback.frame < rollback.confirmed:
            if not self._may_advance or joining.live - rollback.frame <= CATCH_UP_FROM:
                return
            rollback.advance(self._simulation)

    def _replay(self, replay: Replay) -> list[ConfirmedFrame]:
        frames: list[ConfirmedFrame] = []
        if not self._course.over:
            try:
                frames = replay.play(REPLAYED_A_TICK, self._now)
            except GameError as error:
                self.fail(f"frame {replay.frame}: {error}")
        if frames:
            self._confirming.take(frames, replay)
            self._rollback.skip_to(replay.handed_out)
        return frames

    @property
    def _spoken_to(self) -> Sequence[Link]:
        if self._joining is not None and not self._joining.opening:
            return ()
        return (*self.links, *self._admissions.guests.values())

    @property
    def _roster_is_still(self) -> bool:
        """Nobody has gone, is going, came or is coming: so it is in nearly every frame."""
        return self._joining is None and self._admissions.still and self._survivors.still

    def _follow_the_roster(self, now: float) -> None:
        """Drops and newcomers. A newcomer is admitted before a drop is agreed on: it has a say in that."""
        if not self._watch.drops_are_survived or self._course.over:
            return
        agrees = self._joining is None and not self._watch.nobody_is_dropped
        if agrees:
            accuser = self._survivors.accused_by()
            if accuser is not None:
                self._course.end(EndReason.DROPPED, f"the others go on without us: {accuser} lost us")
                return
            self._survivors.hear()
        self._let_guests_in(now)
        if agrees and not self._course.over:
            self._play_on_without_the_dropped()
        if self._substitutes.since and (self._joining is None or self._joining.opening):
            self._substitutes.extend(self._survivors.held_of_announcer(self._own.count) + 1)

    def _let_guests_in(self, now: float) -> None:
        """Roster changes: announced if that is up to us, heard of, and carried out."""
        admissions = self._admissions
        self._watch.look_at_guests(admissions.guests.values(), now)
        for link in admissions.let_go():
            del self._by_id[link.remote.link_in]
        if self._course.phase is PLAYING:
            admissions.announce(now, self.settings.fps, self._course.frames)
        admissions.hear(self._survivors.all_links)
        for admission in admissions.apply():
            self._admit(admission)

    def _admit(self, admission: Admission) -> None:
        change, link = admission.change, admission.link
        digest = change.first // self.settings.digest_interval
        if link is None:
            self._take_seat(admission, digest)
            return
        link.take_seat(change.first, digest)
        self.links.append(link)
        self._watch.announced(link)
        if self._joining is not None:
            self._joining.taken_back(change.slot, change.first)
        self._course.tell(PlayerSeated(link.remote.name, link.remote.slots, change.first))

    def _take_seat(self, admission: Admission, digest: int) -> None:
        """We play from the frame of the change on."""
        change = admission.change
        ahead = self._survivors.heard_too_much_of()
        if ahead is not None:
            what = f"inputs of {ahead.remote.name} have reached us, and nobody else before it was lost"
            self._course.end(EndReason.LEFT, f"{what}: come in again")
            return
        self._own.begin_at(change.first)
        self._identity.member = change.member
        self._survivors.take_seat(change.member, admission.announcer, change.at)
        for link in self._survivors.links:
            link.take_seat(change.first, digest)
        self.local_slots = (change.slot,)
        if self._joining is not None:
            self._partings = self._joining.farewells()
        self._joining = None
        self._course.enter(PhaseEvent.SEAT_TAKEN)
        self._course.tell(SeatTaken(change.slot, change.first))
        self._last_inputs = {change.slot: self._defaults[change.slot]}
        # Nobody could press anything there.
        present = self._rollback.frame + self.delay.frames
        self._repeat_inputs_before(min(present, self._course.frames or present))

    def _farewell(self, link: Link, text: str, parting: Parting) -> list[bytes]:
        # Who leaves tells nothing new of those it has lost: see Survivors.told.
        rollback, claims = self._rollback, () if parting is Parting.LEAVES else self._survivors.claims()
        return link.farewell(text, parting, self._now, rollback.frame, rollback.confirmed, claims)

    @property
    def _may_advance(self) -> bool:
        rollback, end = self._rollback, self._course.frames
        if self._replaying is not None:
            return False
        if self._course.phase is not PLAYING and self._course.phase is not JOINING:
            return False
        if not rollback.may_advance or self._desync.holds_play:
            return False
        return not end or rollback.frame < end

    @property
    def _news(self) -> tuple[int, int]:
        return self._rollback.frame, self._own.count

    def _play_on_without_the_dropped(self) -> None:
        """Agree with the other survivors on what was last said by those who are gone."""
        survivors = self._survivors
        if survivors.nobody_knows_us:
            self._course.end(
                EndReason.LEFT, "the player that let us in was lost before others knew: come in again"
            )
            return
        waited, verdict = survivors.tie_break.question, survivors.judge(self._now)
        if verdict is Verdict.END:
            self._course.end(EndReason.SPLIT, survivors.why_it_ended)
        elif verdict is Verdict.GO_ON:
            self._course.tell_all(survivors.settle())
        elif waited is None:
            self._course.tell(AskingWitness(survivors.lost_names))

    def _forget_old(self) -> None:
        """While nobody comes or goes, only now and then."""
        if self._still and not self._confirming.may_forget:
            return
        links, guests = self._survivors.links, self._admissions.running
        self._confirming.forget(self._joining, guests, self._watch.drops_are_survived)
        needed = [link.acked for link in (*links, *guests)]
        self._own.forget_before(min(needed, default=self._own.count))

    def _close_if_all_agree(self) -> None:
        survivors = self._survivors
        # While a drop is not agreed on, it may be they who play on; unless one who agrees with us has ended.
        may_be_others = survivors.pending and not any(link.ended for link in survivors.links)
        if self._desync.case is None and not may_be_others and self._watch.all_agree(survivors.links):
            self._confirming.everybody_holds_all()
            self._course.end(EndReason.FINISHED, self._what_was_played)

    @property
    def _what_was_played(self) -> str:
        slots, players = self.confirmed_by, self.settings.players
        whom = f"all {players}" if len(slots) == players else f"{len(slots)} of {players}"
        return ", ".join(
            [f"{self._course.frames} frames confirmed by {whom}", *self._survivors.absences(slots)]
        )

    def _is_time_to_send(self, now: float) -> bool:
        if self._news != self._sent_news:
            return True
        return now - self._sent_at >= min(RESEND_INTERVAL, 1.0 / self.settings.fps)
