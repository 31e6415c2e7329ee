"""Is an environment fit for rollback? Tried, not believed: the logic of `netplay check`.

A plain run (nothing skipped, a new environment for each episode) is the truth. Everything a match does
differently - snapshots, wrong predictions taken back, observations left out, looking - is played beside
it and must come to the same outcomes and digests to the bit. Where it does not, scenarios.py looks for the
line. Nothing is kept from one check to the next: the answer is about the environment as it is now.
"""

from __future__ import annotations

import time

from netcode.errors import NetplayError, UnplayableError
from netcode.settings import MatchSettings
from peer.simulation.check.certificate import Check, Report
from peer.simulation.check.claims import OF_ROLLBACK, Claims
from peer.simulation.check.frame_costs import measure_costs
from peer.simulation.check.plain_run import Notify, Thorough, play_plainly, watch_entropy
from peer.simulation.digest_cost import costly_digests
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.quoting import one_line


def certify(
    settings: MatchSettings,
    frames: int = 300,
    notify: Notify = lambda _stage, _share: None,
    thorough: Thorough | None = None,
) -> Report:
    """Try an environment out for `frames` frames; `notify(stage, share done)` as it goes.

    thorough: go on for whole episodes.

    Raises: UnplayableError if it cannot be made, or breaks down.
    """
    try:
        return _certify(settings, frames, notify, thorough)
    except NetplayError:
        raise
    except Exception as error:  # somebody else's code
        raise UnplayableError(f"{settings.env} failed while it was played: {one_line(error)}") from error


def _certify(settings: MatchSettings, frames: int, notify: Notify, thorough: Thorough | None) -> Report:
    deadline = time.monotonic() + thorough.minutes * 60 if thorough else float("inf")
    run, plain = play_plainly(settings, frames, notify, thorough)
    report = Report(settings.env, settings.players, len(run.inputs), left_out=plain.left_out)
    report.fps, report.episodes = plain.fps, plain.episode
    report.costs_us = {"step, plain": run.step_us}
    claims = Claims(settings, run, plain, notify, frames, deadline)
    report.checks.append(claims.same_seed_twice())
    if report.checks[0].passed:
        report.checks.append(claims.same_seed_elsewhere())
    if all(check.passed for check in report.checks):
        if plain.lockstep_reason is not None:
            report.checks.append(claims.no_snapshots(plain.lockstep_reason))
        else:
            report.checks.append(claims.shortcuts())
            report.checks += claims.rollbacks()
            report.guessed, report.ends_guessing = claims.guessed, claims.ends_guessing
        report.checks += claims.looking()
        report.checks.append(claims.foreign_actions())
        measure_costs(claims.match, run, report)
    watched, watch = watch_entropy(settings, run)
    uses = dict.fromkeys([*plain.entropy, *watched.entropy, *claims.entropy, *watch.uses])
    report.entropy = [use.as_dict() for use in uses]
    _judge(report, plain)
    return report


def _judge(report: Report, plain: EnvironmentSimulation) -> None:
    failed = next((check for check in report.checks if check.passed is False), None)
    if failed is not None:
        report.mode = "unplayable"
        report.verdict = f"not playable because '{failed.claim}' does not hold: {_what_fails(failed)}"
        if all(check.passed is not False or check.claim in OF_ROLLBACK for check in report.checks):
            report.verdict += "; deterministic, though: window = 0 (lockstep) plays it"
    elif not plain.captures:
        report.mode = "lockstep"
        report.verdict = f"lockstep only because {plain.lockstep_reason}{_coverage(report)}"
    elif report.replayed_frames:
        report.mode = "rollback"
        report.verdict = (
            f"rollback at {report.fps:g} fps with up to {report.replayed_frames} replayed frames per frame"
            f"{_coverage(report)}"
        )
    else:
        report.mode = "rollback"
        report.verdict = (
            f"rollback is exact, but at {report.fps:g} fps there is no time to replay a frame: "
            f"lower --fps, or lockstep (--prediction-window 0){_coverage(report)}"
        )
    digest_s = report.costs_us.get("digest", 0.0) / 1e6
    if costly := costly_digests(digest_s, report.fps, plain.settings.digest_interval):
        report.verdict += f"; {costly}"


def _coverage(report: Report) -> str:
    """What was tried: beyond it nothing is known."""
    ends = "1 end" if report.episodes == 1 else f"{report.episodes or 'no'} ends"
    less = 0 < report.guessed < report.frames and not report.ends_guessing
    rolled_back = f", {report.guessed} of them with rollbacks (the time was up)" if less else ""
    more = "" if report.episodes else "; --thorough plays whole episodes"
    tried = f"; tried for {report.frames} frames with {ends} of episodes{rolled_back}{more}"
    if report.ends_guessing:
        tried += f"; from frame {report.guessed} on nothing is guessed, because {report.ends_guessing}"
    return tried


def _what_fails(failed: Check) -> str:
    return f"{failed.detail}, by {failed.culprit}" if failed.culprit is not None else failed.detail
