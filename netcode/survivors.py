"""Playing on without those who are gone: links and timelines around the agreement of `netcode.drops`."""

from __future__ import annotations

from collections.abc import Container, Sequence

from netcode.drops import DropAgreement, Part
from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.events import PlayerDropped
from netcode.limits import CLAIMS_CARRIED, MAX_FRAME
from netcode.link import Claims, Link
from netcode.settings import OnDrop, WitnessName
from netcode.substitutes import Substitutes
from netcode.ties import TieBreak, Verdict
from netcode.wire.packets import Handover, Parting


class Survivors:
    """Which links still count, and what is being agreed on about the others."""

    def __init__(
        self, me: int, links: Sequence[Link], on_drop: OnDrop, substitutes: Substitutes, witness: WitnessName
    ) -> None:
        """`me`: our number in the match."""
        self.me = me
        self.links = list(links)  # of those not dropped
        self.plays_on = on_drop != "end"  # is a drop survived at all?
        self._substitutes = substitutes
        self._dropped: dict[int, Link] = {}  # by number
        self._agreement = DropAgreement(me, [link.member for link in links])
        self.tie_break = TieBreak(witness != "none")
        self._our_entry: tuple[int, int] | None = None  # of a newcomer: who announced it, beside which input
        self._disowned = set[int]()  # dropped, and another survivor was told what we hold of them

    @property
    def pending(self) -> bool:
        """Is there a drop that is not agreed on yet?"""
        return bool(self._agreement.dropped and self._agreement.pending)

    @property
    def still(self) -> bool:
        """Nobody was ever dropped, and nobody says so or hands anything over."""
        if self._dropped:
            return False
        for link in self.links:  # noqa: SIM110  asked every frame, and a generator takes twice as long
            if link.ended or link.claims or link.changes or link.handovers:
                return False
        return True

    @property
    def numbers(self) -> set[int]:
        """Of everybody who plays or played, as far as known here."""
        return {self.me, *(link.member for link in self.links), *self._dropped}

    @property
    def all_links(self) -> list[Link]:
        """Also of the dropped: what they announced may have been handed over."""
        return [*self.links, *self._dropped.values()]

    @property
    def announcer(self) -> int:
        """Who has the say about the roster: the lowest number that is here, or not agreed to be gone."""
        return min({self.me, *(link.member for link in self.links)} | self._agreement.pending)

    def has_say_from(self, member: int) -> int:
        """From its frame of that number on, `member` has the say, once nobody with a lower number is here."""
        return max([last for peer, last in self._agreement.last.items() if peer < member], default=0)

    def held_of_announcer(self, own: int) -> int:
        """How many frames of the announcer's inputs are here; `own` of ours."""
        announcer = self.announcer
        if announcer == self.me:
            return own
        for link in (*self.links, *self._dropped.values()):
            if link.member == announcer:
                return link.held
        raise LocalProtocolError(f"nobody has the number {announcer}")

    def admit(self, link: Link, first: int) -> None:
        """The player behind `link` takes part from frame `first` on."""
        self.links.append(link)
        self._agreement.admit(link.member, first)

    def judge(self, now: float) -> Verdict:
        """Is this side the one that plays on? At most one side of a split is.

        The larger part of who played last goes on, the smaller ends; of two halves, see `netcode.ties`.
        """
        verdict = Verdict.GO_ON
        part = self._agreement.part if self._agreement.pending else Part.LARGER
        if part is Part.SMALLER:
            verdict = Verdict.END
        elif part is Part.HALF:
            told = [link.witnessed for link in self.links if link.running and link.witnessed is not None]
            verdict = self.tie_break.judge(self._agreement.tie, told, now)
        if verdict is not Verdict.WAIT:
            self.tie_break.question = None
        return verdict

    @property
    def why_it_ended(self) -> str:
        """For a side that may not go on."""
        if self._agreement.part is Part.HALF:
            return self.tie_break.why_it_ended
        return "too many players are out of reach, so this side may not go on"

    @property
    def lost_names(self) -> tuple[str, ...]:
        """Who is gone, and not agreed on yet."""
        return tuple(self._dropped[peer].remote.name for peer in sorted(self._agreement.pending))

    def absences(self, present: Container[int]) -> list[str]:
        """Whose slots a substitute plays, and since when, in words; slots in `present` are left out."""
        names = {slot: link.remote.name for link in self._dropped.values() for slot in link.remote.slots}
        since = {slot: first for slot, first in self._substitutes.since.items() if slot not in present}
        gone = dict.fromkeys(
            (names.get(slot, f"slot {slot}"), first) for slot, first in sorted(since.items())
        )
        return [f"without {name} from frame {first} on" for name, first in gone]

    def drop(self, link: Link, said_goodbye: bool) -> None:
        """`link` has ended in mid-match."""
        self.links.remove(link)
        self._dropped[link.member] = link
        self._agreement.drop(link.member, said_goodbye)
        for slot in link.remote.slots:
            self._substitutes.vacate(slot)

    def forget(self, link: Link) -> None:
        """We have no seat yet, and nothing to agree on: the others see to it."""
        self.links.remove(link)

    def heard_too_much_of(self) -> Link | None:
        """For a guest that is to be seated: a player whom the others have dropped, and of whom we hold more
        than they do. They have agreed without us, and our game is not theirs."""
        by_number = {link.member: link for link in self.links}
        for speaker in self.links:
            for peer, held in speaker.claims.items():
                if peer in by_number and by_number[peer].held > held:
                    return by_number[peer]
        return None

    def take_seat(self, me: int, announcer: int, at: int) -> None:
        """From now on we take part, as number `me`. `announcer` said so beside its input of frame `at`."""
        self.me = me
        self._our_entry = (announcer, at)
        self._agreement = DropAgreement(me, [link.member for link in self.links])

    @property
    def nobody_knows_us(self) -> bool:
        """Our seat stands in inputs of a dropped peer that no other survivor holds: they go on without us."""
        if self._our_entry is None:
            return False
        announcer, at = self._our_entry
        held = self._agreement.held_by_others(announcer)
        return held is not None and held <= at

    def hear(self) -> None:
        """Take in what the other survivors claim and hand over; whom they dropped is dropped here too."""
        for link in list(self.links):
            if link in self.links:  # may be dropped by what an earlier one says
                for peer in self._agreement.hear(link.member, link.claims):
                    self._drop_too(peer, link)
        for link in self.links:
            for handover in link.handovers:
                self._take(link, handover)
            link.handovers.clear()

    def accused_by(self) -> str | None:
        """The name of a survivor that has dropped us."""
        for link in self.links:
            if self._agreement.accuses_me(link.claims):
                return link.remote.name
        return None

    def settle(self) -> list[PlayerDropped]:
        """Drops that all survivors agree on now: from here on their substitutes play."""
        if not self._agreement.pending:
            return []
        held = {peer: self._dropped[peer].held for peer in self._agreement.pending}
        events = []
        for peer, last in self._agreement.settle(held).items():
            link = self._dropped[peer]
            link.ends_before(last)
            for slot in link.remote.slots:
                self._substitutes.begin(slot, last)
            events.append(PlayerDropped(link.remote.name, link.remote.slots, last))
        return events

    def claims(self) -> Claims:
        """What we hold of everybody who was dropped."""
        if not self._dropped:
            return ()
        newest = list(self._dropped.items())[-CLAIMS_CARRIED:]
        return tuple((peer, link.held) for peer, link in newest)

    def told(self, claims: Claims) -> None:
        """These claims were sent: whom they name must hear no goodbye of ours any more.

        A goodbye says that we count for no side. Our claims may let others go on without those they name.
        """
        if any(link.running for link in self.links):
            self._disowned.update(peer for peer, _ in claims)

    def parting_for(self, link: Link, parting: Parting) -> Parting | None:
        """What our goodbye to `link` says, `parting` to all others; None: it hears none.

        Who was dropped never counts again, whoever is left to tell it: a goodbye of any other kind would let
        it play on as the larger part.
        """
        if self._dropped.get(link.member) is not link:
            return parting
        if link.member in self._agreement.last:
            return Parting.DROPS_YOU  # we have played on without it
        return None if link.member in self._disowned else parting

    def testimonies(self) -> list[bytes]:
        """The witness's word, for those on our side who may not have heard it."""
        tie = self.tie_break.granted
        if tie is None:
            return []
        agreed = max(self._agreement.last.get(peer, MAX_FRAME) for peer in tie.lost)
        return [
            link.compose_witnessed(tie)
            for link in self.links
            if link.running and link.remote_confirmed <= agreed
        ]

    def handovers(self) -> list[bytes]:
        """Handovers to survivors who lack what we hold."""
        packets: list[bytes] = []
        for peer, dropped in self._dropped.items():
            for link in self.links:
                claimed = self._agreement.claim_of(link.member, peer)
                if not link.running or claimed is None:
                    continue
                # Who says goodbye claims nothing any more, and what it has confirmed may be forgotten here.
                first = max(claimed, link.remote_confirmed)
                if first < dropped.held:
                    packets.append(link.compose_handover(dropped.hand_over(first)))
        return packets

    def to_dismiss(self) -> list[Link]:
        """Dropped peers that were heard of since: we have played on without them, and they do not know."""
        return [
            link for peer, link in self._dropped.items() if link.heard_again and peer in self._agreement.last
        ]

    def kept_from(self, frame: int, guests: Sequence[Link]) -> int:
        """Inputs of frames from here on may have to be handed over; `frame`: what we need ourselves."""
        return min([frame, *(link.remote_confirmed for link in (*self.links, *guests))])

    def forget_before(self, frame: int) -> None:
        """All survivors have confirmed all frames below `frame`."""
        self._agreement.all_confirmed(frame)
        for link in (*self.links, *self._dropped.values()):
            link.forget_changes_before(frame)

    def _drop_too(self, peer: int, accuser: Link) -> None:
        for link in self.links:
            if link.member == peer:
                if not link.ended:
                    link.lost(f"{accuser.remote.name} lost {link.remote.name}")
                self.drop(link, said_goodbye=False)
                return

    def _take(self, giver: Link, handover: Handover) -> None:
        dropped = self._dropped.get(handover.member)
        limit = self._agreement.claim_of(giver.member, handover.member)
        if dropped is None or limit is None or handover.member not in self._agreement.pending:
            return  # not heard of the drop yet, or already settled: it is sent again while it is needed
        if dropped.end_of(handover) > limit:
            return  # the claim to hold so much is still under way
        try:
            dropped.take_handover(handover, limit)
        except RemoteProtocolError as error:
            giver.reject(str(error))
