"""From "I want to play" to a roster: the peer's side of the lobby."""

from __future__ import annotations

import os
from collections.abc import Callable

import zmq

from netcode.errors import MatchRefusedError, MatchTimeoutError
from netcode.fingerprint import Fingerprint
from netcode.limits import MEMBER_BYTES
from netcode.roster import Roster
from netcode.settings import MatchSettings
from netcode.wire.lobby import Join, LobbyMessage, Matched, Refused, Waiting, encode_lobby
from peer.network.contact import ask_until
from peer.network.presence import Presence


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
    encode_lobby(join)
    presence = Presence(context, broker)
    latest: Waiting | None = None  # the broker's last word
    told: Waiting | None = None  # what the user knows

    def tell(state: Waiting | None) -> None:
        nonlocal told
        if state != told:
            told = state
            on_waiting(state)

    def understand(answer: LobbyMessage) -> Roster | None:
        nonlocal latest
        match answer:
            case Matched(roster):
                return roster
            case Waiting():
                latest = answer
                tell(answer)
            case Refused(reason):
                raise MatchRefusedError(reason)
        return None

    def too_late() -> MatchTimeoutError:
        here, advice = latest or Waiting(join.room, join.players, ()), "start the others or wait longer"
        return MatchTimeoutError(
            f"{here.have} of {here.need} players came to room {here.room} within {timeout:g} s; "
            + "; ".join(here.notes or [advice])
        )

    roster = None
    try:
        roster = ask_until(
            presence,
            lambda: join,
            understand,
            timeout=timeout,
            too_late=too_late,
            should_stop=should_stop,
            on_silence=lambda: tell(None),
        )
        return roster
    finally:
        presence.close(None if roster else join.member)
