"""Who comes into a running match: guests on their way into the slots that substitutes play.

A guest is fed the confirmed inputs, catches up, and opens a link with everybody. From then on it hears all
and says nothing that counts. When it wishes for its slot, the *announcer* - the player with the lowest
number - puts a roster change into its own input stream: from a frame a little ahead on, the slot is the
guest's. As nothing past the announcer's inputs is ever confirmed, every peer learns of the change before it
could matter, and rolls back if it had predicted the substitute there (law 4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from netcode.joining import Guest
from netcode.limits import GUESTS_KEPT, MAX_MEMBERS_EVER
from netcode.link import GUEST_MAY_LACK, Link
from netcode.own_inputs import OwnInputs
from netcode.seat_states import GUESTS, GuestEvent, GuestState
from netcode.state_table import follow
from netcode.substitutes import Substitutes
from netcode.survivors import Survivors
from netcode.wire.packets import RosterChange

NOTICE: Final = 6  # frames from the announcement to the change, besides the way there and back
MAX_NOTICE: Final = 120  # frames; whoever is further away costs the others a stall
PENDING_KEPT: Final = 64  # changes heard and not applied; who announces more is hostile, and not heard


@dataclass(frozen=True)
class Admission:
    """From frame `first` on `link` plays `slot`; no link: it is us."""

    link: Link | None
    change: RosterChange
    announcer: int  # in whose inputs the change stands


class Admissions:
    """One peer's view: the guests it knows, and the changes it has heard of."""

    def __init__(
        self,
        us: Guest | None,
        own: OwnInputs,
        survivors: Survivors,
        substitutes: Substitutes,
        lost_link: Callable[[int], Link],
    ) -> None:
        """`us`: if we are a guest ourselves; `lost_link(slot)`: a link to nobody."""
        self.guests: dict[bytes, Link] = {}
        self._us = us
        self._lost_link = lost_link
        self._own = own
        self._survivors = survivors
        self._substitutes = substitutes
        self._pending: list[tuple[int, RosterChange]] = []  # (number of the announcer, what it said)
        self._heard: dict[Link, int] = {}  # -> at which of its frames we have looked for changes
        self._highest = 0  # number ever given out
        self._states: dict[bytes, GuestState] = {}  # of the guests

    @property
    def still(self) -> bool:
        """Nobody is on the way, and no slot is a substitute's."""
        return not (self.guests or self._pending or self._substitutes.since)

    @property
    def running(self) -> list[Link]:
        """Links of guests who hear us by now."""
        return [link for link in self.guests.values() if link.running] if self.guests else []

    def welcome(self, guest: bytes, link: Link) -> bool:
        """A guest whom we were told of. False if there are too many already."""
        if guest in self.guests or len(self.guests) >= GUESTS_KEPT:
            return False
        self.guests[guest] = link
        self._states[guest] = GuestState.COMING
        return True

    def let_go(self) -> list[Link]:
        """Guests that left, fell silent, or do not keep up."""
        gone = []
        for guest, link in list(self.guests.items()):
            held = max(link.acked, self._own.oldest)  # what is older, it is fed
            if link.running and self._own.count - held > GUEST_MAY_LACK:
                link.lost(f"{link.remote.name} does not keep up")
            if link.ended and self._states[guest] is GuestState.COMING:
                self._happens(guest, GuestEvent.GIVES_UP)
                gone.append(self.guests.pop(guest))
        return gone

    def announce(self, now: float, fps: float, frames: int) -> None:
        """If it is ours to say: guests that wish are given their slots. `frames`: the match's, or 0."""
        survivors = self._survivors
        if survivors.pending or survivors.announcer != survivors.me:
            return
        if self._own.count < survivors.has_say_from(survivors.me):
            return  # until then it was the word of somebody who is gone
        for guest, link in self.guests.items():
            coming = self._states[guest] is GuestState.COMING
            if coming and link.wishes(now) and self._own.may_announce:
                self._announce(guest, link, fps, frames)
                return  # one a frame

    def _announce(self, guest: bytes, link: Link, fps: float, frames: int) -> None:
        (slot,) = link.remote.slots
        since = self._substitutes.since.get(slot)
        if since is None or link.remote_confirmed <= since or self._next_member >= MAX_MEMBERS_EVER:
            return
        way = ceil(2 * (link.round_trip.seconds or 0.0) * fps)
        first = self._own.count + min(NOTICE + way, MAX_NOTICE)
        if frames and first >= frames:
            return  # the match is over before
        change = RosterChange(self._own.count, first, slot, self._next_member, guest)
        self._happens(guest, GuestEvent.PROMISED)
        self._own.announce(change)
        self._pending.append((self._survivors.me, change))

    @property
    def _next_member(self) -> int:
        return 1 + max(self._highest, *self._survivors.numbers)

    def hear(self, links: Sequence[Link]) -> None:
        """Take in what was announced by `links`, in order."""
        for link in links:
            known = self._heard.get(link, -1)
            for change in link.changes:
                if change.at > known and len(self._pending) < PENDING_KEPT:
                    self._pending.append((link.member, change))
                    self._heard[link] = change.at

    def apply(self) -> list[Admission]:
        """Changes that hold now: whoever announced them had the say, and the slot is a substitute's."""
        admitted = []
        for announcer, change in list(self._pending):
            if not self._holds(announcer, change):
                continue
            self._pending.remove((announcer, change))
            self._highest = max(self._highest, change.member)
            self._substitutes.give_way(change.slot, change.first)
            admitted.append(Admission(self._seat(change), change, announcer))
        return admitted

    def _seat(self, change: RosterChange) -> Link | None:
        """The link of who takes the slot; None: it is us."""
        if self._us is not None and (change.guest, change.slot) == (self._us.id, self._us.slot):
            self._us = None  # one slot is all that anybody is given
            return None
        link = self._link_of(change)
        link.member = change.member
        self._survivors.admit(link, change.first)
        return link

    def _holds(self, announcer: int, change: RosterChange) -> bool:
        if announcer == self._survivors.me and change.at >= self._own.count:
            return False  # nobody else can know of it yet: our input of that frame is still to come
        if change.member in self._survivors.numbers:
            return False  # a number is given once
        since = self._substitutes.since.get(change.slot)
        if since is None or change.first <= since or self._survivors.announcer < announcer:
            return False
        return change.at >= self._survivors.has_say_from(announcer)

    def _link_of(self, change: RosterChange) -> Link:
        """The guest's link. If nobody told us of the guest, or it came for another slot, one that is lost: so
        the others hear of it."""
        link = self.guests.get(change.guest)
        if link is None or link.remote.slots != (change.slot,):
            return self._lost_link(change.slot)
        self._happens(change.guest, GuestEvent.TAKEN)
        return self.guests.pop(change.guest)

    def _happens(self, guest: bytes, event: GuestEvent) -> None:
        self._states[guest] = follow(GUESTS, self._states[guest], event)
        if not GUESTS[self._states[guest]]:
            del self._states[guest]  # on the way no more
