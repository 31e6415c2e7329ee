"""Who plays for a lost player is started beside the frames: that may fail, or be under way when we end."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from peer import stand_ins
from peer.stand_ins import MOST_STARTS, PATIENCE, StandIns

SESSION = SimpleNamespace(substituted={0: 10, 1: 10}, expected=set(), announces=True)


class FakeChild:
    """Runs until it is ended."""

    def __init__(self, name, words, stderr):
        self.stderr, self.exit_code = stderr, None
        stderr.write_text("")

    def end(self):
        self.exit_code = 0
        return 0

    def last_words(self):
        return "said nothing"


@pytest.fixture
def said():
    return []


@pytest.fixture
def helpers(said):
    return StandIns("random", "match", ["ann", "bob"], [], said.append)


def test_a_process_that_cannot_be_started_is_said_and_tried_again(helpers, said, monkeypatch):
    def refuse(*_):
        raise OSError("no more processes")

    monkeypatch.setattr(stand_ins, "Child", refuse)
    for look in range(200):
        helpers.look(SESSION, look * PATIENCE)
        for start in helpers._starting.values():
            start.exception(timeout=5)
    helpers.close()
    assert helpers.started == 2 * MOST_STARTS
    assert said.count("the stand-in for ann cannot be started: no more processes") == MOST_STARTS


def test_those_still_starting_when_we_end_are_ended_too(helpers, monkeypatch):
    made, go_on = [], threading.Event()

    def slow(*arguments):
        go_on.wait(5)
        made.append(FakeChild(*arguments))
        return made[-1]

    monkeypatch.setattr(stand_ins, "Child", slow)
    helpers.look(SESSION, 0.0)
    helpers.look(SESSION, PATIENCE)
    threading.Timer(0.05, go_on.set).start()
    helpers.close()
    assert [child.exit_code for child in made] == [0, 0]
    assert not any(child.stderr.parent.exists() for child in made)
