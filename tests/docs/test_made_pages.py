"""What `make docs` writes is what is committed, and it shows the code as it is."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args
from xml.etree import ElementTree

import pytest
from report_page import CONTRACT, MATCH, PEER, SPECTATOR, undocumented

from netcode import events
from netcode.seat_states import SeatState
from peer.commands.verbs import app
from peer.exit_codes import OF_ENDING, ExitCode, exit_code_of
from peer.records.report import CONTRACT_KEYS
from peer.stop_signals import REASONS

SCRIPTS = Path(__file__).parents[2] / "docs" / "diagrams"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    names = ("state_machines", "event_page", "one_frame", "bench_bars")
    yield {name: import_module(name) for name in names}
    for name in names:
        del sys.modules[name]


def test_the_state_machines_are_drawn_from_their_tables(made):
    machines = made["state_machines"]
    page = machines.PAGE.read_text()
    assert machines.drawn(page) == page, "make docs"
    for table, _ in machines.MACHINES.values():
        for state, row in table.items():
            for event, after in row.items():
                arrow = f"    {state.name} --> {after.name}: "
                (line,) = {line for line in page.splitlines() if line.startswith(arrow)}
                assert event.name.lower().replace("_", " ") in line


def test_a_new_arrow_in_a_table_is_seen(made, monkeypatch):
    machines = made["state_machines"]
    table = machines.MACHINES["seat"][0]
    monkeypatch.setitem(table, SeatState.VANISHED, {})
    page = machines.PAGE.read_text()
    assert machines.drawn(page) != page


def test_the_page_of_events_is_made_of_their_docstrings(made):
    assert made["event_page"].page() == made["event_page"].PAGE.read_text(), "make docs"


def test_the_page_of_exit_codes_has_all_there_are():
    codes, _, claims = (SCRIPTS.parent / "exit-codes.md").read_text().split("\n## ")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", codes, re.MULTILINE)] == list(ExitCode)
    assert set(OF_ENDING) | {events.EndReason.STOPPED} == set(events.EndReason)
    verbs = {command.callback.__name__ for command in app.registered_commands}
    assert set(re.findall(r"^\| `(\w+)` \|", claims, re.MULTILINE)) == verbs
    assert {code.value - 128 for code in ExitCode if code > 128} == {
        getattr(signal, name) for name in REASONS
    }


def test_the_page_of_reports_explains_what_stays():
    assert set(CONTRACT_KEYS) <= CONTRACT & PEER
    assert (len(MATCH), len(SPECTATOR)) > (15, 15)


def test_a_key_that_the_page_does_not_explain_is_named():
    report = {"new": 1, "scores": [{"slot": 0, "more": 2}], "settings": {"fps": {"a": 1}}}
    assert undocumented(report, MATCH) == ["new", "scores.more"]


def test_the_picture_of_a_frame_is_what_the_code_plays(made):
    picture = made["one_frame"]
    story = picture.play()
    assert (story.first_wrong, story.depth) == (17, 3), "the words of docs/how-it-works.md"
    drawn = picture.picture()
    assert drawn == picture.PICTURE.read_text(), "make docs"
    ElementTree.fromstring(drawn)


def test_the_picture_of_the_bench_shows_what_was_measured(made):
    bars = made["bench_bars"]
    rows = json.loads(bars.MEASURED.read_text())["rows"]
    drawn = bars.picture(rows)
    assert drawn == bars.PICTURE.read_text(), "make docs"
    ElementTree.fromstring(drawn)
    worse = [row | {"share_of_bar": 1.2} if row["share_of_bar"] else row for row in rows]
    assert bars.picture(worse).count(bars.WRONG) > drawn.count(bars.WRONG)


def test_every_event_says_what_has_happened_and_what_to_do(made):
    told = {*get_args(events.Event), *get_args(events.SpectatorEvent)}
    for event in told:
        what, todo = made["event_page"].told(event)
        for words in (what, todo):
            assert len(words) > 5
            assert words.endswith("."), f"{event.__name__}: whole sentences"
    defined = {
        value
        for value in vars(events).values()
        if is_dataclass(value) and getattr(value, "__module__", "") == events.__name__
    }
    assert defined == told, "an event that nobody is told of, or one from elsewhere"


def test_an_event_that_does_not_say_what_to_do_is_named(made):
    class Silent:
        """Something has happened."""

    with pytest.raises(ValueError, match="Silent"):
        made["event_page"].told(Silent)


def test_a_match_that_was_ended_here_ends_with_what_ended_it():
    def code(reason: events.EndReason) -> ExitCode:
        return exit_code_of(events.MatchEnded(reason, ""), ExitCode.SIGTERM)

    assert code(events.EndReason.STOPPED) == exit_code_of(None, ExitCode.SIGTERM) == 143
    assert {code(reason) for reason in OF_ENDING} == set(OF_ENDING.values())
    assert code(events.EndReason.FINISHED) == 0
