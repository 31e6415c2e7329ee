"""The session's watch over digests: keeps evidence, opens cases, and says when the match ends."""

from __future__ import annotations

from collections.abc import Sequence

from netcode import limits
from netcode.desync.blame import Blame, blame
from netcode.desync.case import Case
from netcode.desync.evidence import Confirmed, Evidence
from netcode.desync.verdicts import UNKNOWN, Outcome
from netcode.digests import OwnDigests
from netcode.errors import RemoteProtocolError
from netcode.events import Desync
from netcode.link import Link
from netcode.rollback import Rollback
from netcode.settings import MatchSettings
from netcode.simulation import Simulation, Snapshot, readable_state
from netcode.wire.desync_packets import Ask, DesyncPacket, Judged


class DesyncWatch:
    """One a session. Never touches the game."""

    def __init__(self, settings: MatchSettings, simulation: Simulation, digests: OwnDigests) -> None:
        self.case: Case | None = None
        self.blame: Blame | None = None  # who lied about inputs, if that is what differs
        self.evidence = Evidence(settings.digest_interval)
        self._interval = settings.digest_interval
        self._goes_on = settings.on_desync == "return"
        self._outage = settings.disconnect_timeout
        self._simulation = simulation
        self._digests = digests
        self._cast_out = set[Link]()  # have lied, and were alone with it
        self._next_state = 0  # confirmed states before this frame are in the evidence
        self._told_right = limits.MAX_FRAME  # who came late: digests as it was told, until one is compared
        self._closed: Judged | None = None  # our word on the last that did not end the match
        self._answers: list[tuple[Link, Judged]] = []

    # ------------------------------------------------------------- confirmed frames

    def confirm(self, frame: int, confirmed: Confirmed) -> None:
        """A frame has become true."""
        self.evidence.add(frame, confirmed)

    def keep_states(self, rollback: Rollback, end: int) -> None:
        """The states before frames up to `end` are confirmed. That of the present comes a frame later."""
        end = min(end, rollback.frame - 1) + 1
        for frame in range(max(self._next_state, self.evidence.first), end):
            if self.evidence.state(frame) is None and rollback.snapshots.holds(frame):
                self.evidence.keep_state(frame, rollback.snapshots.before(frame))
        self._next_state = max(end, self._next_state)

    def state(self, frame: int, rollback: Rollback) -> Snapshot:
        """The confirmed state before `frame`, of which a digest is due."""
        state = self.evidence.state(frame)
        if state is None and frame == rollback.frame:
            # What the digest says and what is kept as evidence must be one and the same.
            state = readable_state(self._simulation)
            self.evidence.keep_state(frame, state)
        return rollback.snapshots.before(frame) if state is None else state

    def agreed(self, links: Sequence[Link]) -> int:
        """So many digests are the same for all."""
        if any(link.proven for link in links):
            self._told_right = limits.MAX_FRAME
        compared = min([link.comparison.compared for link in links], default=self._digests.count)
        return self._forget_before(compared)

    def told_right(self, count: int) -> int:
        """We are on the way into the match: so many digests are as we were told."""
        self._told_right = count
        return self._forget_before(count)

    def _forget_before(self, count: int) -> int:
        self.evidence.forget_before(min(count, self._digests.count) * self._interval)
        return count

    # ------------------------------------------------------------------- in

    def hear(self, links: Sequence[Link]) -> None:
        """Take in what came with the newest packets."""
        for link in links:
            for packet in link.desync_packets:
                try:
                    self._hear(link, packet)
                except RemoteProtocolError as error:
                    link.reject(str(error))
            if link.desync_packets:
                link.desync_packets.clear()

    def _hear(self, link: Link, packet: DesyncPacket) -> None:
        closed = self._closed
        if closed is not None and packet.index == closed.index:
            if isinstance(packet, Ask) or (isinstance(packet, Judged) and not packet.known):
                self._answers.append((link, closed))
        elif self.case is not None:
            self.case.hear(link, packet)

    # ------------------------------------------------------------- once a tick

    @property
    def holds_play(self) -> bool:
        """Does the game stand still until it is known what differs?"""
        return self.case is not None and not self._goes_on

    def look(
        self,
        ours: Sequence[int],
        links: Sequence[Link],
        authors: Sequence[Link],
        handed_out: int,
        now: float,
        over: bool,
    ) -> Desync | None:
        """Compare, inquire, judge. A Desync ends the match, unless some `left`; `over`: it has ended already.

        `ours`: our slots; `authors`: `links`, and those that were dropped.
        """
        disputed = [index for link in links if (index := link.comparison.compare()) is not None]
        case = self.case
        if disputed and (case is None or min(disputed) < case.index):
            case = self.case = self._open(min(disputed), handed_out, now)
        if case is None:
            return None
        case.follow(links, now)
        if over:
            case.close_now()
        findings = {link: one for link, one in case.findings.items() if link not in self._cast_out}
        blamed = self.blame = blame(findings, authors, ours)
        if blamed and self._is_alone(blamed, case, links):
            (liar,) = blamed.suspects
            self._cast_out.add(liar)
            liar.lost(blamed.words)
            case.verdicts.convict(liar)
            self.blame = None
            return None
        if self._goes_on and not blamed and not over:
            return self._judge(case, links, handed_out, now)
        case.verdicts.own = case.verdicts.own or UNKNOWN  # nobody asks for more
        return case.event(blamed) if over or case.everybody_knows(links, now) else None

    def _judge(self, case: Case, links: Sequence[Link], handed_out: int, now: float) -> Desync | None:
        """Where inputs are the same: whose game is what they lead to?"""
        verdicts, check = case.verdicts, case.check
        if verdicts.own is None and check is not None and check.judgement is not None:
            verdicts.own = check.judgement
        elif verdicts.own is None and verdicts.is_late(now):
            verdicts.own = UNKNOWN
        if case.is_over(links):
            self.case, self._closed = None, Judged(case.index, verdicts.own or UNKNOWN, known=True)
            return case.went_on()
        match case.outcome(links, now):
            case Outcome.LEAVE:
                return case.we_left(self._told_right * self._interval, handed_out - 1)
            case Outcome.END:
                return case.undecided()
        return None

    def _is_alone(self, blamed: Blame, case: Case, links: Sequence[Link]) -> bool:
        """Has it contradicted itself, and all others have what we have? Then the match can do without it."""
        others = [link for link in links if link not in blamed.suspects]
        agree = len(others) > 0 and all(link.comparison.compared > case.index for link in others)
        alone = blamed.by_itself and len(blamed.suspects) == 1 and blamed.suspects[0] in links
        return alone and agree and self._goes_on

    def _open(self, index: int, handed_out: int, now: float) -> Case:
        first = index * self._interval
        last = min(first + self._interval, handed_out) - 1
        return Case(index, self.evidence.exhibit(first, last, self._simulation), now, self._outage)

    # ------------------------------------------------------------------ out

    def outgoing(self, links: Sequence[Link], now: float) -> list[bytes]:
        """What a desync gives to say, beside the frame's news."""
        if not self._answers and self.case is None:
            return []
        packets = [link.compose_desync(answer) for link, answer in self._answers if not link.ended]
        self._answers.clear()
        if self.case is not None:
            said = [*self.case.say(now), *self.case.say_verdict(links, now)]
            packets += [link.compose_desync(packet) for link, packet in said]
        return packets

    def farewells(self, links: Sequence[Link]) -> list[bytes]:
        """What the others must still hear before our goodbye."""
        if self.case is None:
            return []
        return [link.compose_desync(packet) for link, packet in self.case.last_words(links)]
