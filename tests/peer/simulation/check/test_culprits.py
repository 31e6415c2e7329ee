"""Each planted fault is blamed on its line, and no honest game on any."""

from __future__ import annotations

import gc
from pathlib import Path

import planted_faults
import pytest

from netcode.settings import MatchSettings
from peer.simulation.check.certificate import Check, Report
from peer.simulation.check.certify import certify
from peer.simulation.check.claims import HASHED, ROLLED_BACK
from peer.simulation.check.execution_trace import trace
from peer.simulation.entropy.match_entropy import SEEDED

LINES = Path(planted_faults.__file__).read_text().splitlines()
TWICE, ELSEWHERE = "same seed, same game", "same seed, same game in another process"
LOOKING = "drawing and observing change nothing"


def certified(game: str, frames: int = 30) -> Report:
    return certify(MatchSettings(env=f"planted_faults:{game}", players=2, seed=3), frames)


def of(report: Report, claim: str) -> Check:
    return next(check for check in report.checks if check.claim == claim)


def is_here(game: str, file: str, line: int) -> bool:
    begins = next(i for i, text in enumerate(LINES) if text.startswith(f"class {game}("))
    here = next(i for i, text in enumerate(LINES) if i > begins and text.endswith("# here"))
    return file.endswith("planted_faults.py") and line == here + 1


@pytest.mark.parametrize(
    ("game", "claim"),
    [
        ("SeedsItself", TWICE),
        ("KeptClock", TWICE),
        ("AddressOrder", ""),  # seen in one process by luck, else in another
        ("AddressOrderOfProcess", ELSEWHERE),
        ("Address", TWICE),
        ("ForeignGlobal", ROLLED_BACK),
        ("ForeignClosure", ROLLED_BACK),
        ("InC", ROLLED_BACK),
        ("ForeignIterator", ROLLED_BACK),
        ("DrawingMovesUnseen", LOOKING),
        ("InPicture", ROLLED_BACK),
    ],
)
def test_a_fault_is_blamed_on_its_line(game: str, claim: str) -> None:
    report = certified(game)
    check = next(check for check in report.checks if check.passed is False)
    assert claim in ("", check.claim)
    assert check.culprit is not None
    assert is_here(game, check.culprit.file, check.culprit.line), check.culprit
    assert f"planted_faults.py:{check.culprit.line}: " in report.verdict
    assert not report.ok
    if game == "KeptClock":  # taken hold of before any match: found, but not answered
        (use,) = report.entropy
        assert (use["source"], use["treatment"]) == ("time.perf_counter", "left as it is")
        assert is_here("KeptClock", use["file"], use["line"])
    else:
        assert report.entropy == []


def test_few_orders_are_told_from_one_although_some_processes_share_theirs() -> None:
    reports = (certified("AddressOrderOfThree") for _ in range(4))  # all alike: once in two million rounds
    check = of(next(report for report in reports if not report.ok), ELSEWHERE)
    assert check.culprit is not None
    assert is_here("AddressOrderOfThree", check.culprit.file, check.culprit.line)


def test_the_order_of_texts_is_no_fault_but_told() -> None:
    report = certified("TextOrder")
    assert report.ok, report
    (use,) = report.entropy
    assert (use["source"], use["treatment"]) == ("the hash of text", HASHED)
    assert is_here("TextOrder", use["file"], use["line"])
    assert HASHED in of(report, ELSEWHERE).detail


def test_drawing_that_is_taken_back_is_told() -> None:
    report = certified("DrawingMoves")
    assert report.ok, report
    told = of(report, "drawing by itself changes nothing")
    assert told.passed is None
    assert told.detail.startswith("positions['left']: ")
    assert told.culprit is not None
    assert is_here("DrawingMoves", told.culprit.file, told.culprit.line)


def test_what_cannot_be_remembered_is_named_where_it_is_made() -> None:
    report = certified("Generator", frames=20)
    assert report.mode == "lockstep"
    culprit = of(report, "snapshots").culprit
    assert culprit is not None
    assert is_here("Generator", culprit.file, culprit.line)


def test_luck_that_is_answered_is_the_same_in_another_process() -> None:
    report = certify(MatchSettings(env="planted_luck:Uuid4", players=2, seed=3), 24)
    assert report.ok, report
    (use,) = report.entropy
    assert (use["source"], use["treatment"]) == ("uuid.uuid4", SEEDED)


def test_the_collector_waits_while_lines_are_traced() -> None:
    """When finalizers run is no part of what the game does; and CPython crashes if one ends the tracing."""
    collected: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        collected.append(phase)

    gc.callbacks.append(note)
    try:
        trace(lambda: [[number] for number in range(10_000)])
        assert not collected
        _ = [[number] for number in range(10_000)]
        assert collected and gc.isenabled()
    finally:
        gc.callbacks.remove(note)
