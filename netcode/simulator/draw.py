"""From a seed, a scenario: every kind of fault, in every mixture, now and then."""

from __future__ import annotations

from random import Random
from typing import Final

from netcode.settings import MatchSettings
from netcode.simulator.draw_splits import heals_at, split_faults, split_settings
from netcode.simulator.hostile import HARMLESS, TRICKS
from netcode.simulator.scenario import (
    BadWeather,
    ClockRate,
    Crash,
    Cut,
    Fault,
    LateStart,
    Leave,
    Pause,
    Return,
    Scenario,
    Slow,
    Trick,
    TwoFaces,
    Unplug,
    Watch,
)

SECONDS: Final = 20  # of play, when nothing holds it up
HEALS_AT: Final = 13.0  # virtual seconds
FPS: Final = (60, 60, 50, 30, 20, 15)  # as environments have them
TIMEOUT: Final = 7.0  # seconds of silence until a peer is lost
OUTAGE: Final = 5.0  # seconds that all cuts and pauses may add up to: below TIMEOUT, whatever weather adds
ALL_HERE: Final = 5.0  # seconds until even the latest has started and heard everybody
SURVIVES: Final = 0.3  # share of scenarios that play on when somebody is lost
SHORT_TIMEOUT: Final = 2.0  # seconds of silence until a peer is lost, where it is survived
SHORT_OUTAGE: Final = 0.8  # seconds, as OUTAGE
WATCHED: Final = 0.2  # share of scenarios that are watched
LIES: Final = 0.08  # share of scenarios in which somebody tells the others different inputs
EARLY: Final = 0.15  # share of those that survive drops in which somebody crashes while the links open
BRITTLE: Final = 0.15  # share of scenarios whose game fails on some guesses
SLOWED: Final = 0.25  # share of scenarios with a slow machine
SPEEDS: Final = (0.25, 0.4, 0.5, 0.7, 0.9)  # of the frame rate
SLOW_ON: Final = 6.0  # seconds that some machines stay slow after the healing
FORGETFUL: Final = 0.15  # share of those whose game comes into states that no snapshot can put back
DEPARTS: Final = 0.08  # share of scenarios in which somebody crashes or leaves
SPLITS: Final = 0.3  # share of scenarios that may part the players anywhere


def draw_scenario(
    seed: int, players: int | None = None, survives: bool | None = None, splits: bool | None = None
) -> Scenario:
    """The same seed (and players) gives the same scenario. `players`: 2 to 8, drawn if not given;
    `survives`: whether the match plays on when somebody is lost; `splits`: whether that may part the players
    anywhere, drawn if neither is given."""
    rng = Random(f"{seed} {players}")
    players = players or rng.choice((2, 2, 2, 3, 3, 4, 4, 5, 6, 8))
    if splits if splits is not None else survives is None and rng.random() < SPLITS:
        return _draw_split(rng, seed, players)
    drawn = rng.random() < SURVIVES
    survives = drawn if survives is None else survives
    fps = rng.choice(FPS)
    settings = MatchSettings(
        env="mixing",
        players=players,
        seed=seed,
        fps=fps,
        frames=SECONDS * fps,
        window=rng.choice((0, 1, 2, 4, 6, 8, 8, 8, 12, 16, 30)),
        input_delay=rng.choice((0, 1, 1, 2, 2, 3, 5)),
        digest_interval=rng.choice((1, 5, 10, 30, 30, 60)),
        prediction=rng.choice(("repeat-last", "repeat-last", "default")),
        disconnect_timeout=SHORT_TIMEOUT if survives else TIMEOUT,
        on_drop=rng.choice(("default", "hold")) if survives else "end",
    )
    liar = Random(f"{seed} {players} lies")  # its own: other scenarios stay as they were
    lies = liar.random() < LIES
    if lies:
        settings = settings.model_copy(update={"on_desync": liar.choice(("stop", "return"))})
        if not survives:
            settings = settings.model_copy(update={"on_desync": "stop"})
    outage = SHORT_OUTAGE if survives else OUTAGE
    faults = [*_weathers(rng, players), *_outages(rng, players, outage), *_clocks(rng, players)]
    if lies:
        faults += [_lie(liar, settings)]
    elif survives:
        faults = [_without_long_bursts(fault) for fault in faults]
        early = Random(f"early {seed} {players}")
        faults += [_early(early, players)] if early.random() < EARLY else _drops(rng, players)
    else:
        faults += [*_tricks(rng, players), *_departures(rng, players)]
    faults += _watchers(rng, players, HEALS_AT)
    faults += _slow_machines(Random(f"slow {seed} {players}"), players)
    hold, ordered = rng.choice((0.0, 0.5, 0.9, 0.97)), rng.random() < 0.5
    # Whom "hold" plays for may hold what breaks the game.
    brittle = not lies and settings.on_drop != "hold" and Random(f"{seed} brittle").random() < BRITTLE
    forgetful = settings.on_desync == "stop" and Random(f"{seed} forgetful").random() < FORGETFUL
    return Scenario(
        settings=settings,
        hold=hold,
        ordered=ordered,
        brittle=brittle,
        forgetful=forgetful,
        heals_at=HEALS_AT,
        faults=tuple(faults),
    )


