"""A whole match in virtual time: N sessions, bad links, pauses, crashes, clock drift; all from one seed."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter
from random import Random

from netcode import limits
from netcode.archive import Archive
from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import EndReason, Event
from netcode.feed_reader import FeedReader
from netcode.feeding import Feeder
from netcode.input_delay import Delay
from netcode.joining import Guest
from netcode.link import Identity, RemotePeer
from netcode.phases import Phase
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulation import Simulation
from netcode.simulator.game import HIGHEST_INPUT, INPUT_BYTES, STICKS, MixingGame
from netcode.simulator.reference import first_difference, play_reference
from netcode.simulator.weather import BadLink, Weather
from netcode.sources import Source

NEXT_GUEST = 0.2  # seconds until a guest asks again whether the one before it has its slot
FINGERPRINT = {"game": "mixing"}
FAREWELLS = 3  # times a goodbye is sent: it may be lost
FEED_LINGER = 3.0  # virtual seconds that an ended process goes on feeding those who lack something
NOTHING_CONFIRMED = "nothing was ever confirmed"
_arrival_time = itemgetter(1)


@dataclass(frozen=True)
class Slowness:
    """For a while a frame takes `work` seconds of a machine's time, and each replayed one `replay`."""

    at: float
    until: float
    work: float
    replay: float


@dataclass(frozen=True)
class Faults:
    """What goes wrong in one peer's process. Times in virtual seconds."""

    starts_at: float = 0.0
    clock_rate: float = 1.0  # its frames take this many times as long
    pauses: Mapping[float, float] = field(default_factory=dict)  # start -> length (as SIGSTOP)
    crashes_at: float = float("inf")  # vanishes without a word
    returns_at: float = float("inf")  # a new process comes back into the slot
    then: Faults | None = None  # what goes wrong in that one
    garbage: float = 0.0  # share of ticks in which it sends each remote a broken packet on a real link id
    replay_s: float = 0.0  # seconds that a frame takes while it catches up
    slow: Sequence[Slowness] = ()
    delays: Mapping[float, Delay] = field(default_factory=dict)  # when -> input delay that it is set to


@dataclass
class VirtualPeer:
    """One peer: its session, its game, and what it said and confirmed."""

    slot: int
    session: PlayerSession
    game: Simulation
    rng: Random  # presses the buttons
    faults: Faults
    alive: bool = True
    said_by: dict[int, dict[int, bytes]] = field(default_factory=dict)  # slot -> frame -> input: the author's
    confirmed: list[ConfirmedFrame] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)  # of each rollback
    feeder: Feeder | None = None  # of those who watch or come into the match, once there are any
    feeds_until: float | None = None  # it has said goodbye to the players, and still feeds others
    number: int = 0  # in VirtualMatch.peers: above those who began for who came back
    delays: list[tuple[float, Delay]] = field(default_factory=list)  # still to be set
    behind: float = 0.0  # seconds, as peer.frame_clock counts them: at most a frame is made up for

    @property
    def said(self) -> dict[int, bytes]:
        """What its first player said: frame -> input."""
        return self.said_by.setdefault(self.slot, {})

    @property
    def reason(self) -> EndReason | None:
        return self.session.ending.reason if self.session.ending else None


