"""Plays scenarios and judges them: safety always, liveness after the healing time, and twice the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

from netcode import limits
from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import Accused, EndReason
from netcode.session import PlayerSession
from netcode.simulator.audience import Seat, VirtualSpectator, WatchedMatch
from netcode.simulator.authors import true_game
from netcode.simulator.even_pace import slowdown_on, slowness, unevenness
from netcode.simulator.game import INPUT_BYTES, MixingGame
from netcode.simulator.hostile import Occasion, craft
from netcode.simulator.match import NOTHING_CONFIRMED, Faults, VirtualPeer
from netcode.simulator.queues import QueueWatch
from netcode.simulator.scenario import (
    BadWeather,
    ClockRate,
    Crash,
    Cut,
    LateStart,
    Leave,
    Pause,
    Return,
    Scenario,
    Slow,
    Trick,
    Unplug,
    Watch,
)
from netcode.simulator.two_faces import tell, wrongly_blamed
from netcode.simulator.weather import Weather

CALM: Final = Weather(delay_ms=5.0)  # of every link from the healing time on
CATCHING_UP: Final = 3.0  # seconds after the healing within which the game must be under way again
PACE: Final = 0.5  # share of the frame rate that it must reach in those seconds
PER_FRAME: Final = 0.03  # seconds a frame may take on top of its length: lockstep over a calm link
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


class SwarmMatch(WatchedMatch):
    """A virtual match under the faults of a scenario, looked at while it runs."""

    def __init__(
        self, scenario: Scenario, session_type: type[PlayerSession] = PlayerSession, guarded: bool = True
    ) -> None:
        """`guarded`: look at every peer after every tick; a second play of the same need not be."""
        settings = scenario.settings
        self._guarded = guarded
        self.scenario = scenario
        self.violations: list[str] = []
        self.forged = 0
        self._lost_in_cuts = 0
        self._hasher = blake2b(digest_size=16)
        self._queues = QueueWatch(settings, INPUT_BYTES)
        self._cuts: dict[tuple[int, int], list[Cut]] = {}
        self._tricks: dict[int, list[Trick]] = {}
        for fault in scenario.faults:
            if isinstance(fault, Cut):
                self._cuts.setdefault((fault.source, fault.target), []).append(fault)
            elif isinstance(fault, Unplug):
                for other in set(range(settings.players)) - {fault.slot}:
                    for source, target in ((fault.slot, other), (other, fault.slot)):
                        cut = Cut(source=source, target=target, at=fault.at, seconds=fault.seconds)
                        self._cuts.setdefault((source, target), []).append(cut)
            elif isinstance(fault, Trick):
                self._tricks.setdefault(fault.slot, []).append(fault)
        super().__init__(
            settings,
            CALM,
            [_seat(fault) for fault in scenario.faults if isinstance(fault, Watch)],
            faults={slot: _process_faults(scenario, slot) for slot in range(settings.players)},
            hold=scenario.hold,
            ordered=scenario.ordered,
            session_type=session_type,
            brittle=scenario.brittle,
        )
        for fault in scenario.faults:
            if isinstance(fault, BadWeather):
                self.links[fault.source, fault.target].weather = fault.weather
        for spectator in self.spectators:
            self._share_weather(spectator)

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

    def _tick(self, peer: VirtualPeer) -> float:
        if not self._guarded or self._is_two_faced(peer.slot):
            return super()._tick(peer)
        game = peer.game
        assert isinstance(game, MixingGame)
        restores, failures = game.restores, game.failures
        length = super()._tick(peer)
        if game.restores - restores > 1 + game.failures - failures:
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
            others = self.scenario.departures or self.scenario.lie
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
        witness = next((one for one in self._from_the_start() if one.reason is EndReason.FINISHED), None)
        if witness is None:
            return [] if self._never_began() else ["nobody played to the end"]
        true, found = true_game(self, witness), []
        for peer in self.peers:
            whole = peer.reason is EndReason.FINISHED
            played = peer.confirmed if whole else peer.confirmed[: peer.session.final]
            if played != (true if whole else true[: len(played)]):
                found.append(f"peer {peer.number}, slot {peer.slot}: confirmed another game")
            if max(peer.depths, default=0) > self.settings.window:
                found.append(f"peer {peer.number}: rolled back {max(peer.depths)} frames")
        return found + self._seen_otherwise(true)

    def _seen_otherwise(self, true: Sequence[ConfirmedFrame]) -> list[str]:
        """Spectators that saw another game than the true one."""
        return [
            f"spectator {spectator.number}: saw another game"
            for spectator in self.spectators
            if spectator.seen != list(true[: len(spectator.seen)])
        ]

    def _from_the_start(self) -> list[VirtualPeer]:
        return self.peers[: self.settings.players]

    def _expect_survivors(self) -> None:
        """Whom nothing befell has finished, and so has who came back in time and stayed."""
        if self._never_began():
            return
        lost = {fault.slot for fault in self.scenario.departures}
        for peer in self.peers:
            came_back = peer.number >= self.settings.players
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

    def _how_it_ended(self, peer: VirtualPeer) -> str:
        session = peer.session
        return str(session.ending or f"still {session.phase.name} at frame {session.frame}")

    def _expect_spectators(self) -> None:
        """Who watches through somebody who has played to the end has seen all of it."""
        finished = {peer.slot for peer in self._from_the_start() if peer.reason is EndReason.FINISHED}
        watches = [fault for fault in self.scenario.faults if isinstance(fault, Watch)]
        for watch, spectator in zip(watches, self.spectators, strict=True):
            what = f"spectator {spectator.number}"
            if watch.crashes_at is None and finished & set(watch.through):
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


def judge(scenario: Scenario, session_type: type[PlayerSession] = PlayerSession, times: int = 2) -> Verdict:
    """Plays the scenario `times` times: every play must be free of violations, and like the first."""
    first = _judge_once(scenario, session_type)
    for _ in range(times - 1):
        if first.violations:
            break
        if _history(scenario, session_type) != first.history:
            return Verdict(("played twice, and not the same",), first.history)
    return first


def _judge_once(scenario: Scenario, session_type: type[PlayerSession]) -> Verdict:
    match = SwarmMatch(scenario, session_type)
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
    )


def _history(scenario: Scenario, session_type: type[PlayerSession]) -> bytes:
    """Of one more play. It needs no judging: if it is the same, it is as good as the first."""
    match = SwarmMatch(scenario, session_type, guarded=False)
    try:
        match.play()
    except Exception:
        return b""  # the first play raised nothing
    return match.history()


def _seat(watch: Watch) -> Seat:
    gone = float("inf") if watch.crashes_at is None else watch.crashes_at
    return Seat(watch.through, Faults(starts_at=watch.at, crashes_at=gone))


def _process_faults(scenario: Scenario, slot: int) -> Faults:
    """The part of the faults that the virtual match itself plays."""
    starts_at, rate = 0.0, 1.0
    pauses: dict[float, float] = {}
    crashes, returns, slow = [], [], []
    for fault in scenario.faults:
        match fault:
            case Pause() if fault.slot == slot:
                pauses[fault.at] = max(fault.seconds, pauses.get(fault.at, 0.0))
            case ClockRate() if fault.slot == slot:
                rate = fault.rate
            case Slow() if fault.slot == slot:
                slow.append(slowness(fault, scenario.settings.fps))
            case LateStart() if fault.slot == slot:
                starts_at = fault.seconds
            case Crash() if fault.slot == slot:
                crashes.append(fault.at)
            case Return() if fault.slot == slot:
                returns.append(fault.at)
            case _:
                pass
    lives = _lives(sorted(crashes), sorted(returns))
    return replace(lives, starts_at=starts_at, clock_rate=rate, pauses=pauses, slow=slow)


def _lives(crashes: Sequence[float], returns: Sequence[float]) -> Faults:
    """One process after the other, each until its crash."""
    if not crashes:
        return Faults()
    back = [at for at in returns if at > crashes[0]]
    then = _lives([at for at in crashes if back and at > back[0]], back[1:]) if back else None
    return Faults(crashes_at=crashes[0], returns_at=back[0] if back else float("inf"), then=then)
