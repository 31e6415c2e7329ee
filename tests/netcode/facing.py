"""Sessions facing each other in memory: every packet passes through the test's hands."""

from __future__ import annotations

from collections.abc import Callable

from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import Event
from netcode.link import Link, RemotePeer
from netcode.phases import Phase
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame

FRAME = 1 / 60
Keep = Callable[[int, int, bytes], bool]  # sender, receiver, packet -> does it arrive?


def receiver(data: bytes) -> int:
    """To whom a packet goes: its link id says it."""
    return data[7]


def link_id(sender: int, receiver: int) -> bytes:
    return b"link" + bytes([0, sender, 0, receiver])


def match_settings(**values: object) -> MatchSettings:
    return MatchSettings.parse({"env": "mixing", "seed": 5, "digest_interval": 10} | values)


class Side:
    """One peer, ticked by hand."""

    def __init__(self, slot: int, settings: MatchSettings, fingerprint: dict[str, str], now: float) -> None:
        self.slot = slot
        self.game = MixingGame(settings.players, settings.seed)
        self.inbox: list[tuple[bytes, float]] = []
        self.confirmed: list[ConfirmedFrame] = []
        self.events: list[Event] = []
        self.said: dict[int, int] = {}
        others = [other for other in range(settings.players) if other != slot]
        self.session = PlayerSession(
            settings,
            (slot,),
            [RemotePeer(f"player {o}", (o,), link_id(slot, o), link_id(o, slot)) for o in others],
            [1] * settings.players,
            [bytes(1)] * settings.players,
            fingerprint,
            self.game,
            now,
        )

    @property
    def link(self) -> Link:
        return self.session.links[0]

    def press(self, frame: int) -> int:
        """A new input every frame, and never the same as before: every prediction is wrong."""
        return (frame * (self.slot + 3) + self.slot) % 7

    def tick(self, now: float) -> list[tuple[int, bytes]]:
        """One frame in the order of law 2. Returns (receiver, packet)."""
        session = self.session
        session.receive(self.inbox, now)
        self.inbox = []
        session.reconcile()
        self.confirmed += session.newly_confirmed()
        if session.wants_inputs:
            frame = session.input_frame
            self.said[frame] = self.press(frame)
            session.add_local_inputs({self.slot: bytes([self.said[frame]])})
        session.advance(now)
        packets = session.outgoing(now)
        self.events += session.events()
        if session.phase is Phase.ENDED:
            packets += session.farewells()
        return [(receiver(data), data) for data in packets]


class Facing:
    """A match of sides that tick in turn; what one sends reaches the others at their next tick."""

    def __init__(
        self,
        fingerprints: dict[int, dict[str, str]] | None = None,
        others: dict[int, dict[str, object]] | None = None,
        **values: object,
    ) -> None:
        """`fingerprints` and `others` (settings) differ for the sides named."""
        self.now = 0.0
        self.latency = 0.0  # seconds, less than a frame: packets are drained a frame later in any case
        self.dead: set[int] = set()
        given, prints = others or {}, fingerprints or {}
        players = match_settings(**values).players
        self.sides = [
            Side(slot, match_settings(**(values | given.get(slot, {}))), prints.get(slot, {"game": "1"}), 0.0)
            for slot in range(players)
        ]

    def __getitem__(self, slot: int) -> Side:
        return self.sides[slot]

    def run(self, ticks: int, keep: Keep = lambda sender, receiver, data: True) -> Facing:
        for _ in range(ticks):
            self.now += FRAME
            living = [s for s in self.sides if s.slot not in self.dead and s.session.phase is not Phase.ENDED]
            sent = [(side.slot, receiver, data) for side in living for receiver, data in side.tick(self.now)]
            for sender, receiver, data in sent:
                if keep(sender, receiver, data):
                    self.sides[receiver].inbox.append((data, self.now + self.latency))
        return self

    def stop(self, slot: int, text: str = "stopped here") -> None:
        """This side leaves, and says so."""
        session = self.sides[slot].session
        session.stop(text)
        self.sides[slot].events += session.events()
        for data in session.farewells():
            self.sides[receiver(data)].inbox.append((data, self.now))

    def reasons(self) -> list[str | None]:
        return [side.session.ending and side.session.ending.reason.value for side in self.sides]


def nothing_arrives(sender: int, receiver: int, data: bytes) -> bool:
    return False


def truth(match: Facing) -> list[tuple[tuple[bytes, ...], bytes]]:
    """Inputs and outcomes of a straight play of what was said, as far as all said it."""
    sides = match.sides
    settings = sides[0].session.settings
    frames = min(max(side.said, default=-1) for side in sides) + 1
    game = MixingGame(settings.players, settings.seed)
    played = []
    for frame in range(frames):
        inputs = tuple(bytes([side.said.get(frame, 0)]) for side in sides)
        played.append((inputs, game.step(inputs)))
    return played


def agrees_with_truth(match: Facing, slot: int) -> bool:
    confirmed = [(frame.inputs, frame.outcome) for frame in match[slot].confirmed]
    return bool(confirmed) and confirmed == truth(match)[: len(confirmed)]
