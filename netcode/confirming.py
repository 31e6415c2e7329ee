"""From played to true: frames are confirmed in order, digested, compared with everybody, and let go of.

Nothing here is of a predicted frame (law 6). What is *final* stays, whoever drops out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from netcode import limits
from netcode.archive import Archive
from netcode.confirmed_frame import ConfirmedFrame
from netcode.course import Course
from netcode.desync.case import Case
from netcode.desync.self_check import SelfCheck
from netcode.desync.watch import DesyncWatch
from netcode.digests import DigestChain, OwnDigests
from netcode.episodes import Episodes
from netcode.events import Desync
from netcode.joining import Joining
from netcode.link import Link
from netcode.replay import Replay
from netcode.rollback import Rollback
from netcode.settings import MatchSettings
from netcode.simulation import EpisodicSimulation, Simulation, last_of
from netcode.substitutes import Substitutes
from netcode.survivors import Survivors
from netcode.wire.desync_packets import Judgement

FORGET_EVERY: Final = 8  # frames
CHECK_SHARE: Final = 0.5  # of a frame's time, for playing an episode again beside the match
CHECK_FRAMES: Final = 8  # so many a tick, while it is not known how long they take


class Confirming:
    """One peer's confirmed frames. `joining` is given while we are on the way into a match."""

    def __init__(
        self,
        settings: MatchSettings,
        sizes: Sequence[int],
        simulation: Simulation,
        rollback: Rollback,
        digests: OwnDigests,
        desync: DesyncWatch,
        course: Course,
        survivors: Survivors,
        substitutes: Substitutes,
    ) -> None:
        """`sizes`: bytes of input a frame, by slot."""
        self.handed_out = 0  # frames below were given out as confirmed
        self.compared = 0  # digests that every remote and we agree on
        self.desyncs: deque[Desync] = deque(maxlen=limits.EVENTS_KEPT)
        self.archive = Archive(sum(sizes), settings.digest_interval, settings.frames)
        self.chain = DigestChain()
        self.episodes = Episodes(simulation)
        self._forget_due = 0  # when so many are handed out, look what is not needed any more
        self._sizes = sizes
        self._goes_on = settings.on_desync == "return"
        self._period = 1.0 / settings.fps
        self._interval, self._frames = settings.digest_interval, settings.frames
        self._is_last = last_of(simulation) if settings.episodes else None
        self._simulation, self._rollback = simulation, rollback
        self._digests, self._desync, self._course = digests, desync, course
        self._survivors, self._substitutes = survivors, substitutes

    @property
    def ready(self) -> int:
        """Frames below are confirmed and played."""
        ready, end = min(self._rollback.confirmed, self._rollback.frame), self._course.frames
        return min(ready, end) if end else ready

    @property
    def final(self) -> int:
        """Frames below were played so by all, whoever is lost from now on."""
        return self.archive.settled if self._survivors.plays_on else self.handed_out

    # ------------------------------------------------------------ once a tick, in this order

    def hand_out(self) -> list[ConfirmedFrame]:
        """Frames that became true since the last call."""
        frames, ready = [], self.ready
        while self.handed_out < ready:
            frames.append(self._confirm(self.handed_out))
            if self._is_last is not None:  # the frame just confirmed may have told where it all ends
                ready = self.ready
        self._desync.keep_states(self._rollback, self.handed_out)
        return frames

    def take(self, frames: Sequence[ConfirmedFrame], replay: Replay) -> None:
        """Frames that were replayed on our way into the match."""
        self.chain, self.episodes = replay.chain, replay.episodes
        for frame in frames:
            self._add(frame, b"".join(frame.inputs))

    def settle(self, joining: Joining | None) -> None:
        """Which frames are final. A frame that not everybody holds may still be played otherwise by the
        survivors, should we be the one who drops out: no spectator may see it yet."""
        if self._course.over or self._survivors.pending:
            return
        archive, settled = self.archive, self.handed_out
        if joining is not None:
            settled = min(settled, joining.settled)  # what we hear directly, the others may never get
        else:
            # Who may not know of its slot yet is fed like a spectator: what it lacks must not wait for it.
            for link in self._survivors.links:
                if link.remote_confirmed < settled and link.speaks:
                    settled = link.remote_confirmed
        if settled > archive.settled:
            archive.settled = settled
            agreed = min(settled, archive.agreed_digests * self._interval)
            archive.episode = self.episodes.newest_below(agreed) or archive.episode
        since = self._substitutes.since
        if since or archive.substituted:
            archive.substituted = {slot: first for slot, first in since.items() if first <= archive.settled}

    def compare(self, ours: Sequence[int], joining: Joining | None, now: float) -> None:
        """Our digests with everybody's; `ours`: our slots. May end the match."""
        links = self._survivors.links
        if joining is not None:
            self._compare_with_told(joining)
        elif self._has_news(links):
            if self._course.hears_of_desyncs:
                self._look_for_desyncs(ours, links, now)
            self.compared = self._desync.agreed(links)
        if self._goes_on:
            self.archive.agreed_digests = self.compared

    @property
    def may_forget(self) -> bool:
        """Has enough become true since the last time?"""
        return self.handed_out >= self._forget_due

    def forget(self, joining: Joining | None, guests: Sequence[Link], drops_are_survived: bool) -> None:
        """Let go of what nobody can need any more: memory stays flat."""
        self._forget_due = self.handed_out + FORGET_EVERY
        settled = (min(link.digests_acked, link.comparison.compared) for link in self._survivors.links)
        # The one before stays: a digest made anew goes on from it.
        self._digests.forget_before(min([self.compared, *settled]) - 1)
        kept_from = self._rollback.kept_from(self.handed_out)
        if joining is not None:
            kept_from = min(kept_from, joining.confirmed_by_all)  # seated, we may have to hand it over
        elif drops_are_survived:
            kept_from = self._survivors.kept_from(kept_from, guests)
            self._survivors.forget_before(kept_from)
        for timeline in self._rollback.timelines:
            timeline.forget_before(kept_from)

    # ------------------------------------------------------------ now and then

    def everybody_holds_all(self) -> None:
        """All digests were found equal."""
        self.archive.settled = self.handed_out

    # ------------------------------------------------------------ within

    def _confirm(self, frame: int) -> ConfirmedFrame:
        inputs = tuple([timeline.inputs[frame] for timeline in self._rollback.timelines])
        together = b"".join(inputs)
        outcome = self._rollback.outcomes.pop(frame)
        self.chain.add(together, outcome)
        self.episodes.confirm(frame, outcome)
        digest = None
        if (frame + 1) % self._interval == 0 or frame + 1 == self._frames:
            digest = self._make_digest(frame + 1)
            self._digests.append(digest)
        confirmed = ConfirmedFrame(frame, inputs, outcome, digest)
        self._add(confirmed, together)
        return confirmed

    def _add(self, confirmed: ConfirmedFrame, together: bytes) -> None:
        frame, outcome = confirmed.frame, confirmed.outcome
        self.handed_out = frame + 1
        self.archive.add(together)
        if confirmed.digest is not None:
            self.archive.add_digest(confirmed.digest)
        if self._is_last is not None and not self._ends_early and outcome and self._is_last(outcome):
            self._course.frames = self.archive.end_after(frame)
        self._desync.confirm(frame, confirmed)

    @property
    def _ends_early(self) -> bool:
        return self._course.frames != self._frames

    def _make_digest(self, frame: int) -> bytes:
        """The digest of all frames below `frame`, and of the confirmed state before it."""
        snapshot = self._desync.state(frame, self._rollback)
        state = self._simulation.digest(snapshot)
        return self.chain.close(state)

    def _has_news(self, links: Sequence[Link]) -> bool:
        if self._desync.case is not None or self._course.over or not links:
            return True
        for link in links:  # noqa: SIM110  asked every frame, and a generator takes twice as long
            if link.comparison.due:
                return True
        return False

    def _compare_with_told(self, joining: Joining) -> None:
        """We are a guest, and compare with what those who feed us say."""
        wrong = joining.replay.first_wrong_digest()
        if wrong is not None and joining.ended is None:
            first = wrong * self._interval
            last = min(first + self._interval, self.handed_out) - 1
            where = f"within frames {first} to {last}"
            self._end_in_desync(Desync("what was played", first, last, text=where))
        self.compared = self._desync.told_right(joining.replay.compared)

    def _look_for_desyncs(self, ours: Sequence[int], links: Sequence[Link], now: float) -> None:
        authors, over = self._survivors.all_links, self._course.over
        case = self._desync.case
        if self._goes_on and case is not None and case.verdicts.own is None and not over:
            self._check_ourselves(case)
        found = self._desync.look(ours, links, authors, self.handed_out, now, over)
        if found is not None and found.left:
            self.desyncs.append(found)
            self._course.tell(found)
        elif found is not None:
            self._end_in_desync(found)

    def _check_ourselves(self, case: Case) -> None:
        """Have we left the game? A few frames of the answer, while the match goes on."""
        simulation = self._simulation
        if case.check is None:
            case.check = self._self_check(case.index)
        if case.check is None or not isinstance(simulation, EpisodicSimulation):
            case.verdicts.own = Judgement.UNKNOWN
        else:
            costs = self._rollback.saving.costs
            spare = CHECK_SHARE * self._period
            case.check.work(
                simulation, max(int(spare / costs.step), 1) if costs and costs.step else CHECK_FRAMES
            )

    def _self_check(self, index: int) -> SelfCheck | None:
        """Of our digest of that number; None if the episode it is of is not kept from its beginning."""
        first = index * self._interval
        end = min(first + self._interval, self._frames or self.handed_out)
        start = self.episodes.newest_below(max(first, 1))  # as far as all agree on
        before = self._digests.at(index - 1) if index else bytes(limits.DIGEST_BYTES)
        ours = self._digests.at(index)
        if start is None or start.frame < self.archive.first or before is None or ours is None:
            return None
        return SelfCheck(start, first, end, self._row, before, ours)

    def _row(self, frame: int) -> tuple[bytes, ...]:
        return self.archive.row(frame, self._sizes)

    def _end_in_desync(self, event: Desync) -> None:
        self.desyncs.append(event)
        self._course.end_in_desync(event)
