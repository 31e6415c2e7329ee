"""The verdict of `netplay match`, as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest

from netcode.settings import MatchSettings
from peer.fleet.match_run import NOT_RUN, MatchPlan, MatchResult
from peer.fleet.match_table import policy_lines, summary_table, verdict_panel
from peer.match_config import MatchConfig
from peer.records.report import report_of_killed
from peer.records.verification import Verdict

TRUE, ALL = "equal", "600 frames confirmed by all 2"


def peer(slot: int, ended: str = "finished", text: str = ALL, **more: Any) -> dict[str, Any]:
    names, scores = ["ann", "bob"], {"frames": 600, "from_frame": 0, "total": [12.0, 7.0]}
    report = {"name": names[slot], "names": names, "slot": slot, "ended": ended, "ended_text": text}
    return report | {"rollbacks": 3, "scores": scores} | more


def said(*peers: dict[str, Any], reference: str = TRUE, stopped: str = "", frames: int = 600) -> list[str]:
    settings = MatchSettings(env="E", players=2)
    result = MatchResult(settings, "m", peers, Verdict(frames, 20, 0, None), reference, 9.0)
    good = result.same_game and result.finished
    return str(verdict_panel(result, good, "runs/x", stopped).renderable).splitlines()


def test_all_is_well() -> None:
    assert said(peer(0), peer(1)) == [
        "Every peer played the same game, and it is the one the reference run plays.",
        "Score: ann wins, 12 to 7.",
        "600 frames confirmed by every peer, 20 digests compared, 6 rollbacks, 0 inputs lost, 9.0 s.",
        "Report and match logs: runs/x",
    ]


def test_who_was_dropped_confirmed_less_and_it_is_said() -> None:
    by_some = "600 frames confirmed by 1 of 2, without bob from frame 131 on"
    lines = said(peer(0, text=by_some), peer(1, "dropped", "the others go on without us"), frames=130)
    assert lines[0].startswith("As far as they came, all peers played the same game")
    assert f"{by_some}." in lines
    assert "Ended early: bob: dropped (the others go on without us)" in lines
    assert not any("confirmed by all" in line for line in lines)
    assert any(line.startswith("130 frames confirmed by every peer") for line in lines)


@pytest.mark.parametrize(
    ("reference", "says"),
    [(NOT_RUN, "is not known"), ("frame 7: state of ann and reference differ", "NOT the true game: frame 7")],
)
def test_what_is_not_proved_is_not_claimed(reference: str, says: str) -> None:
    lines = said(peer(0), peer(1), reference=reference, stopped="Ctrl-C was pressed")
    assert lines[0] == "Stopped before the end: Ctrl-C was pressed."
    assert says in lines[1] and "same game" not in lines[1]


def test_who_came_late_does_not_know_the_score() -> None:
    late = {"frames": 300, "from_frame": 300, "total": [5.0, 6.0]}
    assert not any(line.startswith("Score") for line in said(peer(0, scores=late), peer(1, scores=late)))


def test_of_a_killed_peer_is_told_what_its_last_status_said() -> None:
    status = {"slot": 1, "frame": 140, "confirmed": 131, "input_age_ms": 12.5, "rollbacks": 4}
    killed = report_of_killed("bob", "said nothing", status)
    assert killed["input_age_ms"] is None  # in a report it has percentiles
    settings = MatchSettings(env="E", players=2)
    result = MatchResult(settings, "m", (killed,), Verdict(131, 4, 0, None), TRUE, 9.0)
    plan = MatchPlan(settings, (), "room", MatchConfig(match={}))
    table = summary_table(plan, result)
    assert [next(iter(column.cells)) for column in table.columns][2:4] == ["131", "4"]


TOLD = {
    "slot": 0,
    "policy": "net.npz",
    "answers": 1200,
    "answer_ms": {"p50": 40.25, "p99": 44.0, "max": 80.0},
    "late": 0,
    "held_frames": 0,
    "skipped": 0,
    "co_pilot_frames": None,
}


def test_each_policy_has_a_line() -> None:
    late = TOLD | {"late": 7, "held_frames": 1800, "co_pilot_frames": 2000}
    asleep = TOLD | {"answers": 0}
    reports = [
        {"name": "ann", "policies": [TOLD, late, asleep]},
        {"name": "bob", "policies": None},
        {"name": "eve"},
    ]
    assert policy_lines(reports) == [
        "ann's policy: 1,200 answers, 40.2 ms each (p99 44.0 ms).",
        "ann's co-pilot (for 2,000 frames): 1,200 answers, 40.2 ms each (p99 44.0 ms), "
        "7 of them late, 1,800 frames without.",
    ]
