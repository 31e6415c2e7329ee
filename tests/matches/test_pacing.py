"""Pacing in whole matches: peers that start apart, or whose clocks differ, come together without a hitch."""

from __future__ import annotations

import pytest
from staged import settings

from netcode.pacing import MAX_STRETCH
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.weather import Weather

SYMMETRIC = Weather(50, 5)
SECONDS = 12
SOON = 3.0  # seconds to come together
TOGETHER = 2  # frames


class Watched(VirtualMatch):
    """Remembers how far apart the peers were, and how long their frames."""

    def __init__(self, weather: Weather, faults: dict[int, Faults]) -> None:
        super().__init__(settings(2, SECONDS * 60, fps=60, input_delay=0), weather, faults=faults)
        self.frame_lengths: list[float] = []  # seconds, of frames that were played
        self.apart: list[tuple[float, int]] = []  # (when, frames)

    def _tick(self, peer: VirtualPeer) -> float:
        frame = peer.session.frame
        length = super()._tick(peer)
        ahead, behind = (one.session.frame for one in self.peers)
        self.apart.append((self.now, ahead - behind))
        if peer.session.frame > frame and length > 0.005:  # else it waits, and looks again soon
            self.frame_lengths.append(length / peer.faults.clock_rate)
        return length


@pytest.mark.parametrize(
    "faults",
    [{}, {1: Faults(starts_at=0.5)}, {1: Faults(clock_rate=1.02)}, {0: Faults(pauses={4.0: 0.5})}],
    ids=["alike", "half a second later", "a clock 2 % slow", "a pause"],
)
def test_they_come_together_and_share_the_rollbacks(faults: dict[int, Faults]) -> None:
    match = Watched(SYMMETRIC, faults).run(SECONDS - 1)
    expect_together(match, since=4.5 if any(one.pauses for one in faults.values()) else 0.5)
    shares = [len(peer.depths) for peer in match.peers]
    assert min(shares) > 100
    assert max(shares) <= 0.6 * sum(shares)


def test_a_link_that_is_slower_one_way() -> None:
    """10 ms there, 90 ms back: they meet where both hear the other equally late, 40 ms from each other."""
    match = Watched(Weather(90, 1), {1: Faults(starts_at=0.5)})
    match.links[0, 1].weather = Weather(10, 1)
    expect_together(match.run(SECONDS - 1), since=0.5, at=-0.040 * 60)
    behind, ahead = (len(peer.depths) for peer in match.peers)
    assert min(behind, ahead) > 0.4 * (behind + ahead)


def expect_together(match: Watched, since: float, at: float = 0.0) -> None:
    """Soon the first is `at` frames ahead of the second, give or take what whole frames cannot tell."""
    late = [apart for when, apart in match.apart if when > since + SOON]
    assert late
    assert max(abs(apart - at) for apart in late) <= TOGETHER
    assert max(match.frame_lengths) <= (1 + MAX_STRETCH) / 60
