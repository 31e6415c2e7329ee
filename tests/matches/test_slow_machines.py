"""A machine that cannot keep the frame rate: all play at the pace it can keep, and share the rollbacks."""

from __future__ import annotations

import pytest
from staged import WAN_BAD, settings

from netcode.events import EndReason
from netcode.simulator.match import Faults, Slowness, VirtualMatch

SLOW_FROM, SLOW_UNTIL = 4.0, 14.0  # virtual seconds
RECOVERED = 3.0  # seconds until all play at the full rate again
MOST_STALLED = 0.02  # of the time
APART = 2  # frames between the p95 of rollback depths


def slow(speed: float, at: float = SLOW_FROM, until: float = SLOW_UNTIL, fps: float = 60) -> Slowness:
    """A third of a frame's work is the game, which a replayed frame costs again."""
    return Slowness(at, until, 1 / fps / speed, 0.3 / fps / speed)


def frames_at(match: VirtualMatch, when: float) -> list[int]:
    match.run(when)
    return [peer.session.frame for peer in match.peers]


def p95(depths: list[int]) -> int:
    return sorted(depths)[int(0.95 * (len(depths) - 1))] if depths else 0


class Fair(VirtualMatch):
    """Stops on the way, to be looked at."""

    def rates(self, since: float, until: float) -> list[float]:
        """Frames a second of each peer."""
        before = frames_at(self, since)
        return [
            (after - b) / (until - since) for after, b in zip(frames_at(self, until), before, strict=True)
        ]


def fair_match(slowness: dict[int, list[Slowness]], players: int = 2, **values: object) -> Fair:
    chosen = settings(players, 20 * 60, **({"fps": 60} | values))
    faults = {slot: Faults(slow=parts) for slot, parts in slowness.items()}
    return Fair(chosen, WAN_BAD, faults=faults)


def expect_fair(match: VirtualMatch, seconds: float) -> None:
    """Nobody stands still, and nobody has all the rollbacks."""
    for peer in match.peers:
        assert peer.session.stalls.seconds < MOST_STALLED * seconds, peer.number
    depths = [p95(peer.depths) for peer in match.peers]
    assert max(depths) - min(depths) <= APART, depths


@pytest.mark.parametrize("speed", [0.4, 0.7, 0.9])
@pytest.mark.parametrize("players", [2, 4])
def test_all_play_at_the_pace_of_the_slowest_and_recover_with_it(players: int, speed: float) -> None:
    match = fair_match({1: [slow(speed)]}, players)
    rates = match.rates(SLOW_FROM + 1, SLOW_UNTIL)
    assert max(rates) - min(rates) < 0.5
    assert 0.55 * speed * 60 < min(rates) <= speed * 60  # rollbacks cost the slow machine time, too
    slowed = [peer.session.common_pace.watch for peer in match.peers]
    assert all(watch.told and watch.lowest_by in (None, "player 1") for watch in slowed)
    rates = match.rates(SLOW_UNTIL + RECOVERED, SLOW_UNTIL + RECOVERED + 2)
    assert min(rates) > 59
    assert [peer.session.common_pace.watch.told for peer in match.peers] == [None] * players
    expect_fair(match, match.now)
    assert match.run(60.0).faults_found() == []


def test_two_slow_machines_and_the_slower_one_sets_the_pace() -> None:
    match = fair_match({1: [slow(0.7)], 2: [slow(0.4)]}, 3)
    rates = match.rates(SLOW_FROM + 1, SLOW_UNTIL)
    assert max(rates) < 0.4 * 60 and max(rates) - min(rates) < 0.5
    assert {peer.session.common_pace.slowest for peer in match.peers} == {None, "player 2"}
    match.run(60.0)
    expect_fair(match, match.now)


def test_a_slow_second_slows_nobody_for_long() -> None:
    match = fair_match({1: [slow(0.3, 4.0, 5.0)]})
    assert min(match.rates(5.7, 8.0)) > 59


@pytest.mark.parametrize("window", [0, 2])
def test_lockstep_and_a_small_window(window: int) -> None:
    match = fair_match({1: [slow(0.4)]}, window=window, input_delay=6)
    rates = match.rates(SLOW_FROM + 1, SLOW_UNTIL)
    assert min(rates) > 20 and max(rates) - min(rates) < 0.5
    assert all(peer.session.stalls.seconds < MOST_STALLED * match.now for peer in match.peers)


def test_without_a_pace_a_slow_machine_is_waited_for() -> None:
    """`--fast`: as fast as the window lets them."""
    match = fair_match({1: [slow(0.5, 0.0, 10.0)]}, fast=True)
    match.run(5.0)
    assert all(peer.session.common_pace.slowdown == 1.0 for peer in match.peers)
    assert match.peers[0].session.stalls.seconds > 1.0


def test_who_comes_late_into_a_slow_match_is_seated() -> None:
    chosen = settings(3, 20 * 60, fps=60, on_drop="default", disconnect_timeout=1.0)
    faults = {1: Faults(slow=[slow(0.4, 2.0, 40.0)]), 2: Faults(crashes_at=4.0, returns_at=8.0)}
    match = Fair(chosen, WAN_BAD, faults=faults)
    match.run(90.0)
    assert match.peers[3].reason is EndReason.FINISHED
    assert len(match.peers[3].session.slots) == 1
    assert match.peers[3].session.common_pace.watch.lowest_by == "player 1"


def test_who_is_on_the_way_in_slows_nobody_and_once_seated_is_a_player() -> None:
    chosen = settings(3, 20 * 60, fps=60, on_drop="default", disconnect_timeout=1.0)
    late = Faults(slow=[slow(0.6, 0.0, 60.0)])
    match = Fair(chosen, WAN_BAD, faults={2: Faults(crashes_at=3.0, returns_at=6.0, then=late)})
    slowed: list[tuple[bool, float]] = []  # is it on the way in, and how slow are the others?
    for tenth in range(60, 160):
        match.run(tenth / 10)
        if len(match.peers) > 3:
            joining = match.peers[3].session.catching_up is not None
            slowed.append((joining, max(peer.session.common_pace.slowdown for peer in match.peers[:2])))
    assert {slowdown for joining, slowdown in slowed if joining} == {1.0}
    assert slowed[-1][0] is False and slowed[-1][1] > 1.5
