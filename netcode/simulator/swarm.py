"""Plays scenarios and judges them: safety always, liveness after the healing time, and twice the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from netcode import limits
from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import Accused, EndReason
from netcode.link_watch import SEAT_TIMEOUT
from netcode.session import PlayerSession
from netcode.simulator import faults
from netcode.simulator.audience import VirtualSpectator, WatchedMatch
from netcode.simulator.authors import true_game
from netcode.simulator.broker import WitnessRules
from netcode.simulator.claims import claim, contradictions, unconfirmed
from netcode.simulator.even_pace import silent_for_long, slowdown_on, unevenness
from netcode.simulator.game import INPUT_BYTES, MixingGame
from netcode.simulator.hostile import Occasion, craft
from netcode.simulator.match import NOTHING_CONFIRMED, VirtualPeer
from netcode.simulator.queues import QueueWatch
from netcode.simulator.reference import first_frame_that_differs
from netcode.simulator.scenario import (
    BadWeather,
    Crash,
    Cut,
    Leave,
    Pause,
    Scenario,
    Trick,
    Unplug,
    Watch,
    slots_of,
)
from netcode.simulator.two_faces import tell, wrongly_blamed
from netcode.simulator.weather import Weather
from netcode.ties import WITNESS_TIMEOUT

CALM: Final = Weather(delay_ms=5.0)  # of every link from the healing time on
CATCHING_UP: Final = 3.0  # seconds after the healing within which the game must be under way again
PACE: Final = 0.5  # share of the frame rate that it must reach in those seconds
PER_FRAME: Final = 0.03  # seconds a frame may take on top of its length: lockstep over a calm link
ENDS_OF_SPLITS: Final = (  # where the players may be parted anywhere
    EndReason.FINISHED,
    EndReason.SPLIT,
    EndReason.DROPPED,
    EndReason.STOPPED,
    EndReason.LEFT,
)
CLOSING: Final = 5.0  # seconds for the last acks, on top of a disconnect timeout


@dataclass(frozen=True)
class Verdict:
    """What became of one scenario."""

    violations: tuple[str, ...]  # broken promises, in words
    history: bytes  # equal iff every packet, event and confirmed frame was
    frames: int = 0  # confirmed, of all peers
    rollbacks: int = 0
    packets_lost: int = 0
    packets_forged: int = 0
    split: int = 0  # peers that ended, as the others may have gone on without them


class SwarmMatch(WatchedMatch):
    """A virtual match under the faults of a scenario, looked at while it runs."""

    def __init__(
        self,
        scenario: Scenario,
        session_type: type[PlayerSession] = PlayerSession,
        guarded: bool = True,
        witness: Callable[[], WitnessRules] | None = None,
    ) -> None:
        """`guarded`: look at every peer after every tick; a second play of the same need not be. `witness`:
        the broker's rules for splits, where the scenario has a witness."""
        settings = scenario.settings
        self._guarded = guarded
        self.scenario = scenario
        self.violations: list[str] = []
        self.forged = 0
        self._lost_in_cuts = 0
        self._hasher = blake2b(digest_size=16)
        self._queues = QueueWatch(settings, INPUT_BYTES)
        self._cuts = faults.cuts(scenario)
        self._tricks: dict[int, list[Trick]] = {}
        for fault in scenario.faults:
            if isinstance(fault, Trick):
                self._tricks.setdefault(fault.slot, []).append(fault)
        super().__init__(
            settings,
            CALM,
            [faults.seat(fault) for fault in scenario.faults if isinstance(fault, Watch)],
            faults={slot: faults.process_faults(scenario, slot) for slot in range(settings.opening_players)},
            hold=scenario.hold,
            ordered=scenario.ordered,
            session_type=session_type,
            brittle=scenario.brittle,
            forgetful=scenario.forgetful,
        )
        for fault in scenario.faults:
            if isinstance(fault, BadWeather):
                self.links[fault.source, fault.target].weather = fault.weather
        for spectator in self.spectators:
            self._share_weather(spectator)
        for slot in settings.open_from_start:
            self._expect_back(slot, faults.process_faults(scenario, slot))
        self.broker = None if settings.witness == "none" else faults.broker(scenario, witness, CALM)

    @property
    def packets_lost(self) -> int:
        return self._lost_in_cuts + sum(link.lost for link in self.links.values())

    def play(self) -> None:
        """Faults, healing, and on to the end."""
        scenario, settings = self.scenario, self.settings
        for leave in sorted(
            (fault for fault in scenario.faults if isinstance(fault, Leave)), key=lambda leave: leave.at
        ):
            self.run(leave.at)
            if self.peers[leave.slot].alive:
                self.peers[leave.slot].session.stop("had enough")
        self.run(scenario.heals_at)
        self._heal()
        before = [peer.session.confirmed for peer in self.peers]
        self.run(scenario.heals_at + CATCHING_UP)
        self._expect_progress(before)
        for peer, what in unevenness(self, scenario):
            self._violated(peer, what)
        slowest = max(peer.faults.clock_rate for peer in self.peers)
        per_frame = slowest * 1.1 / settings.fps + PER_FRAME
        waits = settings.disconnect_timeout * (1 + len(scenario.departures))
        waits += WITNESS_TIMEOUT + SEAT_TIMEOUT if scenario.may_split else 0.0
        self.run(scenario.heals_at + settings.frames * per_frame + waits + CLOSING)
        self._expect_the_end()

    def history(self) -> bytes:
        """A digest of everything that was sent, told and confirmed."""
        for peer in self.peers:
            said = (peer.confirmed, peer.events, peer.depths, peer.session.stats, peer.session.stalls.seconds)
            self._hasher.update(repr(said).encode())
        for spectator in self.spectators:
            self._hasher.update(repr((spectator.seen, spectator.events)).encode())
        return self._hasher.digest()

    # ------------------------------------------------------------- faults

    def _share_weather(self, spectator: VirtualSpectator) -> None:
        """Who watches through a player has the weather of a link of that player."""
        for (source, target), link in self.links.items():
            if spectator.number in (source, target):
                host = min(source, target)
                link.weather = self.links[host, (host + 1) % self.settings.players].weather

    def _heal(self) -> None:
        for link in self.links.values():
            link.weather = CALM
        self._tricks.clear()

    def _send(self, peer: VirtualPeer, packets: Sequence[bytes]) -> None:
        tricks = self._tricks.get(peer.slot, ())
        for data in packets:
            source, target = self._ends[data[: limits.LINK_ID_BYTES]]
            lie = self.scenario.lie
            told = tell(data, target, lie) if lie is not None and lie.slot == source else data
            if told is not None:
                self._put(source, target, told)
            if tricks:
                for forged in self._forge(peer, data, tricks):
                    self._put(source, target, forged)

    def _forge(self, peer: VirtualPeer, data: bytes, tricks: Sequence[Trick]) -> Iterator[bytes]:
        """What a hostile peer sends after the packet `data` of its own."""
        links = peer.session.links
        link = next((one for one in links if one.remote.link_out == data[: limits.LINK_ID_BYTES]), None)
        for trick in tricks:
            if link is not None and peer.rng.random() < trick.share:
                others = [
                    link_id
                    for other in links
                    for link_id in (other.remote.link_in, other.remote.link_out)
                    if link_id != link.remote.link_out
                ]
                forged = craft(trick.name, Occasion(data, link, tuple(others), peer.said, peer.rng))
                if forged is not None:
                    self.forged += 1
                    yield forged

    def _put(self, source: int, target: int, data: bytes) -> None:
        self._hasher.update(data)
        for cut in self._cuts.get((source, target), ()):
            if cut.at <= self.now < cut.at + cut.seconds:
                self._lost_in_cuts += 1
                return
        self.links[source, target].put(data, self.now)

    # ------------------------------------------------------------- watching

    def _joined(self, peer: VirtualPeer) -> None:
        if self.broker is not None:
            self.broker.admit(peer.number)

    def _tick(self, peer: VirtualPeer) -> float:
        if self.broker is not None:
            self.broker.serve(peer, self.now)
        if not self._guarded or self._is_two_faced(peer.slot):
            return super()._tick(peer)
        game = peer.game
        assert isinstance(game, MixingGame)
        restores, failures = game.restores, game.failures
        judged = peer.session.judges_itself
        length = super()._tick(peer)
        if game.restores - restores > 1 + game.failures - failures + 2 * judged:
            self._violated(peer, f"{game.restores - restores} rollbacks in one tick")
        ahead = peer.session.frame - peer.session.confirmed
        if ahead > self.settings.window:
            self._violated(peer, f"{ahead} frames past the confirmed")
        if overgrown := self._queues.overgrown(peer.session):
            self._violated(peer, overgrown)
        return length

    def _violated(self, peer: VirtualPeer, what: str) -> None:
        if len(self.violations) < 20:
            self.violations.append(f"slot {peer.slot} at {self.now:.3f} s: {what}")

    def _expect_progress(self, before: Sequence[int]) -> None:
        slowest = max(peer.faults.clock_rate for peer in self.peers)
        due = int(CATCHING_UP * PACE * self.settings.fps / slowest / slowdown_on(self.scenario))
        for peer, confirmed in zip(self.peers, before, strict=False):
            target = min(confirmed + due, self.settings.frames)
            others = self.scenario.departures or self.scenario.lie or self.scenario.may_split
            if peer.alive and not others and peer.session.confirmed < target:
                got = peer.session.confirmed - confirmed
                self._violated(peer, f"only {got} frames in {CATCHING_UP:g} s after the healing")

    def faults_found(self) -> list[str]:
        """Where drops are survived, the true game is that of those who played on."""
        if self.scenario.lie is not None:
            return wrongly_blamed(self.peers, self.scenario.lie)
        if not self.scenario.survives_drops:
            true, found = self._reference() if self.spectators else [], super().faults_found()
            if self.scenario.departures:  # perhaps before it had begun
                found = [one for one in found if one != NOTHING_CONFIRMED]
            return found + self._seen_otherwise(true)
        found = contradictions(self.peers) + unconfirmed(self.peers)
        witness = max(self._from_the_start(), key=lambda peer: len(claim(peer)))
        if witness.reason is not EndReason.FINISHED and not self.scenario.may_split:
            return found if self._never_began() else [*found, "nobody played to the end"]
        true = true_game(self, witness)[: len(claim(witness))]
        for peer in self.peers:
            if first_frame_that_differs(claim(peer), true) is not None:
                found.append(f"peer {peer.number}, slot {peer.slot}: confirmed another game")
            if max(peer.depths, default=0) > self.settings.window:
                found.append(f"peer {peer.number}: rolled back {max(peer.depths)} frames")
        return found + self._seen_otherwise(true)

    def _seen_otherwise(self, true: Sequence[ConfirmedFrame]) -> list[str]:
        """Spectators that saw another game than the true one."""
        return [
            f"spectator {spectator.number}: saw another game"
            for spectator in self.spectators
            if first_frame_that_differs(spectator.seen, true) is not None
        ]

    def _from_the_start(self) -> list[VirtualPeer]:
        return self.peers[: self.settings.opening_players]

    def _expect_survivors(self) -> None:
        """Whom nothing befell has finished, and so has who came back in time and stayed."""
        if self._never_began():
            return
        lost = {fault.slot for fault in self.scenario.departures} | silent_for_long(self.scenario)
        for peer in self.peers:
            came_back = peer.number >= self.settings.opening_players
            befell = peer.faults.crashes_at < float("inf") if came_back else peer.slot in lost
            if not befell and peer.reason is not EndReason.FINISHED:
                self._violated(peer, f"did not finish: {self._how_it_ended(peer)}")
            elif befell and peer.alive:
                self._violated(peer, f"never ended: {self._how_it_ended(peer)}")

    def _never_began(self) -> bool:
        """Has somebody died before all had met it, or anybody had, and do all the others say so?"""
        gone = [fault.slot for fault in self.scenario.departures if isinstance(fault, Crash)]
        others = [peer for peer in self.peers if peer.slot not in gone]
        ways = ("never came",) if len(others) > 1 else ("never came", "was lost")  # one alone begins nothing
        names = [f"player {slot} {way}" for slot in gone for way in ways]
        return all(any(name in self._how_it_ended(peer) for name in names) for peer in others)

    def _expect_all_ended(self) -> None:
        """Who may not play on is told so; and more than half of the players, untroubled, play to the end."""
        fine = untroubled(self.scenario)
        for peer in self.peers:
            began = peer.number < self.settings.opening_players
            allowed = ENDS_OF_SPLITS if began else (*ENDS_OF_SPLITS, EndReason.LOST)
            if peer.alive or (peer.faults.crashes_at == float("inf") and peer.reason not in allowed):
                self._violated(peer, f"ended wrongly: {self._how_it_ended(peer)}")
            elif peer.slot in fine and began and peer.reason is not EndReason.FINISHED:
                self._violated(peer, f"more than half were here: {self._how_it_ended(peer)}")

    def _how_it_ended(self, peer: VirtualPeer) -> str:
        session = peer.session
        return str(session.ending or f"still {session.phase.name} at frame {session.frame}")

    def _expect_spectators(self) -> None:
        """Who watches through somebody who has played to the end has seen all of it."""
        finished = {peer.slot for peer in self._from_the_start() if peer.reason is EndReason.FINISHED}
        watches = [fault for fault in self.scenario.faults if isinstance(fault, Watch)]
        for watch, spectator in zip(watches, self.spectators, strict=True):
            what = f"spectator {spectator.number}"
            # Where players are parted anywhere, a source may be let go of before it is the one that goes on.
            certain = watch.crashes_at is None and not self.scenario.may_split
            if certain and finished & set(watch.through):
                if spectator.reason is not EndReason.FINISHED:
                    self.violations.append(f"{what} did not see the end: {spectator.session.ending}")
                elif len(spectator.seen) != self.settings.frames:
                    self.violations.append(f"{what} saw {len(spectator.seen)} frames")
            if spectator.session.reader.stats.rejected:
                self.violations.append(f"{what} rejected {spectator.session.reader.stats.rejections}")

    def _expect_the_end(self) -> None:
        """Everybody alive has ended, for a reason that this scenario allows."""
        self._expect_honest_packets()
        if self.scenario.lie is not None:
            return  # see faults_found
        self._expect_spectators()
        if self.scenario.may_split:
            self._expect_all_ended()
            return
        if self.scenario.survives_drops:
            self._expect_survivors()
            return
        leavers = {fault.slot for fault in self.scenario.departures if isinstance(fault, Leave)}
        crashed = {fault.slot for fault in self.scenario.departures if isinstance(fault, Crash)}
        for peer in self.peers:
            allowed = {EndReason.FINISHED}
            if peer.slot in leavers:
                allowed = {EndReason.STOPPED}
            elif self.scenario.departures:
                allowed = {EndReason.LOST, EndReason.LEFT}
            if peer.slot not in crashed and peer.reason not in allowed:
                self._violated(peer, f"ended wrongly: {self._how_it_ended(peer)}")
            elif peer.reason in (EndReason.LOST, EndReason.LEFT):
                names = [f"player {fault.slot} " for fault in self.scenario.departures]
                if not any(name in self._how_it_ended(peer) for name in names):
                    self._violated(peer, f"names another than {names}: {self._how_it_ended(peer)}")

    def _expect_honest_packets(self) -> None:
        for peer in self.peers:
            for link in peer.session.links if not self._is_two_faced(peer.slot) else ():
                other = link.remote.slots[0]
                if link.stats.rejected and not self._is_hostile(other):
                    self._violated(peer, f"rejected honest packets of slot {other}: {link.stats.rejections}")
            for event in peer.events:
                if isinstance(event, Accused) and not any(map(self._is_hostile, range(len(self.peers)))):
                    self._violated(peer, f"accused an honest peer: {event.text}")

    def _is_hostile(self, slot: int) -> bool:
        tricks = any(isinstance(fault, Trick) and fault.slot == slot for fault in self.scenario.faults)
        return tricks or self._is_two_faced(slot)

    def _is_two_faced(self, slot: int) -> bool:
        return self.scenario.lie is not None and self.scenario.lie.slot == slot


