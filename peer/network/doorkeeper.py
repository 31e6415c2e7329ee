"""What the broker tells during a match: who comes to watch, who comes into a slot, who can feed us; and
which half goes on, if the match is cut in two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from netcode.errors import MatchRefusedError
from netcode.lanes import IdlePick
from netcode.link import RemotePeer
from netcode.phases import Phase
from netcode.session import PlayerSession
from netcode.sources import Source
from netcode.ties import Tie
from netcode.wire.lobby import CalledOff, LobbyMessage
from netcode.wire.running import Guest, Guests, Host, Watching
from netcode.wire.testimony import WitnessWord
from peer.network.audience import Audience
from peer.network.inbox import Inbox
from peer.network.presence import WORD_INTERVAL, Presence
from peer.network.ways import Ways

ASK_INTERVAL: Final = 0.3  # seconds between two questions to the witness: the game stands still meanwhile


class Doorkeeper:
    """Looked at once a frame by the main thread; mostly there is nothing to do."""

    def __init__(
        self,
        session: PlayerSession,
        presence: Presence,
        word: Callable[[], LobbyMessage],
        audience: Audience,
        ways: Ways,
        inbox: Inbox,
    ) -> None:
        """`word()`: what the broker is to know of us."""
        self._session = session
        self._presence = presence
        self._word = word
        self._audience = audience
        self._ways = ways
        self._inbox = inbox
        self._asking = False
        self.wants_our_slot: str | None = None  # name of who should have it, where we only stand in

    def look(self, now: float) -> None:
        """Say our word when it is due, and act on the answer.

        Raises: MatchRefusedError if the match is called off before it has begun.
        """
        self._ways.look()
        asks = self._session.question is not None
        if asks and not self._asking:
            self._presence.hurry()
        self._asking = asks
        match self._presence.poll(now, self._word, ASK_INTERVAL if asks else WORD_INTERVAL):
            case Guests(guests):
                self._audience.invite(guests, now)
                for guest in guests:
                    if guest.slot in self._session.slots:
                        self.wants_our_slot = guest.name
                    elif guest.slot is not None:
                        self._welcome(guest, guest.slot, now)
            case CalledOff(reason) if self._session.phase is Phase.CONNECTING:
                raise MatchRefusedError(reason)
            case Watching(sources=sources):
                self.offer(sources, now)
            case WitnessWord(here, lost, granted, why_not):
                self._session.testimony(Tie(frozenset(here), frozenset(lost)), granted, why_not)

    def offer(self, sources: Sequence[Host], now: float) -> None:
        """Who may feed us, while we come into the match."""
        for host in sources:
            self._ways.open(host.link_out, host.link_in, host.endpoints, host.host)
            self._inbox.add_link(host.link_in)
        self._session.offer(sources_of(sources), now)

    def _welcome(self, guest: Guest, slot: int, now: float) -> None:
        remote = RemotePeer(guest.name, (slot,), guest.link_out, guest.link_in)
        if self._session.welcome(guest.id, remote, now):
            self._ways.open(guest.link_out, guest.link_in, guest.endpoints, guest.host, IdlePick)
            self._inbox.add_link(guest.link_in)


def sources_of(hosts: Sequence[Host]) -> list[Source]:
    """The same, as the netcode knows them."""
    return [Source(host.name, host.link_out, host.link_in) for host in hosts]
