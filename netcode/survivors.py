"""Playing on without those who are gone: links and timelines around the agreement of `netcode.drops`."""

from __future__ import annotations

from collections.abc import Sequence

from netcode.drops import DropAgreement
from netcode.errors import RemoteProtocolError
from netcode.events import PlayerDropped
from netcode.link import Claims, Link
from netcode.settings import OnDrop
from netcode.wire.packets import Handover

DISMISSALS = 5  # times a dropped peer that may still live is told so


class Survivors:
    """Which links still count, and what is being agreed on about the others."""

    def __init__(
        self, me: int, links: Sequence[Link], on_drop: OnDrop, default_inputs: Sequence[bytes]
    ) -> None:
        """`me`: our lowest slot; `default_inputs` by slot."""
        self.links = list(links)  # of those not dropped
        self._on_drop = on_drop
        self._defaults = default_inputs
        self._dropped: dict[int, Link] = {}  # by lowest slot
        self._agreement = DropAgreement(me, [_peer(link) for link in links])
        self._dismissals: dict[int, int] = {}  # dropped peer -> goodbyes still to be sent

    @property
    def plays_on(self) -> bool:
        """Is a drop survived at all, by the settings?"""
        return self._on_drop != "end"

    @property
    def may_go_on(self) -> bool:
        return self._agreement.may_go_on

    def drop(self, link: Link, said_goodbye: bool) -> None:
        """`link` has ended in mid-match."""
        self.links.remove(link)
        self._dropped[_peer(link)] = link
        self._agreement.drop(_peer(link), said_goodbye)

    def hear(self) -> None:
        """Take in what the other survivors claim and hand over; whom they dropped is dropped here too."""
        for link in list(self.links):
            if link in self.links:  # may be dropped by what an earlier one says
                for peer in self._agreement.hear(_peer(link), link.claims):
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
            hold = self._on_drop == "hold"
            link.play_on_without([None if hold else self._defaults[slot] for slot in link.remote.slots])
            events.append(PlayerDropped(link.remote.name, link.remote.slots, last))
        return events

    def claims(self) -> Claims:
        """What we hold of everybody who was dropped."""
        return tuple((peer, link.held) for peer, link in self._dropped.items())

    def handovers(self) -> list[bytes]:
        """Handovers to survivors who lack what we hold."""
        packets: list[bytes] = []
        for peer, dropped in self._dropped.items():
            for link in self.links:
                claimed = self._agreement.claim_of(_peer(link), peer)
                if link.running and claimed is not None and claimed < dropped.held:
                    packets.append(link.compose_handover(dropped.hand_over(claimed)))
        return packets

    def to_dismiss(self) -> list[Link]:
        """Dropped peers that may still live and should know."""
        links = [self._dropped[peer] for peer, left in self._dismissals.items() if left]
        for peer in self._dismissals:
            self._dismissals[peer] = max(0, self._dismissals[peer] - 1)
        return links

    def kept_from(self, frame: int) -> int:
        """Inputs of frames from here on may have to be handed over; `frame` where none ever will."""
        if not self.plays_on:
            return frame
        return min([frame, *(link.remote_confirmed for link in self.links)])

    def _drop_too(self, peer: int, accuser: Link) -> None:
        for link in self.links:
            if _peer(link) == peer:
                if not link.ended:
                    link.lost(f"{accuser.remote.name} lost {link.remote.name}")
                self._dismissals[peer] = DISMISSALS
                self.drop(link, said_goodbye=False)
                return

    def _take(self, giver: Link, handover: Handover) -> None:
        dropped = self._dropped.get(handover.peer)
        limit = self._agreement.claim_of(_peer(giver), handover.peer)
        if dropped is None or limit is None or handover.peer not in self._agreement.pending:
            return  # not heard of the drop yet, or already settled: it is sent again while it is needed
        try:
            dropped.take_handover(handover, limit, dropped.newest_input_at)
        except RemoteProtocolError as error:
            giver.reject(str(error))


def _peer(link: Link) -> int:
    return link.remote.slots[0]
