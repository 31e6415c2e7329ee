"""The conditions of the published Fortress Rollback figures, played by our sessions.

All peers step at the same instant, every 16 ms of virtual time; nobody stretches a frame. Each packet takes
RTT/2 plus uniform [0, jitter], drawn for itself, so packets may overtake; losses are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Final

from netcode.limits import LINK_ID_BYTES
from netcode.link import RemotePeer
from netcode.phases import Phase
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.weather import BadLink, Weather

STEP: Final = 0.016  # seconds between two steps
WINDOW: Final = 8  # ours: frames played on predictions
# They stall when the present is 8 past the number of the newest confirmed frame, we when 8 frames are
# unconfirmed: that is one frame more. Their 8 is this:
THEIR_WINDOW: Final = 7
FPS: Final = 63.0  # a little above 1 / STEP, so that in a stall every step is time to send again
INPUT: Final = 4  # bytes a player and frame
OPENING_STEPS: Final = 1000  # within which all links must have opened


@dataclass(frozen=True)
class Row:
    """The figures of the table. See docs/simulator.md for how each is counted."""

    rollbacks: float  # per 100 frames played
    p99_depth: int  # frames
    kib: float  # KiB a second that one player sends, message payloads
    mean_lag: float  # frames played and not confirmed
    max_lag: int
    stalls: float  # steps a minute in which one player played no frame


@dataclass(frozen=True)
class Conditions:
    name: str
    players: int
    loss: float  # share
    rtt_ms: float
    jitter_ms: float
    steps: int
    published: Row


LEDGER: Final = (
    Conditions("LAN", 2, 0.0, 10, 0, 1000, Row(0.10, 1, 4.73, 1.00, 2, 0)),
    Conditions("Wi-Fi", 2, 0.01, 50, 20, 1000, Row(66.65, 4, 5.24, 2.62, 8, 0)),
    Conditions("mobile", 2, 0.05, 100, 20, 1000, Row(71.06, 7, 5.86, 4.33, 8, 15)),
    Conditions("Wi-Fi", 4, 0.01, 50, 20, 1000, Row(97.23, 4, 17.78, 6.12, 8, 69.38)),
    Conditions("severe", 4, 0.15, 200, 20, 1000, Row(119.51, 6, 6.95, 6.69, 8, 2064)),
    Conditions("regional", 16, 0.01, 100, 20, 5000, Row(144.91, 4, 117.09, 7.39, 8, 1218)),
)


class Counter:
    """A simulation that only has a state: what is measured here is the netcode."""

    def __init__(self) -> None:
        self.state = 0

    def step(self, inputs: Sequence[bytes]) -> bytes:
        for data in inputs:
            self.state = (self.state * 31 + int.from_bytes(data, "little")) % 2**64
        return b""

    def capture(self) -> int:
        return self.state

    def restore(self, snapshot: int) -> None:
        self.state = snapshot

    def digest(self, snapshot: int | None = None) -> bytes:
        return (self.state if snapshot is None else snapshot).to_bytes(8, "little")

    def flatten(self, snapshot: int | None = None) -> dict[str, int]:
        return {"state": self.state if snapshot is None else snapshot}

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return len(data) == INPUT


class Bench:
    """One mesh of peers under one row's conditions."""

    def __init__(self, conditions: Conditions, window: int = WINDOW, seed: int = 1) -> None:
        self.conditions = conditions
        rng = Random(seed)
        players = range(conditions.players)
        pairs = [(a, b) for a in players for b in players if a != b]
        ids = {pair: rng.randbytes(LINK_ID_BYTES) for pair in pairs}
        # Weather draws jitter around its delay; uniform [0, j] is j/2 either way, j/2 later.
        half = conditions.jitter_ms / 2
        weather = Weather(conditions.rtt_ms / 2 + half, half, conditions.loss)
        self._ends = {link_id: pair for pair, link_id in ids.items()}
        self._links = {pair: BadLink(weather, Random(rng.random()), ordered=False) for pair in pairs}
        settings = MatchSettings(
            env="ledger", players=conditions.players, fps=FPS, input_delay=1, window=window, seed=seed
        )
        self._games = [Counter() for _ in players]
        self.sessions = [
            PlayerSession(
                settings,
                (slot,),
                [RemotePeer(f"player {b}", (b,), ids[slot, b], ids[b, slot]) for b in players if b != slot],
                [INPUT] * len(players),
                [bytes(INPUT)] * len(players),
                {"game": "ledger"},
                self._games[slot],
                0.0,
            )
            for slot in players
        ]
        self._step = 0
        self._depths: list[int] = []
        self._lags: list[int] = []
        self._frames = self._stalls = 0

    def run(self) -> Row:
        """Opens all links, then plays the row's steps and counts."""
        while any(session.phase is Phase.CONNECTING for session in self.sessions):
            assert self._step < OPENING_STEPS, "the links do not open"
            self._each(play=False)
        sent = self._bytes_sent()
        for _ in range(self.conditions.steps):
            self._each(play=True)
        assert all(session.phase is Phase.PLAYING for session in self.sessions)
        seconds = self.conditions.steps * STEP
        players = self.conditions.players
        depths = sorted(self._depths) or [0]
        return Row(
            rollbacks=100.0 * len(self._depths) / self._frames,
            p99_depth=depths[ceil(0.99 * len(depths)) - 1],
            kib=(self._bytes_sent() - sent) / 1024 / players / seconds,
            mean_lag=sum(self._lags) / len(self._lags),
            max_lag=max(self._lags),
            stalls=self._stalls / players / (seconds / 60),
        )

    def _bytes_sent(self) -> int:
        return sum(link.stats.bytes_out for session in self.sessions for link in session.links)

    def _each(self, play: bool) -> None:
        now = self._step * STEP
        self._step += 1
        for slot, session in enumerate(self.sessions):
            arrivals = [
                arrival
                for other in range(len(self.sessions))
                if other != slot
                for arrival in self._links[other, slot].take(now)
            ]
            session.receive(sorted(arrivals, key=lambda arrival: arrival[1]), now)
            if play:
                self._play(slot, session, now)
            for data in session.outgoing(now):
                self._links[self._ends[data[:LINK_ID_BYTES]]].put(data, now)

    def _play(self, slot: int, session: PlayerSession, now: float) -> None:
        if depth := session.reconcile():
            self._depths.append(depth)
        session.newly_confirmed()
        if session.wants_inputs:
            frame = session.input_frame
            session.add_local_inputs({slot: (frame * 16 + slot).to_bytes(INPUT, "little")})
        if session.advance(now):
            self._frames += 1
            # As they count: the present after the step, less the number of the newest confirmed frame.
            self._lags.append(session.frame - (session.confirmed - 1))
        else:
            self._stalls += 1