def untroubled(scenario: Scenario) -> set[int]:
    """Slots of whom nothing befell, if they are more than half of those who began; else none."""
    if any(isinstance(fault, Cut | Unplug) for fault in scenario.faults):
        return set()  # of two who do not hear each other, either may be dropped
    troubles = (Pause, Crash, Leave)
    touched = {slot for fault in scenario.faults if isinstance(fault, troubles) for slot in slots_of(fault)}
    fine = set(range(scenario.settings.opening_players)) - touched
    return fine if 2 * len(fine) > scenario.settings.opening_players else set()


def judge(
    scenario: Scenario,
    session_type: type[PlayerSession] = PlayerSession,
    times: int = 2,
    witness: Callable[[], WitnessRules] | None = None,
) -> Verdict:
    """Plays the scenario `times` times: every play must be free of violations, and like the first. `witness`
    as in `SwarmMatch`."""
    first = _judge_once(scenario, session_type, witness)
    for _ in range(times - 1):
        if first.violations:
            break
        if _history(scenario, session_type, witness) != first.history:
            return Verdict(("played twice, and not the same",), first.history)
    return first


def _judge_once(
    scenario: Scenario, session_type: type[PlayerSession], witness: Callable[[], WitnessRules] | None
) -> Verdict:
    match = SwarmMatch(scenario, session_type, witness=witness)
    try:
        match.play()
    except Exception as error:  # whatever a session raises is a finding, and must name its seed
        return Verdict((f"at {match.now:.3f} s: {type(error).__name__}: {error}",), b"")
    frames = sum(len(peer.confirmed) for peer in match.peers)
    return Verdict(
        tuple(match.violations + match.faults_found()),
        match.history(),
        frames,
        sum(len(peer.depths) for peer in match.peers),
        match.packets_lost,
        match.forged,
        sum(peer.reason in (EndReason.SPLIT, EndReason.DROPPED) for peer in match.peers),
    )


def _history(
    scenario: Scenario, session_type: type[PlayerSession], witness: Callable[[], WitnessRules] | None
) -> bytes:
    """Of one more play. It needs no judging: if it is the same, it is as good as the first."""
    match = SwarmMatch(scenario, session_type, guarded=False, witness=witness)
    try:
        match.play()
    except Exception:
        return b""  # the first play raised nothing
    return match.history()