def _draw_split(rng: Random, seed: int, players: int) -> Scenario:
    settings = split_settings(rng, seed, players)
    opening = settings.opening_players
    weathers = _weathers(rng, opening) if rng.random() < 0.5 else []
    faults = [_without_long_bursts(fault) for fault in weathers]
    faults += [*split_faults(rng, settings), *_watchers(rng, opening, settings.frames / settings.fps - 2.0)]
    return Scenario(
        settings=settings,
        hold=rng.choice((0.0, 0.9)),
        ordered=rng.random() < 0.5,
        heals_at=heals_at(settings),
        faults=tuple(faults),
        may_split=True,
    )


def _pair(rng: Random, players: int) -> tuple[int, int]:
    source, target = rng.sample(range(players), 2)
    return source, target


def _weathers(rng: Random, players: int) -> list[Fault]:
    """One mood for all links, or one for each direction of each."""
    pairs = [(a, b) for a in range(players) for b in range(players) if a != b]
    if rng.random() < 0.5:
        mood = _weather(rng, *pairs[0])
        return [mood.model_copy(update={"source": a, "target": b}) for a, b in pairs]
    return [_weather(rng, a, b) for a, b in pairs if rng.random() < 0.7]


def _weather(rng: Random, source: int, target: int) -> BadWeather:
    def now_and_then(most: float) -> float:
        return round(rng.uniform(0.0, most), 3) if rng.random() < 0.4 else 0.0

    return BadWeather(
        source=source,
        target=target,
        delay_ms=round(rng.choice((2.0, 20.0, 50.0, 90.0)) * rng.uniform(0.5, 1.5), 1),
        jitter_ms=round(rng.choice((0.0, 5.0, 20.0)) * rng.random(), 1),
        loss=now_and_then(0.25),
        burst_loss=now_and_then(0.08),
        burst_ms=rng.choice((50.0, 250.0)),
        reorder=now_and_then(0.3),
        reorder_ms=rng.choice((10.0, 40.0)),
        duplicate=now_and_then(0.3),
        kbit=rng.choice((0.0, 0.0, 0.0, 256.0)),
    )


def _without_long_bursts(fault: Fault) -> Fault:
    """None may look like a peer that is gone."""
    return fault.model_copy(update={"burst_ms": 50.0}) if isinstance(fault, BadWeather) else fault


def _outages(rng: Random, players: int, most: float) -> list[Fault]:
    faults: list[Fault] = []
    left = most
    for _ in range(rng.randrange(6)):
        seconds = round(min(left, rng.choice((0.1, 0.5, 4.0)) * rng.random()), 3)
        at = round(rng.uniform(0.0, HEALS_AT - OUTAGE), 3)
        left -= seconds
        if rng.random() < 0.5:
            source, target = _pair(rng, players)
            faults.append(Cut(source=source, target=target, at=at, seconds=seconds))
        else:
            faults.append(Pause(slot=rng.randrange(players), at=at, seconds=seconds))
    return faults


def _clocks(rng: Random, players: int) -> list[Fault]:
    faults: list[Fault] = []
    for slot in range(players):
        if rng.random() < 0.25:
            faults.append(
                ClockRate(slot=slot, rate=round(rng.choice((1.0, 1.05, 1.2)) - 0.03 * rng.random(), 4))
            )
        if rng.random() < 0.25:
            faults.append(LateStart(slot=slot, seconds=round(rng.choice((0.05, 3.0)) * rng.random(), 3)))
    return faults


