"""Scenarios that may part the players anywhere: sleeps longer than the timeout, cuts, leaves, a lost broker.

Often just before the end of the match. None of them may ever make two winners.
"""

from __future__ import annotations

from random import Random
from typing import Final

from netcode.settings import MatchSettings
from netcode.simulator.scenario import (
    BrokerStops,
    Crash,
    Cut,
    Fault,
    Leave,
    NoBroker,
    Pause,
    Return,
    Unplug,
)

FPS: Final = (60, 30, 15)
LENGTHS: Final = (6, 9, 12)  # seconds of play
TIMEOUTS: Final = (0.7, 1.5)  # seconds of silence until a peer is lost
ALL_HERE: Final = 3.0  # seconds until everybody has begun
SETTLES: Final = 8.0  # seconds after the last frame could be played: the last sleeper wakes, links are calm


def split_settings(rng: Random, seed: int, players: int) -> MatchSettings:
    """A short match that plays on when somebody is lost."""
    fps = rng.choice(FPS)
    return MatchSettings(
        env="mixing",
        players=players,
        open_slots=rng.choice((0, 0, 0, 1)) if players > 2 else 0,
        seed=seed,
        fps=fps,
        frames=rng.choice(LENGTHS) * fps,
        window=rng.choice((0, 2, 8, 8, 8, 30)),
        input_delay=rng.choice((0, 1, 2, 5)),
        digest_interval=rng.choice((1, 10, 30, 60)),
        disconnect_timeout=rng.choice(TIMEOUTS),
        on_drop=rng.choice(("default", "hold")),
        witness=rng.choice(("none", "broker", "broker")),
    )


def heals_at(settings: MatchSettings) -> float:
    """Virtual seconds from which on nothing is amiss any more."""
    return settings.frames / settings.fps + SETTLES


def split_faults(rng: Random, settings: MatchSettings) -> list[Fault]:
    """One to four troubles, close to each other as often as not, and what becomes of the broker."""
    players, end = settings.opening_players, settings.frames / settings.fps
    faults: list[Fault] = []
    moment = rng.choice((end, end, ALL_HERE + (end - ALL_HERE) * rng.random()))
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        at = round(max(ALL_HERE, moment - settings.disconnect_timeout * rng.uniform(-1.0, 3.0)), 3)
        faults += _trouble(rng, settings, players, at)
        if rng.random() < 0.5:
            moment = ALL_HERE + (end - ALL_HERE) * rng.random()
    if settings.witness == "broker":
        faults += _without_broker(rng, players, end)
    if settings.open_slots and rng.random() < 0.7:
        at = round(rng.choice((rng.uniform(ALL_HERE, end - 1.0), max(1.0, moment - rng.random()))), 3)
        faults.append(Return(slot=settings.players - 1, at=at))
    return faults


def _trouble(rng: Random, settings: MatchSettings, players: int, at: float) -> list[Fault]:
    slot, timeout = rng.randrange(players), settings.disconnect_timeout
    seconds = round(timeout * rng.choice((0.9, 1.1, 2.0, 5.0)) * rng.uniform(0.8, 1.2), 3)
    match rng.choice(("sleep", "sleep", "sleep", "leave", "leave", "cut", "cut", "crash", "unplug")):
        case "sleep":
            if rng.random() < 0.5:  # through the end of the others' match
                until = settings.frames / settings.fps + timeout * rng.uniform(0.2, 3.0)
                seconds = round(max(seconds, until - at), 3)
            faults: list[Fault] = [Pause(slot=slot, at=at, seconds=seconds)]
            if rng.random() < 0.3:  # and meanwhile somebody has had enough
                other = rng.choice([one for one in range(players) if one != slot] or [slot])
                faults.append(Leave(slot=other, at=round(at + seconds * rng.uniform(0.5, 1.5), 3)))
            return faults
        case "leave":
            return [Leave(slot=slot, at=at)]
        case "crash":
            back = round(at + timeout + rng.uniform(0.3, 2.0), 3)
            return [Crash(slot=slot, at=at), *([Return(slot=slot, at=back)] if rng.random() < 0.5 else [])]
        case "unplug":
            return [Unplug(slot=slot, at=at, seconds=seconds)]
        case _:
            return _cut(rng, players, at, seconds, timeout)


def _cut(rng: Random, players: int, at: float, seconds: float, timeout: float) -> list[Fault]:
    """Between two groups, one way, both, or one after the other; all links or some of them."""
    slots = list(range(players))
    rng.shuffle(slots)
    size = rng.randint(1, players - 1)
    share, back = rng.choice((0.5, 1.0, 1.0)), rng.choice((None, None, 0.0, timeout * rng.uniform(0.5, 2.0)))
    pairs = [(a, b, at) for a in slots[:size] for b in slots[size:]]
    if back is not None:
        pairs += [(b, a, at + back) for a, b, _ in pairs]
    return [
        Cut(source=a, target=b, at=round(when + 0.2 * rng.random(), 3), seconds=seconds)
        for a, b, when in pairs
        if rng.random() < share
    ]


def _without_broker(rng: Random, players: int, end: float) -> list[Fault]:
    at, seconds = round(rng.uniform(0.0, end), 3), round(rng.choice((1.0, 5.0, 60.0)) * rng.random(), 3)
    match rng.choice(("there", "there", "out of reach", "out of reach", "dead", "anew")):
        case "out of reach":
            slots = rng.sample(range(players), rng.randint(1, players))
            return [NoBroker(slot=slot, at=at, seconds=seconds) for slot in slots]
        case "dead":
            return [BrokerStops(at=at, seconds=3600.0)]
        case "anew":
            return [BrokerStops(at=at, seconds=seconds)]
        case _:
            return []
