"""The broker of a virtual match, as the witness of its splits: out of reach, dead, started anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from netcode.simulator.match import VirtualPeer
from netcode.simulator.weather import BadLink, Weather
from netcode.ties import Tie
from netcode.wire.lobby import decode_lobby, encode_lobby
from netcode.wire.testimony import AskWitness, WitnessWord

MATCH: Final = "virtual"
ASK_AGAIN: Final = 0.1  # seconds until a peer repeats its question


class WitnessRules(Protocol):
    """What names one of two halves: `broker.witness.Witness`, which this package may not import."""

    def made(self, match_id: str, members: set[bytes]) -> None: ...
    def admit(self, match_id: str, member: bytes) -> None: ...
    def judge(self, asked: AskWitness) -> WitnessWord: ...


@dataclass(frozen=True)
class Absence:
    """Nobody of `slots` reaches the broker from `start` to `end` (virtual seconds)."""

    slots: frozenset[int]
    start: float
    end: float


@dataclass(frozen=True)
class Stop:
    """The broker's process ends at `start`; one that knows of no match takes its place at `end`."""

    start: float
    end: float


class VirtualBroker:
    """Serves each peer in the peer's own turn."""

    def __init__(
        self,
        rules: Callable[[], WitnessRules],
        players: int,
        weather: Weather,
        rng: Random,
        absences: Sequence[Absence] = (),
        stops: Sequence[Stop] = (),
    ) -> None:
        """`players`: how many begin the match."""
        self._rules = rules
        self._witness = rules()
        self._witness.made(MATCH, {_member(number) for number in range(players)})
        self._weather, self._rng = weather, rng
        self.absences = list(absences)
        self.stops = sorted(stops, key=lambda stop: stop.end)
        self._links: dict[int, tuple[BadLink, BadLink]] = {}  # by number of the peer: to the broker, and back
        self._asked_at: dict[int, float] = {}

    def admit(self, number: int) -> None:
        """A new process comes into a slot."""
        self._witness.admit(MATCH, _member(number))

    def serve(self, peer: VirtualPeer, now: float) -> None:
        """A peer's turn: it may ask, the broker answers whatever has arrived, the peer takes its answers."""
        self._ask(peer, now)
        for number, (to, back) in self._links.items():
            for data, _ in to.take(now):
                asked = decode_lobby(data)
                if isinstance(asked, AskWitness) and self._is_up(now):
                    back.put(encode_lobby(self._witness.judge(asked)), now)
            if number == peer.number:
                self._answer(peer, back, now)

    def _ask(self, peer: VirtualPeer, now: float) -> None:
        question = peer.session.question
        if question is None or now - self._asked_at.get(peer.number, float("-inf")) < ASK_AGAIN:
            return
        self._asked_at[peer.number] = now
        if peer.number not in self._links:
            there, back = (BadLink(self._weather, Random(self._rng.random())) for _ in range(2))
            self._links[peer.number] = there, back
        if self._reaches(peer.slot, now):
            here, lost = tuple(sorted(question.here)), tuple(sorted(question.lost))
            asked = AskWitness(_member(peer.number), MATCH, here, lost)
            self._links[peer.number][0].put(encode_lobby(asked), now)

    def _answer(self, peer: VirtualPeer, back: BadLink, now: float) -> None:
        for data, _ in back.take(now):
            word = decode_lobby(data)
            if isinstance(word, WitnessWord) and self._reaches(peer.slot, now):
                tie = Tie(frozenset(word.here), frozenset(word.lost))
                peer.session.testimony(tie, word.granted, word.why_not)

    def _is_up(self, now: float) -> bool:
        while self.stops and self.stops[0].end <= now:
            del self.stops[0]
            self._witness = self._rules()
        return not any(stop.start <= now for stop in self.stops)

    def _reaches(self, slot: int, now: float) -> bool:
        return not any(slot in gone.slots and gone.start <= now < gone.end for gone in self.absences)


def _member(number: int) -> bytes:
    return b"member %9d" % number
