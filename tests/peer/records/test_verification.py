"""The judge itself: each fault planted, each named."""

from __future__ import annotations

import pytest

from netcode.confirmed_frame import ConfirmedFrame
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame
from netcode.simulator.reference import play_reference
from peer.records.match_log import LogHeader, MatchLog
from peer.records.verification import compare_logs, compare_with_reference

SETTINGS = MatchSettings(env="x", frames=100, seed=5, digest_interval=10)


def log(slot: int) -> MatchLog:
    inputs = [(bytes([n % 5]), bytes([n % 7])) for n in range(100)]
    frames = list(play_reference(MixingGame(2, 5), inputs, 10, 100))
    return MatchLog(LogHeader("m", slot, ("ann", "bob"), SETTINGS, (1, 1), {}), frames)


def changed(original: MatchLog, frame: int, **what: object) -> MatchLog:
    frames = list(original.frames)
    frames[frame] = frames[frame]._replace(**what)  # type: ignore[arg-type]
    return MatchLog(original.header, frames)


def test_equal_logs_and_reference() -> None:
    verdict = compare_logs([log(0), log(1)])
    assert (verdict.frames_confirmed, verdict.digests, verdict.inputs_lost) == (100, 10, 0)
    assert verdict.digests_equal and verdict.divergence is None
    assert compare_with_reference(log(0), MixingGame(2, 5)) is None


@pytest.mark.parametrize(
    ("what", "value"), [("outcome", b"other"), ("digest", b"otherone"), ("inputs", (b"\x04", b"\x06"))]
)
def test_one_changed_field_is_found_to_the_frame(what: str, value: object) -> None:
    bad = changed(log(1), 49, **{what: value})
    verdict = compare_logs([log(0), bad])
    assert verdict.divergence is not None and verdict.divergence.frame == 49
    assert not verdict.digests_equal
    assert verdict.divergence.what == ("state" if what == "digest" else what)
    assert (verdict.inputs_lost > 0) == (what == "inputs")
    reference = compare_with_reference(bad, MixingGame(2, 5))
    assert reference is not None and reference.frame == 49
    assert "bob" in str(reference) and "reference" in str(reference)


def test_all_wrong_alike_is_found_by_the_reference_only() -> None:
    bad = [changed(log(slot), 30, outcome=b"x") for slot in (0, 1)]
    assert compare_logs(bad).divergence is None
    divergence = compare_with_reference(bad[0], MixingGame(2, 5))
    assert divergence is not None and divergence.frame == 30


def test_another_seed_is_found() -> None:
    divergence = compare_with_reference(log(0), MixingGame(2, 6))
    assert divergence is not None and divergence.frame == 0


def test_only_common_frames_are_compared_and_nothing_is_no_proof() -> None:
    short = MatchLog(log(1).header, log(1).frames[:42])
    assert compare_logs([log(0), short]).frames_confirmed == 42
    empty = MatchLog(log(1).header, list[ConfirmedFrame]())
    assert not compare_logs([log(0), empty]).digests_equal
    assert not compare_logs([]).digests_equal
