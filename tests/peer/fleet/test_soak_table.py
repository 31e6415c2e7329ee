"""What `netplay soak` says at the end."""

import io

import pytest
from rich.console import Console

from peer.fleet.soak_result import MatchOutcome, SoakResult
from peer.fleet.soak_table import soak_summary


def result_of(*outcomes: MatchOutcome, leaks: tuple[str, ...] = ()) -> SoakResult:
    return SoakResult(1, 1.0, 2.0, outcomes, 0, 0, leaks, (), {})


def outcome(fault: str = "", rollbacks: int = 9) -> MatchOutcome:
    return MatchOutcome("room", "CartPole-v1", fault, (), 100, rollbacks, 0, False, ())


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (result_of(), "Nothing went wrong, but too little was played to tell."),
        (result_of(outcome(rollbacks=0)), "Nothing went wrong, but too little was played to tell."),
        (result_of(outcome()), "Everything went as promised."),
        (result_of(outcome("inputs differ")), "NOT everything went as promised."),
        (result_of(leaks=("broker: 3 MB",)), "NOT everything went as promised."),
    ],
)
def test_its_verdict_says_no_more_than_was_seen(result: SoakResult, says: str) -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(soak_summary(result, "runs"))
    assert says in console.file.getvalue()  # type: ignore[attr-defined]
    assert result.good == (says == "Everything went as promised.")
