"""The session's watch over digests: keeps evidence, opens cases, and says when to start over or to end."""

from __future__ import annotations

from collections.abc import Sequence

from netcode import limits
from netcode.desync.blame import Blame, blame
from netcode.desync.case import Case, satisfied
from netcode.desync.evidence import Confirmed, Evidence
from netcode.desync.inquiry import ASK_AGAIN
from netcode.digests import OwnDigests
from netcode.errors import RemoteProtocolError
from netcode.events import Desync, Resynced
from netcode.link import Link
from netcode.rollback import Rollback
from netcode.settings import MatchSettings
from netcode.simulation import Simulation, Snapshot, readable_state
from netcode.wire.desync_packets import Ask, DesyncPacket, Rewound, RewoundSeen


class DesyncWatch:
    """One a session. Never touches the game: `resync_due` asks the session to start over."""

    def __init__(self, settings: MatchSettings, simulation: Simulation, digests: OwnDigests) -> None:
        self.case: Case | None = None
        self.blame: Blame | None = None  # who lied about inputs, if that is what differs
        self.resync_due = False
        self.evidence = Evidence(settings.digest_interval)
        self._interval = settings.digest_interval
        self._heals = settings.on_desync == "resync"
        self._drops = settings.on_drop != "end"
        self._outage = settings.disconnect_timeout
        self._simulation = simulation
        self._digests = digests
        self._cast_out = set[Link]()  # have lied, and were alone with it
        self._resyncs = 0  # our own
        self._next_state = 0  # confirmed states before this frame are in the evidence
        self._told_right = limits.MAX_FRAME  # who came late: digests as it was told, until one is compared
        self._closed = -1  # index of the last case that was healed
        self._answers: list[tuple[Link, RewoundSeen | Ask]] = []
        self._rewound_told_at = float("-inf")

    # ------------------------------------------------------------- confirmed frames

    def kept_from(self, frame: int) -> int:
        """Inputs of frames from here on may be needed again; `frame` where none ever will."""
        return min(frame, self.evidence.first) if self._heals else frame

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
        if any(link.proven for link in links):
            self._told_right = limits.MAX_FRAME
        compared = min([link.comparison.compared for link in links], default=self._digests.count)
        return self.forget_before(min(compared, self._told_right))

    def told_right(self, count: int) -> int:
        """We are on the way into the match: so many digests are as we were told."""
        self._told_right = count
        return self.forget_before(count)

    def forget_before(self, count: int) -> int:
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
        if isinstance(packet, RewoundSeen):
            link.rewinds.hear_seen(packet)
        elif isinstance(packet, Rewound):
            if not self._heals:
                raise RemoteProtocolError("a resync in a match that stops at a desync")
            self._answers.append((link, link.hear_rewound(packet)))
        elif packet.index == self._closed:
            if isinstance(packet, Ask) and not packet.chunk:
                self._answers.append((link, satisfied(packet.index, final=True)))
        elif self.case is not None:
            self.case.hear(link, packet)

    # ------------------------------------------------------------- once a tick

    @property
    def holds_play(self) -> bool:
        """Does the game stand still until it is known what differs?"""
        return self.case is not None and not self._heals

    def look(
        self,
        ours: Sequence[int],
        links: Sequence[Link],
        authors: Sequence[Link],
        handed_out: int,
        now: float,
        over: bool,
    ) -> Desync | Resynced | None:
        """Compare, inquire, heal. A Desync is the end of the match; `over`: it has ended already.

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
        # A lie cannot be healed: the same inputs make the same difference again.
        if over or ((blamed or not self._heals) and case.everybody_knows(links, now)):
            return case.event(blamed)
        return self._heal(case, min(ours), links, now) if self._heals and not blamed else None

    def _is_alone(self, blamed: Blame, case: Case, links: Sequence[Link]) -> bool:
        """Has it contradicted itself, and all others have what we have? Then the match can do without it."""
        others = [link for link in links if link not in blamed.suspects]
        agree = len(others) > 0 and all(link.comparison.compared > case.index for link in others)
        alone = blamed.by_itself and len(blamed.suspects) == 1 and blamed.suspects[0] in links
        return alone and agree and self._heals and self._drops

    def _open(self, index: int, handed_out: int, now: float) -> Case:
        first = index * self._interval
        last = min(first + self._interval, handed_out) - 1
        ours = self._digests.at(index)
        assert ours is not None  # it was just compared
        exhibit = self.evidence.exhibit(first, last, self._simulation)
        return Case(index, self._interval, ours, exhibit, now, self._outage)

    def _heal(self, case: Case, me: int, links: Sequence[Link], now: float) -> Desync | Resynced | None:
        known = case.everybody_knows(links, now)
        if known and not case.decided:
            case.decide(me, links)
            self.resync_due = case.we_start_over
        if case.healed(links, self._digests.at(case.index)) and known:
            self.case, self._closed = None, case.index
            return case.resynced_event(links)
        return self._give_up(case, me, links, now) if known else None

    def _give_up(self, case: Case, me: int, links: Sequence[Link], now: float) -> Desync | None:
        """Where it cannot be healed: whoever is out of step ends, and the others drop it, if they can."""
        why = self._incurable(case, links, now)
        if why is None:
            return None
        wrong = case.out_of_step(me, links, self._digests.at(case.index))
        if self.resync_due or None in wrong or not self._drops:
            return case.event().with_advice(why)
        for link in wrong:
            # It ends by itself; or else we have waited long enough.
            if link is not None and case.is_too_old(now):
                link.lost(f"{link.remote.name} plays another game")
        return None

    def _incurable(self, case: Case, links: Sequence[Link], now: float) -> str | None:
        """Why it cannot be healed, if so."""
        if case.differs_again(links):
            return "and again after a resync: the game is not deterministic, run netplay check"
        if self.resync_due and self._resyncs >= limits.RESYNCS_ALLOWED:
            return f"for the {self._resyncs + 1}th time: not healed any more"
        if self.resync_due and self.evidence.state(self._agreed_index(case) * self._interval) is None:
            return "and the last agreed state is not kept any more"
        if case.is_too_old(now) or any(link.ended and not link.remote_finished for link in links):
            return "and was not healed"
        return None

    # ------------------------------------------------------------- starting over

    def start_over(self, links: Sequence[Link], rollback: Rollback, confirmed: int) -> tuple[int, bytes]:
        """Play from the last agreed state to the present, with the inputs confirmed since.

        Returns: the first frame played again, and the digest of all before it.
        """
        case = self.case
        assert case is not None  # resync_due says so
        self.resync_due, case.resynced = False, True
        self._resyncs += 1
        index = self._agreed_index(case)
        base = index * self._interval
        states = rollback.start_over(self._simulation, base, self.evidence.state(base))
        self.evidence.rewind(base)
        for frame, state in enumerate(states, base):
            if frame <= confirmed:
                self.evidence.keep_state(frame, state)
        self._next_state = min(confirmed, rollback.frame - 1) + 1
        before = self._digests.at(index - 1) if index else bytes(limits.DIGEST_BYTES)
        assert before is not None  # one more than is needed is always kept
        self._digests.rewind(index)
        for link in links:
            fellow = link in (case.starting_over or ()) and link.rewinds.heard_index != case.index
            link.rewind(case.index, await_theirs=fellow)
        return base, before

    def _agreed_index(self, case: Case) -> int:
        """The digest that our frames are played again for, from its first frame on."""
        return min(case.index, self._told_right)

    # ------------------------------------------------------------------ out

    def outgoing(self, links: Sequence[Link], now: float) -> list[bytes]:
        """What a desync gives to say, beside the frame's news."""
        if not self._answers and not self._resyncs and self.case is None:
            return []
        packets = [link.compose_desync(answer) for link, answer in self._answers if not link.ended]
        self._answers.clear()
        if now - self._rewound_told_at >= ASK_AGAIN:
            pending = [(link, link.rewinds.pending) for link in links if not link.ended]
            packets += [link.compose_desync(rewound) for link, rewound in pending if rewound is not None]
            self._rewound_told_at = now if packets else self._rewound_told_at
        if self.case is not None:
            said = self.case.say(now) + self.case.say_satisfied(links, now)
            packets += [link.compose_desync(packet) for link, packet in said]
        return packets

    def farewells(self, links: Sequence[Link]) -> list[bytes]:
        """What the others must still hear before our goodbye."""
        if self.case is None:
            return []
        return [link.compose_desync(packet) for link, packet in self.case.last_words(links)]
