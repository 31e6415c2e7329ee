"""Is an environment fit for rollback? Tried, not believed: the logic of `netplay check`.

A plain run (nothing skipped, a new environment for each episode) is the truth. Everything a match does
differently - snapshots, wrong predictions taken back, observations left out, looking - is played beside
it and must come to the same outcomes and digests to the bit.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from netcode.errors import NetplayError, UnplayableError
from netcode.settings import MatchSettings
from netcode.sync_test import SyncTestSession
from peer.simulation import elsewhere
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.environments import one_line
from peer.simulation.make import make_simulation
from peer.simulation.state_diff import differences
from peer.simulation.trial import first_difference, same_observation

DEPTHS: Final = (1, 2, 3, 5, 8, 13, 21)  # frames rolled back
_SPARE: Final = 0.8  # share of a frame's time that stepping may take; the rest is for drawing and the network
_DIGEST_EVERY: Final = 10
_LOOK_EVERY: Final = 25

Notify = Callable[[str, float], None]


@dataclass(slots=True)
class Check:
    """One claim, and how it fared. `passed` is None if it does not apply."""

    claim: str
    passed: bool | None
    detail: str = ""


@dataclass(slots=True)
class Report:
    """What was found out. `ok`: certified for exactly what netplay would do with it, rollback or lockstep."""

    env: str
    players: int
    frames: int
    fps: float = 60.0
    episodes: int = 0
    checks: list[Check] = field(default_factory=list)
    costs_us: dict[str, float] = field(default_factory=dict)
    objects: int = 0  # mutable objects in a snapshot
    mode: str = "unplayable"  # or "rollback", "lockstep"
    replayed_frames: int = 0  # that fit one frame's time
    verdict: str = ""

    @property
    def ok(self) -> bool:
        return self.mode != "unplayable" and all(check.passed is not False for check in self.checks)


@dataclass(slots=True)
class _Truth:
    """The plain run, frame by frame."""

    inputs: list[list[bytes]] = field(default_factory=list)
    outcomes: list[bytes] = field(default_factory=list)
    digests: dict[int, bytes] = field(default_factory=dict)  # after that many frames
    ends: list[int] = field(default_factory=list)  # frames that ended an episode
    step_us: float = 0.0


def certify(
    settings: MatchSettings, frames: int = 300, notify: Notify = lambda _stage, _share: None
) -> Report:
    """Try an environment out for `frames` frames; `notify(stage, share done)` as it goes.

    Raises: UnplayableError if it cannot be made, or breaks down.
    """
    try:
        return _certify(settings, frames, notify)
    except NetplayError:
        raise
    except Exception as error:  # somebody else's code
        raise UnplayableError(f"{settings.env} failed while it was played: {one_line(error)}") from error


def _certify(settings: MatchSettings, frames: int, notify: Notify) -> Report:
    report = Report(settings.env, settings.players, frames)
    truth, plain = _play_plain(settings, report, notify)
    report.fps, report.episodes = plain.fps, plain.episode
    report.checks.append(_same_seed_twice(settings, truth, plain, notify))
    report.checks.append(_same_seed_elsewhere(settings, truth, plain, notify))
    if all(check.passed for check in report.checks):
        if plain.captures:
            match = make_simulation(settings)
            report.checks.append(_shortcuts(match, truth, plain, notify))
            report.checks += _rollbacks(settings, match, truth, notify)
            _measure(match, truth, report)
        report.checks.append(_looking(settings, truth, notify))
    _judge(report, plain)
    return report


def _play_plain(
    settings: MatchSettings, report: Report, notify: Notify
) -> tuple[_Truth, EnvironmentSimulation]:
    truth, rng = _Truth(), random.Random(settings.seed)
    plain = EnvironmentSimulation(settings)
    held = 0
    inputs: list[bytes] = []
    took = 0.0
    for frame in range(report.frames):
        if held == 0:  # held for a while, as people do: it gets further than trembling
            inputs, held = [codec.sample(rng) for codec in plain.codecs], rng.randint(1, 12)
        held -= 1
        truth.inputs.append(inputs)
        started = time.perf_counter()
        truth.outcomes.append(plain.step(inputs))
        took += time.perf_counter() - started
        if plain.decode_outcome(truth.outcomes[-1]).episode_ended:
            truth.ends.append(frame)
        if frame % _DIGEST_EVERY == _DIGEST_EVERY - 1 or frame == report.frames - 1:
            truth.digests[frame + 1] = plain.digest()
            notify("playing the plain environment", frame / report.frames)
    truth.step_us = took / report.frames * 1e6
    report.costs_us = {"step, plain": truth.step_us}
    return truth, plain


def _same_seed_twice(
    settings: MatchSettings, truth: _Truth, plain: EnvironmentSimulation, notify: Notify
) -> Check:
    again = EnvironmentSimulation(settings)
    return _follow("same seed, same game", again, truth, plain, notify)


def _same_seed_elsewhere(
    settings: MatchSettings, truth: _Truth, plain: EnvironmentSimulation, notify: Notify
) -> Check:
    """Another process has other addresses and other string hashes: sets and id() give themselves away."""
    claim = "same seed, same game in another process"
    notify("playing in another process", 0.5)
    try:
        answer = elsewhere.play_elsewhere(settings, truth.inputs)
    except NetplayError as error:
        return Check(claim, False, str(error))
    if answer.outcomes == truth.outcomes and answer.digest == truth.digests[len(truth.outcomes)]:
        return Check(claim, True)
    found = differences(plain.flatten(), answer.state, 1)
    if not found:
        for frame, (ours, theirs) in enumerate(zip(truth.outcomes, answer.outcomes, strict=True)):
            if ours != theirs:
                found = [f"rewards or ends of frame {frame}"]
                break
    return Check(claim, False, found[0] if found else "the digest")


def _follow(
    claim: str, other: EnvironmentSimulation, truth: _Truth, plain: EnvironmentSimulation, notify: Notify
) -> Check:
    """Play the same inputs on `other`; where it leaves the truth, name the field by playing both again."""
    for frame, inputs in enumerate(truth.inputs):
        outcome = other.step(inputs)
        expected = truth.digests.get(frame + 1)
        if outcome != truth.outcomes[frame] or (expected is not None and other.digest() != expected):
            if frame + 1 == len(truth.inputs) and (found := first_difference(plain, other)):
                return Check(claim, False, f"{found} (frame {frame})")
            return Check(claim, False, _name_difference(other, truth, frame))
        if expected is not None:
            notify(claim, frame / len(truth.inputs))
    found = first_difference(plain, other)
    return Check(claim, found is None, found or "")


def _name_difference(other: EnvironmentSimulation, truth: _Truth, frame: int) -> str:
    """`other` has just left the truth at `frame`: play a plain one to there and compare field by field."""
    fresh = EnvironmentSimulation(other.settings)
    for inputs in truth.inputs[: frame + 1]:
        fresh.step(inputs)
    found = differences(fresh.flatten(), other.flatten(), 1)
    return f"{found[0] if found else 'rewards or ends differ, no field does'} (frame {frame})"


def _shortcuts(
    match: EnvironmentSimulation, truth: _Truth, plain: EnvironmentSimulation, notify: Notify
) -> Check:
    used = [name for name, on in (("without observations", match.observation_free),) if on]
    used += ["environment reused"] if match.reuses_environment else []
    start = match.capture()
    check = _follow("stepped as in a match: " + (", ".join(used) or "plainly"), match, truth, plain, notify)
    match.restore(start)
    return check


def _rollbacks(
    settings: MatchSettings, match: EnvironmentSimulation, truth: _Truth, notify: Notify
) -> list[Check]:
    """After every frame play on with wrong inputs, take that and a few frames more back, play the truth."""
    claim = "wrong predictions taken back exactly"
    rng = random.Random(settings.seed + 1)
    session = SyncTestSession(match, depths=DEPTHS)
    crossed = 0
    for frame, inputs in enumerate(truth.inputs):
        astray = _Astray(match, rng, DEPTHS[frame % len(DEPTHS)])
        outcome = session.advance(inputs, astray)
        if session.result.fault is not None:
            return [Check(claim, False, str(session.result.fault))]
        if outcome != truth.outcomes[frame]:
            return [Check(claim, False, f"rewards or ends differ (frame {frame}, with rollbacks before it)")]
        expected = truth.digests.get(frame + 1)
        if expected is not None and match.digest() != expected:
            return [Check(claim, False, f"{_name_difference(match, truth, frame)}, with rollbacks before it")]
        crossed += astray.ended or any(frame - session.depth < end <= frame for end in truth.ends)
        if frame % _DIGEST_EVERY == 0:
            notify(claim, frame / len(truth.inputs))
    if crossed:
        across = Check("an episode's end taken back", True, f"{crossed} times")
    else:
        detail = f"no episode ended in {len(truth.inputs)} frames: try more --frames"
        across = Check("an episode's end taken back", None, detail)
    result = session.result
    detail = f"{result.rollbacks} times, up to {max(result.depths)} frames deep"
    return [Check(claim, True, detail), across]


class _Astray:
    """Frames of wrong inputs, as many as asked for. Knows afterwards whether they ended an episode."""

    def __init__(self, match: EnvironmentSimulation, rng: random.Random, frames: int) -> None:
        self._match, self._rng, self._frames = match, rng, frames
        self.ended = False

    def __iter__(self) -> Iterator[list[bytes]]:
        episode = self._match.episode
        for _ in range(self._frames):
            yield [codec.sample(self._rng) for codec in self._match.codecs]
        self.ended = self._match.episode != episode


def _looking(settings: MatchSettings, truth: _Truth, notify: Notify) -> Check:
    """Drawing and observing on one peer only must not move its game away from the others'."""
    claim = "drawing and observing change nothing"
    seen = make_simulation(settings)
    for frame, inputs in enumerate(truth.inputs):
        if frame % _LOOK_EVERY == 0:
            before = seen.flatten()
            seen.render()
            for slot in range(seen.slots):
                first, second = seen.observe(slot), seen.observe(slot)
                if not same_observation(first, second):
                    detail = f"{seen.agents[slot]} observes two things at once (frame {frame})"
                    return Check(claim, False, detail)
            found = differences(before, seen.flatten(), 1)
            if found:
                return Check(claim, False, f"{found[0]} (frame {frame})")
            notify(claim, frame / len(truth.inputs))
        if seen.step(inputs) != truth.outcomes[frame]:
            return Check(claim, False, f"rewards or ends differ after looking (frame {frame})")
    agrees = seen.digest() == truth.digests[len(truth.inputs)]
    return Check(claim, agrees, "" if agrees else "the state differs after looking")


