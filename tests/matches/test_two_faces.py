"""A player who tells two others different inputs cannot make them play two games without their noticing."""

from __future__ import annotations

from dataclasses import replace

from netcode.events import EndReason
from netcode.limits import LINK_ID_BYTES
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.game import HIGHEST_INPUT
from netcode.simulator.match import VirtualMatch
from netcode.simulator.weather import Weather
from netcode.wire.packets import Inputs, decode, encode_inputs

LIE = 50  # the frame whose input is told differently
INTERVAL = 10


class TwoFaced(PlayerSession):
    """In slot 0: tells slot 2 another input of one frame, each time it tells it."""

    def outgoing(self, now: float) -> list[bytes]:
        packets = super().outgoing(now)
        if self.local_slots != (0,):
            return packets
        (victim,) = [link.remote.link_out for link in self.links if link.remote.slots == (2,)]
        return [self._told(packet) if packet.startswith(victim) else packet for packet in packets]

    def _told(self, packet: bytes) -> bytes:
        said = decode(packet)
        if not isinstance(said, Inputs) or not said.first <= LIE < said.first + len(said.inputs):
            return packet
        inputs = bytearray(said.inputs)
        inputs[LIE - said.first] = (inputs[LIE - said.first] + 1) % (HIGHEST_INPUT + 1)
        return encode_inputs(packet[:LINK_ID_BYTES], replace(said, inputs=bytes(inputs)))


def test_who_tells_two_players_different_inputs_ends_the_match_as_a_desync():
    settings = MatchSettings(env="x", players=3, frames=300, digest_interval=INTERVAL)
    match = VirtualMatch(settings, Weather(delay_ms=20), session_type=TwoFaced).run(30)
    assert [peer.reason for peer in match.peers[1:]] == [EndReason.DESYNC] * 2
    for peer in match.peers[1:]:
        assert peer.confirmed[LIE - 1].inputs
        assert len(peer.confirmed) < LIE + 10 * INTERVAL, "noticed soon"
    left, right = (peer.confirmed for peer in match.peers[1:])
    assert left[:LIE] == right[:LIE]
    assert left[LIE].inputs[0] != right[LIE].inputs[0]
