"""From "I want to play" to a roster: the peer's side of the lobby."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

import zmq

from netcode.errors import MatchRefusedError, MatchTimeoutError, RemoteProtocolError
from netcode.fingerprint import Fingerprint
from netcode.limits import MEMBER_BYTES
from netcode.roster import Roster
from netcode.settings import MatchSettings
from netcode.wire.lobby import (
    Join,
    Leave,
    Matched,
    OtherVersion,
    Refused,
    Waiting,
    decode_lobby,
    encode_lobby,
)
from peer.network.addresses import DEFAULT_BROKER_PORT, parse_address, to_connect
from peer.network.broker_socket import BrokerSocket
from peer.network.contact import Contact

JOIN_INTERVAL: Final = 0.5  # seconds; the broker drops who is silent for six of them
_POLL_MS: Final = 100  # a wish to stop may go unseen so long
_LEAVE_LINGER: Final = 300  # ms the goodbye may take on its way out


def wish_to_join(
    settings: MatchSettings,
    fingerprint: Fingerprint,
    *,
    name: str,
    room: str = "",
    seed_given: bool = False,
    endpoints: tuple[str, ...] = (),
    host: str = "",
    players: int = 1,
) -> Join:
    """A join with a new random identity. `room` "": quick match; `seed_given`: not drawn by the broker;
    `players`: how many of them are here."""
    member, game = os.urandom(MEMBER_BYTES), dict(fingerprint)
    return Join(member, name, room, game, settings.model_dump(), seed_given, endpoints, host, players)


def find_match(
    context: zmq.Context[zmq.Socket[bytes]],
    broker: str,
    join: Join,
    *,
    timeout: float | None,
    on_waiting: Callable[[Waiting | None], None],
    should_stop: Callable[[], bool],
) -> Roster | None:
    """Wait in the lobby until the match is made. Blocks; call it from the main thread.

    `broker`: an address as people write it. `timeout`: seconds for all players to come, None for ever.
    `on_waiting`: told each change of who is there, and None when the broker has fallen silent (it is
    asked on and on: one that starts again finds everybody). Returns None if `should_stop()`.
    Raises: BrokerUnreachableError, MatchRefusedError with the broker's reason, MatchTimeoutError,
    ConfigError for the address, LocalProtocolError for a join that fits no message.
    """
    return _Lobby(context, broker, join, on_waiting).wait(timeout, should_stop)


class _Lobby:
    """One stay in the lobby of a broker."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        broker: str,
        join: Join,
        on_waiting: Callable[[Waiting | None], None],
    ) -> None:
        self._address = to_connect(parse_address(broker, DEFAULT_BROKER_PORT))
        self._join = join
        self._encoded_join = encode_lobby(join)
        self._on_waiting = on_waiting
        self._latest: Waiting | None = None  # the broker's last word
        self._told: Waiting | None = None  # what the user knows
        self._socket = BrokerSocket(context, self._address)

    def wait(self, timeout: float | None, should_stop: Callable[[], bool]) -> Roster | None:
        next_join = time.monotonic()
        contact = Contact(self._address.endpoint, timeout, next_join)
        roster = None
        try:
            while roster is None and not should_stop():
                now = time.monotonic()
                if contact.timed_out(now):
                    raise self._too_late(contact)
                if contact.is_silent(now):
                    self._tell(None)
                if now >= next_join and self._socket.send(self._encoded_join):
                    next_join = now + JOIN_INTERVAL
                roster = self._receive(contact)
            return roster
        finally:
            if roster is None and self._socket.send(encode_lobby(Leave(self._join.member))):
                self._socket.close(_LEAVE_LINGER)
            else:
                self._socket.close(0)

    def _receive(self, contact: Contact) -> Roster | None:
        data = self._socket.receive(wait_ms=_POLL_MS)
        try:
            answer = None if data is None else decode_lobby(data)
        except RemoteProtocolError:
            return None  # no better than silence
        match answer:
            case Matched(roster):
                return roster
            case Waiting():
                contact.heard(time.monotonic())
                self._latest = answer
                self._tell(answer)
            case Refused(reason):
                raise MatchRefusedError(reason)
            case OtherVersion() as other:
                raise MatchRefusedError(other.advice)
        return None

    def _too_late(self, contact: Contact) -> MatchTimeoutError:
        assert self._latest is not None
        here, advice = self._latest, "start the others or wait longer"
        return MatchTimeoutError(
            f"{here.have} of {here.need} players came to room {here.room} within {contact.timeout:g} s; "
            + "; ".join(here.notes or [advice])
        )

    def _tell(self, state: Waiting | None) -> None:
        if state != self._told:
            self._told = state
            self._on_waiting(state)
