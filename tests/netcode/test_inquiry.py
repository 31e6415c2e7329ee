"""What two peers find out about a frame in which their games differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from netcode.desync.evidence import NOT_KEPT
from netcode.desync.fields import INPUTS_OF, OUTCOME, Field, bucket_hashes, field
from netcode.desync.inquiry import Inquiry


class OneFrame:
    """An exhibit of one frame; `state` is None where it was not kept."""

    first = last = due_from = 340

    def __init__(self, outcome: str, state: Mapping[str, str] | None) -> None:
        self._played, self._state = {f"{INPUTS_OF}0": "03", OUTCOME: outcome}, state

    def digests(self, frame: int) -> bytes:
        return self._digest(self._played) + (NOT_KEPT if self._state is None else self._digest(self._state))

    @staticmethod
    def _digest(held: Mapping[str, str]) -> bytes:
        return repr(sorted(held.items())).encode()[-12:-4]

    def fields(self, frame: int) -> list[Field]:
        return [field(path, text) for path, text in {**self._played, **(self._state or {})}.items()]

    def buckets(self, frame: int) -> list[bytes]:
        return bucket_hashes(self.fields(frame))

    def may_examine(self, frame: int, most: int) -> bool:
        return frame == self.first


def inquire(ours: Any, theirs: Any) -> list[tuple[str, str, str]]:
    """What our side finds: path, here, there."""
    here, there = Inquiry(0, "bob", ours), Inquiry(0, "ann", theirs)
    for now in range(100):
        for question in here.say(float(now)):
            there.hear_question(question)  # type: ignore[arg-type]
        for answer in there.say(float(now)):
            if type(answer).__name__ == "Answer":
                here.hear_answer(answer)  # type: ignore[arg-type]
        if here.finding is not None:
            return [(one.path, one.here, one.there) for one in here.finding.differences]
    raise AssertionError("no finding")


@pytest.mark.parametrize("kept_here", [True, False])
def test_a_state_that_only_one_side_kept_is_no_difference(kept_here: bool) -> None:
    """Snapshots are taken where each peer finds them worth it."""
    state = {f"world.part[{number}]": str(number) for number in range(40)}
    ours = OneFrame("outcome-aaaaaaaa", state if kept_here else None)
    theirs = OneFrame("outcome-bbbbbbbb", None if kept_here else state)
    assert inquire(ours, theirs) == [(OUTCOME, "outcome-aaaaaaaa", "outcome-bbbbbbbb")]


def test_a_field_that_only_one_side_has_is_one() -> None:
    ours = OneFrame("same-outcome", {"score": "3", "shield": "ffffffffffff"})
    theirs = OneFrame("same-outcome", {"score": "3"})
    assert inquire(ours, theirs) == [("shield", "ffffffffffff", "(absent)")]