class VirtualMatch:
    """Runs until every living peer has ended, or `seconds` have passed."""

    feeder_places = limits.GUESTS_KEPT  # how many one peer feeds at once

    def __init__(
        self,
        settings: MatchSettings,
        weather: Weather,
        *,
        faults: Mapping[int, Faults] | None = None,
        game: Callable[[MatchSettings], Simulation] | None = None,
        hold: float = 0.0,
        ordered: bool = True,
        session_type: type[PlayerSession] = PlayerSession,
        groups: Sequence[Sequence[int]] | None = None,
        brittle: bool = False,
        forgetful: bool = False,
    ) -> None:
        """`hold`: the chance that a player keeps pressing what it pressed the frame before. `groups`: the
        slots of each peer, one each if not given; `faults` are by the first slot of a peer, as links are.
        `brittle`: the game fails on some guesses, and players never press what breaks it.
        `forgetful`: it comes into states that no snapshot can put back.

        Everything random follows from `settings.seed`.
        """
        self.settings = settings
        self.now = 0.0
        self._hold, self._brittle = hold, brittle
        self._session_type = session_type
        self._groups = [
            tuple(group) for group in groups or [(slot,) for slot in range(settings.opening_players)]
        ]
        self._game = game or (lambda s: MixingGame(s.players, s.seed, brittle=brittle, forgetful=forgetful))
        self._rng = Random(settings.seed)
        self._order = count()
        self._agenda: list[tuple[float, int, int]] = []  # (when, tie, number): the next tick of each peer
        ids = {pair: self._rng.randbytes(limits.LINK_ID_BYTES) for pair in self._pairs()}
        self._ends = {link_id: pair for pair, link_id in ids.items()}  # from whom, to whom
        self._weather, self._ordered = weather, ordered
        self.links: dict[tuple[int, int], BadLink] = {}
        self._incoming: dict[int, list[BadLink]] = {}
        for pair in self._pairs():
            self._connect(pair)
        self.peers = [
            self._peer(number, ids, (faults or {}).get(group[0], Faults()))
            for number, group in enumerate(self._groups)
        ]
        for peer in self.peers:
            self._wake(peer, peer.faults.starts_at)
        self._returns: list[tuple[float, int, Faults]] = []  # (when, slot, what goes wrong then)
        for peer in self.peers:
            self._expect_back(peer.slot, peer.faults)

    def _pairs(self) -> list[tuple[int, int]]:
        first = [*(group[0] for group in self._groups), *self.settings.open_from_start]
        return [(a, b) for a in first for b in first if a != b]

    def _connect(self, pair: tuple[int, int]) -> None:
        """A link from one to another; peers are found by their first slot."""
        link = self.links[pair] = BadLink(self._weather, Random(self._rng.random()), self._ordered)
        self._incoming.setdefault(pair[1], []).append(link)

    def _peer(
        self,
        number: int,
        ids: Mapping[tuple[int, int], bytes],
        faults: Faults,
    ) -> VirtualPeer:
        game, slots = self._game(self.settings), self._groups[number]
        slot = slots[0]
        remotes = [
            RemotePeer(f"player {group[0]}", group, ids[slot, group[0]], ids[group[0], slot])
            for group in self._groups
            if group != slots
        ]
        self.now = faults.starts_at
        session = self._session(slots, remotes, game)
        rng = Random(self._rng.random())
        return VirtualPeer(slot, session, game, rng, faults, number=number, delays=_in_order(faults.delays))

    def _session(
        self,
        slots: Sequence[int],
        remotes: Sequence[RemotePeer],
        game: Simulation,
        joining: tuple[Guest, FeedReader] | None = None,
    ) -> PlayerSession:
        defaults = self._default_inputs()
        return self._session_type(
            self.settings,
            slots,
            remotes,
            [len(default) for default in defaults],
            defaults,
            FINGERPRINT,
            game,
            self.now,
            joining,
        )

    # ------------------------------------------------------------- what a real game does in its own way

    def _default_inputs(self) -> list[bytes]:
        """By slot."""
        return [bytes(INPUT_BYTES)] * self.settings.players

    def _draw(self, rng: Random, slot: int) -> bytes:
        """Any input of that slot."""
        return bytes([rng.randint(0, HIGHEST_INPUT)])

    # ------------------------------------------------------------- running

    def run(self, seconds: float) -> VirtualMatch:
        """Until all have ended or virtual `seconds` are over."""
        while self._agenda and self._agenda[0][0] < seconds:
            if self._returns and self._returns[0][0] <= self._agenda[0][0]:
                self.now, slot, then = self._returns.pop(0)
                if self._has_to_wait(slot):
                    self._expect_back(slot, Faults(returns_at=self.now + NEXT_GUEST, then=then))
                else:
                    self.come_back(slot, then)
                continue
            self.now, _, number = heapq.heappop(self._agenda)
            self._run_process(number)
        return self

    def _has_to_wait(self, slot: int) -> bool:
        """Is somebody on the way in, or does somebody live who plays `slot`?"""
        return any(
            peer.alive and (peer.session.phase is Phase.JOINING or slot in peer.session.slots)
            for peer in self.peers
        )

    def _run_process(self, number: int) -> None:
        peer = self.peers[number]
        if self.now >= peer.faults.crashes_at:
            peer.alive, peer.feeds_until = False, None
        if peer.alive:
            took = self._tick(peer)
        elif peer.feeds_until is not None and peer.feeder is not None:
            took = self._feed_on(peer, peer.feeder, peer.feeds_until)
        else:
            return
        self._wake(peer, self.now + took * peer.faults.clock_rate)

    def _wake(self, peer: VirtualPeer, when: float) -> None:
        heapq.heappush(self._agenda, (after_pauses(peer.faults, when), next(self._order), peer.number))

    def _expect_back(self, slot: int, faults: Faults) -> None:
        if faults.returns_at < float("inf"):
            self._returns.append((faults.returns_at, slot, faults.then or Faults()))
            self._returns.sort(key=itemgetter(0, 1))

    def come_back(self, slot: int, faults: Faults) -> VirtualPeer:
        """A new process comes into `slot`; everybody who plays is told of it, as a broker would."""
        guest, hosts, name = (
            Guest(self._rng.randbytes(limits.GUEST_BYTES), slot),
            self._playing(),
            f"player {slot}",
        )
        remotes, sources = [], []
        for host in hosts:
            for pair in ((slot, host.slot), (host.slot, slot)):
                if pair not in self.links:
                    self._connect(pair)
            host_name = f"player {host.slot}"
            out, back = self._link_ids(slot, host.slot)
            remotes.append(RemotePeer(host_name, host.session.slots, out, back))
            host.session.welcome(guest.id, RemotePeer(name, (slot,), back, out), self.now)
            out, back = self._link_ids(slot, host.slot)
            sources.append(Source(host_name, out, back))
            self._feeder_for(host).welcome(name, back, out, self.now)
        game = self._game(self.settings)
        feed = FeedReader(sources, *self._to_watch(), game.is_valid_input, self.now)
        session = self._session((slot,), remotes, game, (guest, feed))
        rng, number = Random(self._rng.random()), len(self.peers)
        peer = VirtualPeer(slot, session, game, rng, faults, number=number, delays=_in_order(faults.delays))
        self.peers.append(peer)
        self._joined(peer)
        self._wake(peer, self.now)
        self._expect_back(slot, faults)
        return peer

    def _joined(self, peer: VirtualPeer) -> None:
        """For who has to know of it."""

    def _link_ids(self, a: int, b: int) -> tuple[bytes, bytes]:
        """New ones: what `a` sends to `b` starts with the first."""
        out, back = self._rng.randbytes(limits.LINK_ID_BYTES), self._rng.randbytes(limits.LINK_ID_BYTES)
        self._ends |= {out: (a, b), back: (b, a)}
        return out, back

    def _to_watch(self) -> tuple[Archive, list[int], Identity]:
        """What a new process needs besides sources to be fed."""
        settings, sizes = self.settings, [len(default) for default in self._default_inputs()]
        archive = Archive(sum(sizes), settings.digest_interval, settings.frames)
        return archive, sizes, Identity(settings.fields(), FINGERPRINT)

    def _feeder_for(self, peer: VirtualPeer) -> Feeder:
        if peer.feeder is None:
            peer.feeder = Feeder(peer.session.archive, self._to_watch()[2], self.feeder_places)
        return peer.feeder

    def _playing(self) -> list[VirtualPeer]:
        return [peer for peer in self.peers if peer.alive and peer.session.phase is Phase.PLAYING]

    def _tick(self, peer: VirtualPeer) -> float:
        """One frame of one peer, in the order that real peers keep. Returns the seconds it takes."""
        session, now, replay_s = peer.session, self.now, peer.faults.replay_s
        before = steps_of(peer.game) if replay_s else 0
        arrivals = self._arrivals(peer.slot)
        if peer.feeder is not None:
            arrivals = peer.feeder.receive(arrivals)
        session.receive(arrivals, now)
        if depth := session.reconcile():
            peer.depths.append(depth)
        peer.confirmed += session.newly_confirmed()
        while peer.delays and peer.delays[0][0] <= now:
            session.set_input_delay(peer.delays.pop(0)[1])
        if session.wants_inputs:
            session.add_local_inputs({slot: self._press(peer, slot) for slot in session.local_slots})
        played = session.advance(now)
        work = _work(peer, now, played, depth)
        self.now = now = now + work
        self._send(peer, session.outgoing(now))
        if peer.feeder is not None:
            self._send(peer, peer.feeder.outgoing(now))
        peer.events += session.events()
        if session.phase is Phase.ENDED:
            for _ in range(FAREWELLS):
                self._send(peer, session.farewells())
            peer.alive = False
            if peer.feeder is not None and session.ending is not None:
                peer.feeder.end(session.ending.reason, session.ending.text)
                peer.feeds_until = now + FEED_LINGER
        session.spent(work)
        pace = session.pace()
        left, peer.behind = pace - peer.behind - work, min(pace, max(0.0, peer.behind + work - pace))
        return max(0.0, left) if pace else max(0.001, (steps_of(peer.game) - before) * replay_s)

    def _feed_on(self, peer: VirtualPeer, feeder: Feeder, until: float) -> float:
        """The match is over for this peer, but not for all who watch through it. Returns the seconds until it
        looks again."""
        feeder.receive(self._arrivals(peer.slot))
        self._send(peer, feeder.outgoing(self.now))
        if feeder.deserted or self.now > until:
            self._send(peer, feeder.farewells())
            peer.feeds_until = None
        return 1.0 / self.settings.fps

    def _arrivals(self, receiver: int) -> list[tuple[bytes, float]]:
        """At a peer (its first slot) or whoever else there is."""
        arrived: list[tuple[bytes, float]] = []
        for link in self._incoming.get(receiver, ()):
            if len(link):
                arrived += link.take(self.now)
        if len(arrived) > 1:
            arrived.sort(key=_arrival_time)
        return arrived

    def _press(self, peer: VirtualPeer, slot: int) -> bytes:
        """For the frame that the rule of `netcode.own_inputs` says; what it repeats, the player said too."""
        frame, end = peer.session.frame + peer.session.input_delay, peer.session.frames
        said = peer.said_by.setdefault(slot, {})
        frame = min(frame, end - 1) if end else frame
        held = said.get(frame - 1)
        if held is None:
            self._repeat_before(frame, peer, said, slot)
            held = said.get(frame - 1)
        drawn = self._draw(peer.rng, slot)
        pressed = held if held is not None and peer.rng.random() < self._hold else drawn
        said[frame] = bytes(INPUT_BYTES) if self._brittle and pressed == held == STICKS else pressed
        return said[frame]

    def _repeat_before(self, frame: int, peer: VirtualPeer, said: dict[int, bytes], slot: int) -> None:
        if said:
            newest = next(reversed(said))
            said |= dict.fromkeys(range(newest + 1, frame), said[newest])
        elif peer.number < len(self._groups):
            said |= dict.fromkeys(range(self.settings.input_delay, frame), self._default_inputs()[slot])

    def _send(self, peer: VirtualPeer, packets: Sequence[bytes]) -> None:
        for data in packets:
            source, target = self._ends[data[: limits.LINK_ID_BYTES]]
            if peer.faults.garbage and peer.rng.random() < peer.faults.garbage:
                self._put(source, target, data[: limits.LINK_ID_BYTES] + peer.rng.randbytes(20))
                self._put(source, target, peer.rng.randbytes(40))
            self._put(source, target, data)

    def _put(self, source: int, target: int, data: bytes) -> None:
        self.links[source, target].put(data, self.now)

    # ------------------------------------------------------------- judging

    def faults_found(self) -> list[str]:
        """Every broken promise, in words; empty is a pass. Call after `run`."""
        reference = self._reference()
        found: list[str] = []
        for peer in self.peers:
            found += self._against_reference(peer, reference)
            if peer.depths and max(peer.depths) > self.settings.window:
                found.append(f"slot {peer.slot}: rolled back {max(peer.depths)} frames")
            if peer.reason is EndReason.FINISHED and len(peer.confirmed) != peer.session.frames:
                found.append(f"slot {peer.slot}: finished after {len(peer.confirmed)} frames")
            if peer.reason is EndReason.DESYNC:
                found.append(f"slot {peer.slot}: {peer.session.ending}")
        if max(len(peer.confirmed) for peer in self.peers) == 0:
            found.append(NOTHING_CONFIRMED)
        return found

    def _reference(self) -> list[ConfirmedFrame]:
        longest = max(len(peer.confirmed) for peer in self.peers)
        defaults = self._default_inputs()
        delay = self.settings.input_delay
        by_slot = {slot: peer.said_by.get(slot, {}) for peer in self.peers for slot in peer.session.slots}
        said = [by_slot[slot] for slot in sorted(by_slot)]
        said_by_all = min((max(one, default=delay - 1) + 1 for one in said), default=0)
        inputs = [
            [one[frame] if frame >= delay else default for one, default in zip(said, defaults, strict=True)]
            for frame in range(min(longest, said_by_all))
        ]
        game = self._game(self.settings)
        interval = self.settings.digest_interval
        return list(play_reference(game, inputs, interval, self.settings.frames))

    def _against_reference(self, peer: VirtualPeer, reference: list[ConfirmedFrame]) -> list[str]:
        for frame, (confirmed, true) in enumerate(zip(peer.confirmed, reference, strict=False)):
            if confirmed.frame != frame:
                return [f"slot {peer.slot}: frame {frame} was confirmed as {confirmed.frame}"]
            differs = first_difference(confirmed, true)
            if differs:
                return [f"slot {peer.slot}: frame {frame}: {differs} differ from the reference"]
        if len(peer.confirmed) > len(reference):
            return [f"slot {peer.slot}: frame {len(reference)} was confirmed, and not said by all"]
        return []


def _work(peer: VirtualPeer, now: float, played: bool, replayed: int) -> float:
    """Seconds that a tick takes of a machine's time: none, but on a slow one."""
    slow = next((slow for slow in peer.faults.slow if slow.at <= now < slow.until), None)
    return played * slow.work + replayed * slow.replay if slow else 0.0


def after_pauses(faults: Faults, when: float) -> float:
    """When a process goes on that would at `when`."""
    for start, length in faults.pauses.items():
        if start <= when < start + length:
            when = start + length
    return when


def _in_order(delays: Mapping[float, Delay]) -> list[tuple[float, Delay]]:
    return sorted(delays.items(), key=itemgetter(0))


def steps_of(game: Simulation) -> int:
    """Frames it was made to play so far, replayed ones too."""
    return game.steps if isinstance(game, MixingGame) else 0
