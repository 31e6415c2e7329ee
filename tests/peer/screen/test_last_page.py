"""Who won, and only where that is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from peer.screen import End
from peer.screen.last_page import halves_of, last_page


def scores(*total: float, whole: bool = True) -> Any:
    return SimpleNamespace(total=list(total), whole=whole)


def test_the_winner_and_the_scores() -> None:
    end = last_page("over", True, ("ann", "bob"), scores(3, 1.5))
    assert (end.headline, end.scores) == ("ann wins", ((0, "ann", "3"), (1, "bob", "1.5")))
    assert last_page("over", True, ("ann", "bob"), scores(3, 3)).headline == "A draw"
    assert last_page("over", True, ("ann",), scores(3)) == End("over", True, "Score 3")


@pytest.mark.parametrize("given", [scores(0, 0), scores(3, 1, whole=False)])
def test_where_nothing_was_scored_or_not_all_was_seen_nobody_wins(given: Any) -> None:
    assert last_page("over", True, ("ann", "bob"), given) == End("over", True)


def test_a_match_that_ended_early_has_no_winner_but_scores() -> None:
    end = last_page("bob left", False, ("ann", "bob"), scores(3, 1))
    assert end.headline == "" and len(end.scores) == 2


def test_a_race_has_parts() -> None:
    assert halves_of("race:CartPole-v1", ("ann", "bob")) == ("ann", "bob")
    assert halves_of("race:CartPole-v1", ("ann",)) == halves_of("CartPole-v1", ("ann",)) == ()