def _measure(match: EnvironmentSimulation, truth: _Truth, report: Report) -> None:
    """Costs in the middle of the run, medians in microseconds."""
    steps = [_timed(partial(match.step, inputs)) for inputs in truth.inputs[:100]]
    snapshot = match.capture()
    report.objects = len(snapshot.graph)
    report.costs_us["step, as in a match"] = _median(steps)
    report.costs_us["capture"] = _median([_timed(match.capture) for _ in range(50)])
    report.costs_us["restore"] = _median([_timed(lambda: match.restore(snapshot)) for _ in range(50)])
    report.costs_us["digest"] = _median([_timed(match.digest) for _ in range(10)])
    report.costs_us["render"] = _median([_timed(match.render) for _ in range(3)])
    frame = report.costs_us["step, as in a match"] + report.costs_us["capture"]
    left = 1e6 / report.fps * _SPARE - frame - report.costs_us["restore"]
    report.replayed_frames = max(int(left / frame), 0)


def _timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e6


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _judge(report: Report, plain: EnvironmentSimulation) -> None:
    failed = next((check for check in report.checks if check.passed is False), None)
    if failed is not None:
        report.mode = "unplayable"
        report.verdict = f"not playable because '{failed.claim}' does not hold: {failed.detail}"
        if failed.claim not in (check.claim for check in report.checks[:2]):
            report.verdict += "; deterministic, though: window = 0 (lockstep) plays it"
    elif not plain.captures:
        report.mode = "lockstep"
        report.verdict = f"lockstep only because {plain.lockstep_reason}"
    else:
        report.mode = "rollback"
        report.verdict = (
            f"rollback at {report.fps:g} fps with up to {report.replayed_frames} replayed frames per frame"
        )
