"""The faults of a scenario as a virtual match plays them: per process, per link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from netcode.errors import ConfigError
from netcode.simulator.audience import Seat
from netcode.simulator.broker import Absence, Stop, VirtualBroker, WitnessRules
from netcode.simulator.even_pace import slowness
from netcode.simulator.match import Faults
from netcode.simulator.scenario import (
    BrokerStops,
    ClockRate,
    Crash,
    Cut,
    LateStart,
    NoBroker,
    Pause,
    Return,
    Scenario,
    Slow,
    Unplug,
    Watch,
)
from netcode.simulator.weather import Weather


def cuts(scenario: Scenario) -> dict[tuple[int, int], list[Cut]]:
    """By direction; an unplugged cable cuts all of its peer's."""
    found: dict[tuple[int, int], list[Cut]] = {}
    for fault in scenario.faults:
        if isinstance(fault, Cut):
            found.setdefault((fault.source, fault.target), []).append(fault)
        elif isinstance(fault, Unplug):
            for other in set(range(scenario.settings.players)) - {fault.slot}:
                for source, target in ((fault.slot, other), (other, fault.slot)):
                    cut = Cut(source=source, target=target, at=fault.at, seconds=fault.seconds)
                    found.setdefault((source, target), []).append(cut)
    return found


def broker(scenario: Scenario, rules: Callable[[], WitnessRules] | None, weather: Weather) -> VirtualBroker:
    """The scenario's witness.

    Raises: ConfigError if nobody says by which rules it judges.
    """
    if rules is None:
        raise ConfigError("this scenario has a broker as its witness: say by which rules it judges")
    absences, stops = [], []
    for fault in scenario.faults:
        if isinstance(fault, NoBroker):
            absences.append(Absence(frozenset({fault.slot}), fault.at, fault.at + fault.seconds))
        elif isinstance(fault, BrokerStops):
            stops.append(Stop(fault.at, fault.at + fault.seconds))
    settings = scenario.settings
    return VirtualBroker(rules, settings.opening_players, weather, Random(settings.seed), absences, stops)


def seat(watch: Watch) -> Seat:
    """Where a spectator watches, and when its process vanishes."""
    gone = float("inf") if watch.crashes_at is None else watch.crashes_at
    return Seat(watch.through, Faults(starts_at=watch.at, crashes_at=gone))


def process_faults(scenario: Scenario, slot: int) -> Faults:
    """What goes wrong in the processes of `slot`, one after the other."""
    starts_at, rate = 0.0, 1.0
    pauses: dict[float, float] = {}
    crashes, returns, slow = [], [], []
    for fault in scenario.faults:
        match fault:
            case Pause() if fault.slot == slot:
                pauses[fault.at] = max(fault.seconds, pauses.get(fault.at, 0.0))
            case ClockRate() if fault.slot == slot:
                rate = fault.rate
            case Slow() if fault.slot == slot:
                slow.append(slowness(fault, scenario.settings.fps))
            case LateStart() if fault.slot == slot:
                starts_at = fault.seconds
            case Crash() if fault.slot == slot:
                crashes.append(fault.at)
            case Return() if fault.slot == slot:
                returns.append(fault.at)
            case _:
                pass
    if slot in scenario.settings.open_from_start:
        crashes.append(-1.0)  # nobody's, until somebody comes
    lives = _lives(sorted(crashes), sorted(returns))
    return replace(lives, starts_at=starts_at, clock_rate=rate, pauses=pauses, slow=slow)


def _lives(crashes: Sequence[float], returns: Sequence[float]) -> Faults:
    """One process after the other, each until its crash."""
    if not crashes:
        return Faults()
    back = [at for at in returns if at > crashes[0]]
    then = _lives([at for at in crashes if back and at > back[0]], back[1:]) if back else None
    return Faults(crashes_at=crashes[0], returns_at=back[0] if back else float("inf"), then=then)
