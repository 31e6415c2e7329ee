"""A match in virtual time that is watched: spectators come late, lose their sources, watch through others."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netcode import limits
from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import EndReason, SpectatorEvent
from netcode.feeding import Feeder
from netcode.settings import MatchSettings
from netcode.simulator.game import INPUT_BYTES, MixingGame
from netcode.simulator.match import FAREWELLS, FEED_LINGER, FINGERPRINT, Faults, VirtualMatch, after_pauses
from netcode.simulator.weather import Weather
from netcode.sources import Source
from netcode.spectator import SpectatorSession

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
        seats: Sequence[Seat] = (),
        *,
        most: int = 16,
        **more: object,
    ) -> None:
        """`most` watch through one player at once; `more` is for VirtualMatch."""
        super().__init__(settings, weather, **more)  # type: ignore[arg-type]
        self.feeder_places = most
        self.spectators: list[VirtualSpectator] = []
        self._ended_at: dict[int, float] = {}
        for number, seat in enumerate(seats, settings.players):
            self._seat(number, seat)

    def _seat(self, number: int, seat: Seat) -> None:
        sources = []
        for other in seat.sources:
            for pair in ((number, other), (other, number)):
                self._connect(pair)
            out, back = self._link_ids(number, other)
            sources.append(Source(f"process {other}", out, back))
            self._feeder_of(other).welcome(f"spectator {number}", back, out, 0.0)
        settings = self.settings
        game = WrongGame(settings.players, settings.seed, seat.plays_wrong_from)
        sizes = [INPUT_BYTES] * settings.players
        session = SpectatorSession(settings, sources, sizes, seat.fingerprint, game, seat.faults.starts_at)
        spectator = VirtualSpectator(number, session, game, seat.faults)
        self.spectators.append(spectator)
        self._look_in(spectator, seat.faults.starts_at)

    def _feeder_of(self, number: int) -> Feeder:
        players = self.settings.players
        if number < players:
            return self._feeder_for(self.peers[number])
        return self.spectators[number - players].session.feeder

    # ------------------------------------------------------------- running

    def _look_in(self, spectator: VirtualSpectator, when: float) -> None:
        """Its next turn. On the agenda players have numbers from 0 up, and spectators below."""
        heapq.heappush(self._agenda, (when, next(self._order), self.settings.players - 1 - spectator.number))

    def _run_process(self, number: int) -> None:
        if number >= 0:
            super()._run_process(number)
            return
        spectator = self.spectators[-1 - number]
        if self.now >= spectator.faults.crashes_at:
            spectator.alive = False
            return
        took = self._watch(spectator)
        if spectator.alive:
            self._look_in(spectator, after_pauses(spectator.faults, self.now + took))

    def _watch(self, spectator: VirtualSpectator) -> float:
        """One turn of a spectator, in the order that real ones keep. Returns the seconds it takes."""
        session, before = spectator.session, spectator.game.steps
        session.receive(self._arrivals(spectator.number), self.now)
        replay_s = spectator.faults.replay_s
        spectator.seen += session.play(int(SLICE_SECONDS / replay_s) if replay_s else SLICE)
        self._post(session.outgoing(self.now))
        spectator.events += session.events()
        played = max(len(peer.confirmed) for peer in self.peers)
        tick, lag = int(self.now * 10), (played - session.frame) / self.settings.fps
        spectator.lag[tick] = max(lag, spectator.lag.get(tick, 0.0))
        if session.ending is not None and self._is_done(spectator):
            spectator.alive = False
            for _ in range(FAREWELLS):
                self._post(session.farewells())
        took = 0.0 if session.live else (spectator.game.steps - before) * replay_s
        return max(session.pace(), took)

    def _is_done(self, spectator: VirtualSpectator) -> bool:
        """It has seen the end; who watches through it may lack something yet."""
        since = self._ended_at.setdefault(spectator.number, self.now)
        return spectator.session.feeder.deserted or self.now - since >= FEED_LINGER

    def _post(self, packets: Sequence[bytes]) -> None:
        for data in packets:
            source, target = self._ends[data[: limits.LINK_ID_BYTES]]
            self._put(source, target, data)

    # ------------------------------------------------------------- judging

    def worst_lag(self, spectator: VirtualSpectator, after: float, until: float = float("inf")) -> float:
        """Seconds: how far it was behind the foremost player at most, between these times."""
        return max(lag for tick, lag in spectator.lag.items() if after <= tick / 10 < until)
