"""A player who tells others different inputs is named by all of them, and no honest one is named or dropped.

Inputs are not signed: where one peer alone contradicts a player, nobody else can tell which of them lies.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from netcode.events import Accused, Desync, EndReason, PlayerDropped
from netcode.limits import LINK_ID_BYTES
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.match import VirtualMatch, VirtualPeer
from netcode.simulator.scenario import Scenario, TwoFaces
from netcode.simulator.swarm import SwarmMatch
from netcode.simulator.two_faces import tell
from netcode.simulator.weather import Weather
from netcode.wire.packets import Inputs, decode, encode_inputs

LIE = 50  # the frame whose input is told differently
INTERVAL = 10
TIMEOUT = 2.0  # seconds of silence until a peer is lost


def play(players: int, deceived: tuple[int, ...], frames: int = 240, **more: object) -> SwarmMatch:
    """Slot 0 lies."""
    mute, lie = bool(more.pop("mute", False)), int(str(more.pop("lie", LIE)))
    settings = MatchSettings.parse(
        {"env": "x", "players": players, "frames": frames, "digest_interval": INTERVAL}
        | {"disconnect_timeout": TIMEOUT}
        | more
    )
    fault = TwoFaces(slot=0, deceived=deceived, frame=lie, mute=mute)
    match = SwarmMatch(Scenario(settings=settings, faults=(fault,)))
    match.run(60)
    assert match.faults_found() == []
    return match


def the_desync(peer: VirtualPeer) -> Desync:
    (event,) = [event for event in peer.events if isinstance(event, Desync)]
    return event


@pytest.mark.parametrize("mute", [False, True], ids=["", "mute"])
@pytest.mark.parametrize(
    ("on_drop", "on_desync"), [("end", "stop"), ("default", "stop"), ("default", "return")]
)
@pytest.mark.parametrize("players", [3, 4, 8])
def test_all_honest_players_name_who_deceives_one(players: int, on_drop: str, on_desync: str, mute: bool):
    match = play(players, (players - 1,), on_drop=on_drop, on_desync=on_desync, mute=mute)
    for peer in match.peers[1:]:
        assert peer.reason is EndReason.DESYNC
        assert the_desync(peer).suspects[0] == "player 0"
        assert the_desync(peer).frame == LIE
        assert peer.session.ending.text.startswith("desync: player 0 told us other inputs than it ")
        assert len(peer.confirmed) < LIE + 20 * INTERVAL, "noticed soon"


def test_whom_several_contradict_is_the_only_one_left():
    """Two contradict the one that is deceived: both of them lie, or slot 0 alone."""
    match = play(4, (3,))
    assert the_desync(match.peers[3]).suspects == ("player 0",)


def test_who_contradicts_itself_is_the_only_one_left():
    match = play(2, (1,))
    assert the_desync(match.peers[1]).suspects == ("player 0",)
    assert "player 0 told us other inputs than it plays" in the_desync(match.peers[1]).text


def test_where_one_contradicts_one_both_are_told_and_the_denied_knows():
    """The same match is one in which slot 3 lies about what it was told: slot 0 alone can know."""
    match = play(4, (3,))
    for peer in match.peers[1:3]:
        assert the_desync(peer).suspects == ("player 0", "player 3")
        assert ", or player 3 denies what it was told: frame 50: " in the_desync(peer).text
    assert the_desync(match.peers[0]).suspects == ("player 3",)


@pytest.mark.parametrize("on_drop", ["hold", "default"])
def test_who_tells_everybody_else_other_inputs_than_it_plays_is_dropped_where_the_match_goes_on(
    on_drop: str,
):
    """All others hold the same: they play on, and alike."""
    settings = MatchSettings(
        env="x", players=4, frames=300, digest_interval=INTERVAL, on_drop=on_drop, on_desync="return"
    )
    match = VirtualMatch(settings, Weather(delay_ms=20), session_type=Boaster).run(60)
    one, *others = match.peers[1:]
    for peer in (one, *others):
        (dropped,) = [event for event in peer.events if isinstance(event, PlayerDropped)]
        assert (dropped.name, dropped.frame < LIE + 6 * INTERVAL) == ("player 0", True)
        assert peer.reason is EndReason.FINISHED
        assert peer.confirmed == one.confirmed


class Boaster(PlayerSession):
    """In slot 0: tells all others the same, and plays something else itself."""

    def outgoing(self, now: float) -> list[bytes]:
        packets = super().outgoing(now)
        lie = TwoFaces(slot=0, deceived=(1,), frame=LIE)
        return [tell(packet, 1, lie) or b"" for packet in packets] if self.local_slots == (0,) else packets


class Silent(PlayerSession):
    """In slot 0: plays on, and says one thing no more."""

    keeps: str

    def outgoing(self, now: float) -> list[bytes]:
        packets = super().outgoing(now)
        return [self._told(packet) for packet in packets] if self.local_slots == (0,) else packets

    def _told(self, packet: bytes) -> bytes:
        said = decode(packet)
        if not isinstance(said, Inputs):
            return packet
        return encode_inputs(packet[:LINK_ID_BYTES], replace(said, **{self.keeps: 0}))


@pytest.mark.parametrize("keeps", ["ack", "digest_ack", "confirmed"])
def test_who_does_not_say_what_it_has_keeps_nobodys_memory_growing(keeps: str):
    settings = MatchSettings(
        env="x", players=3, frames=900, digest_interval=INTERVAL, disconnect_timeout=TIMEOUT
    )
    kind = type("Keeping", (Silent,), {"keeps": keeps})
    match = VirtualMatch(settings, Weather(delay_ms=20), session_type=kind).run(30)
    for peer in match.peers[1:]:
        assert "player 0 plays on and does not say w" in peer.session.ending.text
        assert len(peer.confirmed) < 60 * (TIMEOUT + 3)


@pytest.mark.parametrize("on_drop", ["end", "default"])
def test_who_does_not_say_what_it_sees_is_accused_when_that_is_due(on_drop: str):
    match = play(3, (1,), frames=600, on_drop=on_drop, mute=True, lie=599)
    for peer in match.peers[1:]:
        accused = [event for event in peer.events if isinstance(event, Accused | PlayerDropped)]
        assert {event.name for event in accused} <= {"player 0"}
        if on_drop == "default":
            assert accused, "dropped"
            assert peer.reason is EndReason.FINISHED
        else:
            assert "player 0 plays on and does not say what it sees since frame 0" in peer.session.ending.text
            assert len(peer.confirmed) < 60 * (TIMEOUT + 2)
