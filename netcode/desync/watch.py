"""The session's watch over digests: keeps evidence, opens cases, and says when the match ends."""

from __future__ import annotations

from collections.abc import Sequence

from netcode.desync.blame import Blame, blame
from netcode.desync.case import Case, satisfied
from netcode.desync.evidence import Confirmed, Evidence
from netcode.digests import OwnDigests
from netcode.errors import RemoteProtocolError
from netcode.events import Desync
from netcode.link import Link
from netcode.rollback import Rollback
from netcode.settings import MatchSettings
from netcode.simulation import Simulation, Snapshot, readable_state
from netcode.wire.desync_packets import Ask, DesyncPacket


class DesyncWatch:
    """One a session. Never touches the game."""

    def __init__(self, settings: MatchSettings, simulation: Simulation, digests: OwnDigests) -> None:
        self.case: Case | None = None
        self.blame: Blame | None = None  # who lied about inputs, if that is what differs
        self.evidence = Evidence(settings.digest_interval)
        self._interval = settings.digest_interval
        self._goes_on = settings.on_desync == "return"
        self._drops = settings.on_drop != "end"
        self._outage = settings.disconnect_timeout
        self._simulation = simulation
        self._digests = digests
        self._cast_out = set[Link]()  # have lied, and were alone with it
        self._next_state = 0  # confirmed states before this frame are in the evidence
        self._closed = -1  # index of the last case that did not end the match
        self._answers: list[tuple[Link, Ask]] = []

    # ------------------------------------------------------------- confirmed frames

    def confirm(self, frame: int, confirmed: Confirmed) -> None:
        """A frame has become true."""
        self.evidence.add(frame, confirmed)

    def keep_states(self, rollback: Rollback, end: int) -> None:
        """The states before frames up to `end` are confirmed. That of the present comes a frame later."""
        end = min(end, rollback.frame - 1) + 1
        for frame in range(self._next_state, end):
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
        compared = min([link.comparison.compared for link in links], default=self._digests.count)
        return self.forget_before(compared)

    def forget_before(self, count: int) -> int:
        """So many digests are as they should be."""
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
        if packet.index == self._closed:
            if isinstance(packet, Ask) and not packet.chunk:
                self._answers.append((link, satisfied(packet.index, final=True)))
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
        """Compare, and inquire. A Desync is the end of the match; `over`: it has ended already.

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
            self.blame = None
            return None
        if not over and case.is_over(links):
            self.case, self._closed = None, case.index
            return None
        return case.event(blamed) if over or case.everybody_knows(links, now) else None

    def _is_alone(self, blamed: Blame, case: Case, links: Sequence[Link]) -> bool:
        """Has it contradicted itself, and all others have what we have? Then the match can do without it."""
        others = [link for link in links if link not in blamed.suspects]
        agree = len(others) > 0 and all(link.comparison.compared > case.index for link in others)
        alone = blamed.by_itself and len(blamed.suspects) == 1 and blamed.suspects[0] in links
        return alone and agree and self._goes_on and self._drops

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
            said = self.case.say(now) + self.case.say_satisfied(links, now)
            packets += [link.compose_desync(packet) for link, packet in said]
        return packets

    def farewells(self, links: Sequence[Link]) -> list[bytes]:
        """What the others must still hear before our goodbye."""
        if self.case is None:
            return []
        return [link.compose_desync(packet) for link, packet in self.case.last_words(links)]
