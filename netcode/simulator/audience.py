"""A match in virtual time that is watched: spectators come late, lose their sources, watch through others."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from netcode import limits
from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import EndReason, SpectatorEvent
from netcode.feeding import Feeder
from netcode.link import Identity
from netcode.phases import Phase
from netcode.settings import MatchSettings
from netcode.simulator.game import INPUT_BYTES, MixingGame
from netcode.simulator.match import FAREWELLS, FINGERPRINT, Faults, VirtualMatch, VirtualPeer
from netcode.simulator.weather import BadLink, Weather
from netcode.sources import Source
from netcode.spectator import SpectatorSession

FEED_LINGER = 3.0  # virtual seconds that an ended process goes on feeding those who lack something
SLICE = 200  # frames played at once while catching up ...
SLICE_SECONDS = 0.02  # ... or as many as take so long, where they take any time


@dataclass(frozen=True)
class Seat:
    """One spectator: where it watches, and what goes wrong. `sources` are numbers of players and
    spectators: players come first, spectators after them."""

    sources: tuple[int, ...]
    faults: Faults = field(default_factory=Faults)
    fingerprint: Mapping[str, str] = field(default_factory=lambda: dict(FINGERPRINT))
    plays_wrong_from: int | None = None  # a frame from which on its own game is another


@dataclass
class VirtualSpectator:
    """One spectator: its session, its game, and what it saw."""

    number: int
    session: SpectatorSession
    game: MixingGame
    faults: Faults
    alive: bool = True
    seen: list[ConfirmedFrame] = field(default_factory=list)
    events: list[SpectatorEvent] = field(default_factory=list)
    lag: dict[int, float] = field(
        default_factory=dict
    )  # tenth of a second -> seconds behind the players, at most

    @property
    def reason(self) -> EndReason | None:
        return self.session.ending.reason if self.session.ending else None


class WrongGame(MixingGame):
    """Turns from the true game at one frame."""

    def __init__(self, players: int, seed: int, wrong_from: int | None) -> None:
        super().__init__(players, seed)
        self._wrong_from = wrong_from

    def step(self, inputs: Sequence[bytes]) -> bytes:
        if self.steps == self._wrong_from:
            self.state = (self.state[0] ^ 1, *self.state[1:])
        return super().step(inputs)


class WatchedMatch(VirtualMatch):
    """Runs until all players and spectators have ended."""

    def __init__(
        self,
        settings: MatchSettings,
        weather: Weather,
        seats: Sequence[Seat],
        *,
        most: int = 16,
        **more: object,
    ) -> None:
        """`most` watch through one player at once; `more` is for VirtualMatch."""
        super().__init__(settings, weather, **more)  # type: ignore[arg-type]
        self._weather = weather
        self.feeders = [self._feeder(peer, most) for peer in self.peers]
        self.spectators: list[VirtualSpectator] = []
        self._watch_links: dict[int, list[BadLink]] = {}  # to each process, by number
        self._ended_at: dict[int, float] = {}
        for number, seat in enumerate(seats, settings.players):
            self._seat(number, seat)

    def _feeder(self, peer: VirtualPeer, most: int) -> Feeder:
        identity = Identity(self.settings.fields(), FINGERPRINT)
        return Feeder(peer.session.archive, identity, most, snapshots=peer.session.snapshots)

    def _seat(self, number: int, seat: Seat) -> None:
        sources = []
        for other in seat.sources:
            out, back = (self._rng.randbytes(limits.LINK_ID_BYTES) for _ in range(2))
            sources.append(Source(f"process {other}", out, back))
            self._feeder_of(other).welcome(f"spectator {number}", back, out, 0.0)
            self._lay(out, number, other)
            self._lay(back, other, number)
        settings = self.settings
        game = WrongGame(settings.players, settings.seed, seat.plays_wrong_from)
        sizes = [INPUT_BYTES] * settings.players
        session = SpectatorSession(settings, sources, sizes, seat.fingerprint, game, seat.faults.starts_at)
        spectator = VirtualSpectator(number, session, game, seat.faults)
        self.spectators.append(spectator)
        heapq.heappush(self._agenda, (seat.faults.starts_at, next(self._order), number))

    def _feeder_of(self, number: int) -> Feeder:
        players = self.settings.players
        return self.feeders[number] if number < players else self.spectators[number - players].session.feeder

    def _lay(self, link_id: bytes, sender: int, receiver: int) -> None:
        self._ends[link_id] = (sender, receiver)
        link = BadLink(self._weather, Random(self._rng.random()))
        self.links[sender, receiver] = link
        self._watch_links.setdefault(receiver, []).append(link)

    # ------------------------------------------------------------- running

    def run(self, seconds: float) -> WatchedMatch:
        """Until all have ended or virtual `seconds` are over."""
        while self._agenda and self._agenda[0][0] < seconds:
            self.now, _, number = heapq.heappop(self._agenda)
            if number < self.settings.players:
                again = self._run_player(self.peers[number])
            else:
                again = self._run_spectator(self.spectators[number - self.settings.players])
            if again is not None:
                heapq.heappush(self._agenda, (again, next(self._order), number))
        return self

    def _run_player(self, peer: VirtualPeer) -> float | None:
        if self.now >= peer.faults.crashes_at:
            peer.alive = False
            return None
        took = self._tick(peer) if peer.alive else 1 / self.settings.fps  # not alive: it has said goodbye
        feeder = self.feeders[peer.slot]
        feeder.receive(self._watch_arrivals(peer.slot))
        if peer.session.ending is not None:
            feeder.end(peer.session.ending.reason, peer.session.ending.text)
        self._put(feeder.outgoing(self.now))
        if not self._lingers(peer.slot, feeder, peer.session.phase is Phase.ENDED):
            self._put(feeder.farewells())
            return None
        return self._after_pauses(peer.faults, self.now + took * peer.faults.clock_rate)

    def _run_spectator(self, spectator: VirtualSpectator) -> float | None:
        if self.now >= spectator.faults.crashes_at:
            spectator.alive = False
            return None
        session, before = spectator.session, spectator.game.steps
        session.receive(self._watch_arrivals(spectator.number), self.now)
        replay_s = spectator.faults.replay_s
        spectator.seen += session.play(int(SLICE_SECONDS / replay_s) if replay_s else SLICE)
        self._put(session.outgoing(self.now))
        spectator.events += session.events()
        played = max(len(peer.confirmed) for peer in self.peers)
        tick, lag = int(self.now * 10), (played - session.frame) / self.settings.fps
        spectator.lag[tick] = max(lag, spectator.lag.get(tick, 0.0))
        if not self._lingers(spectator.number, session.feeder, session.ending is not None):
            spectator.alive = False
            for _ in range(FAREWELLS):
                self._put(session.farewells())
            return None
        took = 0.0 if session.live else (spectator.game.steps - before) * spectator.faults.replay_s
        return self._after_pauses(spectator.faults, self.now + max(session.pace(), took))

    def _lingers(self, number: int, feeder: Feeder, ended: bool) -> bool:
        if not ended:
            return True
        since = self._ended_at.setdefault(number, self.now)
        return not feeder.deserted and self.now - since < FEED_LINGER

    def _after_pauses(self, faults: Faults, when: float) -> float:
        for start, length in faults.pauses.items():
            if start <= when < start + length:
                return start + length
        return when

    def _watch_arrivals(self, number: int) -> list[tuple[bytes, float]]:
        arrived: list[tuple[bytes, float]] = []
        for link in self._watch_links.get(number, ()):
            if len(link):
                arrived += link.take(self.now)
        return sorted(arrived, key=lambda arrival: arrival[1])

    def _put(self, packets: Sequence[bytes]) -> None:
        for data in packets:
            self.links[self._ends[data[: limits.LINK_ID_BYTES]]].put(data, self.now)

    # ------------------------------------------------------------- judging

    def worst_lag(self, spectator: VirtualSpectator, after: float, until: float = float("inf")) -> float:
        """Seconds: how far it was behind the foremost player at most, between these times."""
        return max(lag for tick, lag in spectator.lag.items() if after <= tick / 10 < until)
