"""Beside a slow machine all play at its pace, share the rollbacks, and are fast again with it: is that so?

Judged once the links are calm, in scenarios where a machine stays slow beyond the healing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from netcode.common_pace import SPARE, CommonPace
from netcode.phases import Phase
from netcode.simulator.match import Slowness, VirtualMatch, VirtualPeer
from netcode.simulator.scenario import Scenario, Slow

STANDING: Final = 0.1  # share of the time that a peer may stand still beside a slow machine, over a calm link
APART: Final = 2  # frames between the depths of rollbacks (p95) there
EASE: Final = 4  # frames of window and input delay that a calm link takes at most
FULL_AGAIN: Final = 3.0  # seconds after the last machine has recovered
MENDED: Final = 24  # frames of a slow match that it takes until a lead from before the healing is mended
PATIENCE: Final = 0.8  # of the disconnect timeout: the way to the others takes the rest
ODD_CLOCK: Final = 1.06  # one that is slower than this is not made up for


def slowness(fault: Slow, fps: float) -> Slowness:
    """What it does to a process."""
    work = 1.0 / fps / fault.speed
    return Slowness(fault.at, fault.at + fault.seconds, work, work * fault.replayed)


def silent_for_long(scenario: Scenario) -> set[int]:
    """Slots whose machine may take one rollback for so long that the others lose it."""
    settings = scenario.settings
    frame, patience = 1.0 / settings.fps, PATIENCE * settings.disconnect_timeout
    return {
        fault.slot
        for fault in scenario.faults
        if isinstance(fault, Slow) and settings.window * frame * fault.replayed / fault.speed > patience
    }


def slowdown_on(scenario: Scenario) -> float:
    """Times a frame's length that the slowest needs after the healing, with a rollback of one each frame."""
    return max(((1 + fault.replayed) / fault.speed for fault in _slow_on(scenario)), default=1.0)


def unevenness(match: VirtualMatch, scenario: Scenario) -> Iterator[tuple[VirtualPeer, str]]:
    """Plays on until the machines have recovered. Yields whom something befell that should not, and what."""
    if not _is_judged(match, scenario):
        return
    start, end = match.now, max(fault.at + fault.seconds for fault in _slow_on(scenario))
    before = [(peer, peer.session.stalls.seconds, len(peer.depths)) for peer in _playing(match)]
    match.run(end)
    playing = _playing(match)
    then = [(peer, stalled, depths) for peer, stalled, depths in before if peer in playing]
    for peer, stalled, _ in then:
        stood = peer.session.stalls.seconds - stalled
        if stood > STANDING * (end - start):
            yield peer, f"stood still {stood:.1f} s beside a slow machine"
    deep = [_p95(peer.depths[depths:]) for peer, _, depths in then]
    if deep and max(deep) - min(deep) > APART:
        yield then[0][0], f"rollbacks unequally deep beside a slow machine: {deep}"
    match.run(end + FULL_AGAIN)
    frames = [(peer, peer.session.frame) for peer in _playing(match)]
    match.run(end + FULL_AGAIN + 1.0)
    for peer, frame in frames:
        played = peer.session.frame - frame
        if peer in _playing(match) and played < 0.9 * match.settings.fps / peer.faults.clock_rate:
            yield peer, f"{played} frames in a second, and no machine is slow any more"


def _is_judged(match: VirtualMatch, scenario: Scenario) -> bool:
    settings = scenario.settings
    pace = CommonPace(settings.fps, settings.disconnect_timeout, settings.fast)
    waited_for = slowdown_on(scenario) * SPARE * pace.period > pace.longest
    odd = max(peer.faults.clock_rate for peer in match.peers) > ODD_CLOCK
    tight = settings.window + settings.input_delay < EASE
    tight |= FULL_AGAIN * settings.fps / slowdown_on(scenario) < MENDED
    # Until a loss is noticed all stand still, and until it is agreed on.
    settled = max((fault.at for fault in scenario.departures), default=0.0) + 2 * settings.disconnect_timeout
    busy = bool(scenario.departures) and settled > match.now
    return not (waited_for or odd or tight or busy or scenario.lie is not None) and bool(_slow_on(scenario))


def _slow_on(scenario: Scenario) -> list[Slow]:
    """Machines that are slow when all else is healed."""
    slow = [fault for fault in scenario.faults if isinstance(fault, Slow)]
    return [fault for fault in slow if fault.at + fault.seconds > scenario.heals_at + FULL_AGAIN]


def _playing(match: VirtualMatch) -> list[VirtualPeer]:
    return [peer for peer in match.peers if peer.alive and peer.session.phase is Phase.PLAYING]


def _p95(depths: Sequence[int]) -> int:
    return sorted(depths)[int(0.95 * (len(depths) - 1))] if depths else 0
