"""Matches in virtual time as the tests here want them."""

from __future__ import annotations

from netcode.events import EndReason
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.match import Faults, VirtualMatch
from netcode.simulator.weather import Weather
from netcode.wire.packets import Inputs, decode

PERFECT = Weather()
WAN_BAD = Weather(delay_ms=50, jitter_ms=10, loss=0.03)
BURSTY = Weather(delay_ms=40, jitter_ms=8, burst_loss=0.05, burst_ms=250)  # 15 packets in a row at 60 Hz
CHAOS = Weather(delay_ms=30, jitter_ms=20, loss=0.1, reorder=0.2, reorder_ms=40, duplicate=0.2)
FAR = Weather(delay_ms=90, jitter_ms=5)


def settings(players: int, frames: int, **values: object) -> MatchSettings:
    return MatchSettings.parse(
        {"env": "mixing", "players": players, "frames": frames, "digest_interval": 10} | values
    )


def play(
    chosen: MatchSettings,
    weather: Weather,
    seconds: float = 120.0,
    faults: dict[int, Faults] | None = None,
    **more,
) -> VirtualMatch:
    return VirtualMatch(chosen, weather, faults=faults, **more).run(seconds)


def rollbacks(match: VirtualMatch) -> int:
    return sum(len(peer.depths) for peer in match.peers)


def inputs_lost(match: VirtualMatch) -> int:
    """Inputs that any peer confirmed otherwise than their author said them, or not at all."""
    frames, delay = match.peers[0].session.frames, match.settings.input_delay
    lost = 0
    for peer in match.peers:
        heard = {frame.frame: frame.inputs for frame in peer.confirmed}
        for author in match.peers:
            for frame in range(delay, frames):
                lost += frame not in heard or heard[frame][author.slot] != author.said.get(frame)
    return lost


def expect_a_good_match(match: VirtualMatch) -> None:
    """Every promise of a match that nothing ended early."""
    assert match.faults_found() == []
    assert [peer.reason for peer in match.peers] == [EndReason.FINISHED] * len(match.peers)
    assert inputs_lost(match) == 0
    assert len({peer.session.digest for peer in match.peers}) == 1
    for peer in match.peers:
        assert peer.session.compared == peer.session.digest_count > 0
        assert peer.session.stats.max_rollback_depth <= match.settings.window
        assert peer.session.stats.rollbacks == len(peer.depths)
        assert not any(link.stats.rejected for link in peer.session.links), [
            link.stats.rejections for link in peer.session.links
        ]


class SizeWatch(PlayerSession):
    """Notes the largest size of everything in a session that could grow."""

    def outgoing(self, now: float) -> list[bytes]:
        packets = super().outgoing(now)
        sizes = {
            "outcomes": len(self._rollback.outcomes),
            "own inputs": len(self._own._data),
            "own digests": len(self._digests._data),
            "events": len(self._course.events),
            "timeline": max(max(len(line.inputs), len(line._used)) for line in self.timelines),
            "their digests": max((len(link.comparison._theirs) for link in self.links), default=0),
            "packet": max((len(data) for data in packets if is_inputs(data)), default=0),
        }
        seen = self.__dict__.setdefault("largest", dict.fromkeys(sizes, 0))
        seen.update({name: max(seen[name], size) for name, size in sizes.items()})
        return packets


def is_inputs(data: bytes) -> bool:
    return isinstance(decode(data), Inputs)
