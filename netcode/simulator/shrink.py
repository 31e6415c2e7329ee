"""Makes a failing scenario small: drops and shortens one thing at a time, for as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from netcode.simulator.scenario import BadWeather, Cut, Fault, LateStart, Pause, Scenario, slots_of

MOST_TRIES: Final = 200  # matches played for one shrinking
_WEATHER: Final = ("loss", "burst_loss", "reorder", "duplicate", "jitter_ms", "delay_ms")


def shrink(scenario: Scenario, fails: Callable[[Scenario], bool], most_tries: int = MOST_TRIES) -> Scenario:
    """The smallest failing scenario found within `most_tries` calls of `fails`."""
    tries = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(scenario):
            tries += 1
            if tries > most_tries:
                return scenario
            if fails(candidate):
                scenario, smaller = candidate, True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios a step smaller, those that save most first."""
    faults = scenario.faults
    if len(faults) > 3:
        half = len(faults) // 2
        yield _with(scenario, faults[half:])
        yield _with(scenario, faults[:half])
    if scenario.settings.players > 2:
        yield _without_last_player(scenario)
    if scenario.settings.frames > 20:
        yield _shorter(scenario)
    for index in range(len(faults)):
        yield _with(scenario, faults[:index] + faults[index + 1 :])
    for index, fault in enumerate(faults):
        for less in _milder(fault):
            yield _with(scenario, (*faults[:index], less, *faults[index + 1 :]))
    if scenario.hold:
        yield scenario.model_copy(update={"hold": 0.0})
    if scenario.brittle:
        yield scenario.model_copy(update={"brittle": False})
    if scenario.forgetful:
        yield scenario.model_copy(update={"forgetful": False})
    if not scenario.ordered:
        yield scenario.model_copy(update={"ordered": True})


def _with(scenario: Scenario, faults: tuple[Fault, ...]) -> Scenario:
    return scenario.model_copy(update={"faults": faults})


def _without_last_player(scenario: Scenario) -> Scenario:
    players = scenario.settings.players - 1
    settings = scenario.settings.model_copy(update={"players": players})
    faults = tuple(fault for fault in scenario.faults if max(slots_of(fault)) < players)
    return scenario.model_copy(update={"settings": settings, "faults": faults})


def _shorter(scenario: Scenario) -> Scenario:
    """Half the frames. Healing comes earlier too, so that no fault outlives the match."""
    settings = scenario.settings.model_copy(update={"frames": scenario.settings.frames // 2})
    heals_at = round(scenario.heals_at / 2, 3)
    return scenario.model_copy(update={"settings": settings, "heals_at": heals_at})


def _milder(fault: Fault) -> Iterator[Fault]:
    match fault:
        case BadWeather():
            for name in _WEATHER:
                if getattr(fault, name):
                    yield fault.model_copy(update={name: 0.0})
        case Cut() | Pause() | LateStart():
            if fault.seconds > 0.05:
                yield fault.model_copy(update={"seconds": round(fault.seconds / 2, 3)})
        case _:
            pass