def _slow_machines(rng: Random, players: int) -> list[Fault]:
    """One or two, for long, for a second, or with a speed that swings."""
    if rng.random() >= SLOWED:
        return []
    faults: list[Fault] = []
    for slot in rng.sample(range(players), rng.choice((1, 1, 1, 2))):
        at, replayed = round(rng.uniform(0.0, 6.0), 3), rng.choice((0.0, 0.3, 0.9))
        end = rng.choice((HEALS_AT, HEALS_AT + SLOW_ON))
        times = rng.choice(((end - at,), (end - at,), (1.0,), (1.0, 0.5) * 4, (2.0,) * 3))
        for seconds in times:
            speed = rng.choice(SPEEDS)
            until = min(at + seconds, end)
            faults.append(
                Slow(slot=slot, at=at, seconds=round(until - at, 3), speed=speed, replayed=replayed)
            )
            at = until
    return faults


def _tricks(rng: Random, players: int) -> list[Fault]:
    if rng.random() < 0.5:
        return []
    hostile = rng.randrange(players)
    names = rng.sample(TRICKS, rng.randint(1, 4))
    return [Trick(slot=hostile, name=name, share=rng.choice((0.02, 0.2))) for name in names]


def _lie(rng: Random, settings: MatchSettings) -> Fault:
    slot, *others = rng.sample(range(settings.players), settings.players)
    deceived = tuple(sorted(others[: rng.randint(1, len(others))]))
    frame = rng.randrange(settings.input_delay, settings.frames - 1)
    frames, mute = rng.choice((1, 1, 30, settings.frames)), rng.random() < 0.3
    return TwoFaces(slot=slot, deceived=deceived, frame=frame, frames=frames, mute=mute)


def _early(rng: Random, players: int) -> Fault:
    """Somebody crashes while the links open, or soon after."""
    return Crash(slot=rng.randrange(1, players), at=round(rng.uniform(0.0, ALL_HERE), 3))


def _departures(rng: Random, players: int) -> list[Fault]:
    if rng.random() >= DEPARTS:
        return []
    slot, at = rng.randrange(players), round(rng.uniform(0.0, HEALS_AT), 3)  # also while the links open
    return [Crash(slot=slot, at=at) if rng.random() < 0.5 else Leave(slot=slot, at=at)]


def _drops(rng: Random, players: int) -> list[Fault]:
    """Fewer than half crash, leave or lose their cable, one after the other or in the midst of agreeing on
    the one before; some come back, and may die again."""
    # Of two, the one with the lower slot plays on.
    lost = [1] if players == 2 else rng.sample(range(players), rng.randint(1, (players - 1) // 2))
    faults: list[Fault] = []
    at = rng.uniform(ALL_HERE, HEALS_AT - 4.0)
    for slot in lost:
        faults += _departure(rng, players, slot, round(at, 3))
        at = min(at + rng.choice((0.05, SHORT_TIMEOUT, 3.0)) * rng.random(), HEALS_AT - 1.0)
    if rng.random() < 0.4:
        faults += [Trick(slot=lost[0], name=rng.choice(HARMLESS), share=0.1)]
    return faults


def _watchers(rng: Random, players: int, latest: float) -> list[Fault]:
    """They come at `latest` seconds at most."""
    if rng.random() >= WATCHED:
        return []
    watchers: list[Fault] = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        through = tuple(rng.sample(range(players), rng.randint(1, min(players, 3))))
        at = round(rng.uniform(0.0, latest), 3)
        crashes_at = round(rng.uniform(at, SECONDS), 3) if rng.random() < 0.2 else None
        watchers.append(Watch(through=through, at=at, crashes_at=crashes_at))
    return watchers


def _departure(rng: Random, players: int, slot: int, at: float) -> list[Fault]:
    how = rng.random()
    if how < 0.2:
        return [Unplug(slot=slot, at=at, seconds=round(rng.uniform(2.5, 8.0), 3))]
    if how < 0.35:
        return [Leave(slot=slot, at=at)]
    faults: list[Fault] = []
    if how < 0.6:  # some have not heard its last words
        deaf = rng.choice([other for other in range(players) if other != slot])
        faults.append(Cut(source=slot, target=deaf, at=round(at - 0.2 * rng.random(), 3), seconds=1.0))
    faults.append(Crash(slot=slot, at=at))
    if rng.random() < 0.7:
        back = round(at + SHORT_TIMEOUT + rng.uniform(0.5, 3.0), 3)
        faults.append(Return(slot=slot, at=back))
        if rng.random() < 0.3:
            again = round(back + rng.uniform(0.05, 3.0), 3)
            faults += [Crash(slot=slot, at=again), Return(slot=slot, at=round(again + 3.5, 3))]
    return faults
