"""A player's own input delay, from what is written to what the session does."""

from __future__ import annotations

from typing import Any, cast

import pytest

from netcode.errors import ConfigError
from netcode.events import InputDelayChanged
from netcode.input_delay import InputDelay
from netcode.limits import MAX_INPUT_DELAY
from peer.fleet.match_run import MatchPlan, PeerPlan
from peer.input_delays import DelayKnob, delay_of, parse_delays
from peer.match_config import load_match_config
from peer.records.report import input_delay
from peer.screen import Screen


@pytest.mark.parametrize(
    ("text", "delays"), [("0", (0,)), ("auto", ("auto",)), ("1, auto,30", (1, "auto", MAX_INPUT_DELAY))]
)
def test_what_is_written(text, delays):
    assert parse_delays(text) == delays


@pytest.mark.parametrize("text", ["", "-1", "31", "2,", "1.5", "Auto", "٣٣"])
def test_what_is_not_a_delay_is_named(text):
    with pytest.raises(ConfigError, match="write 0 to 30 frames, or auto"):
        parse_delays(text)


def test_one_delay_is_everybodys_and_several_are_by_slot():
    assert [delay_of((3,), slot) for slot in range(3)] == [3, 3, 3]
    assert [delay_of((3, "auto"), slot) for slot in range(3)] == [3, "auto", None]
    assert delay_of((), 0) is None


def config(**given: object):
    return load_match_config(None, {"env": "x", "players": 2, "controllers": ["idle"]} | given, display=False)


def test_a_match_file_may_name_one_for_each_player():
    assert config(input_delays=[1, "auto"]).input_delays == [1, "auto"]
    for delays in ([1, 2, 3], [31], ["later"], [-1, 2]):
        with pytest.raises(ConfigError, match=r"input.delays"):
            config(input_delays=delays)


def test_every_peer_of_a_match_is_told_its_own():
    chosen = config(input_delay=4, input_delays=[1, "auto"])
    peers = tuple(PeerPlan(name, "idle") for name in ("ann", "bob"))
    plan = MatchPlan(chosen.settings(60.0), peers, "room", chosen)
    for peer, own in zip(peers, ("1", "auto"), strict=True):
        words = plan.arguments(peer, "b", cast(Any, "out"))
        assert words[words.index("--input-delay") + 1] == "4", "the match's"
        for line in (words, plan.return_arguments(peer, "b", cast(Any, "out"))):
            assert line[line.index("--own-input-delay") + 1] == own


class Session:
    """Has only a delay."""

    def __init__(self) -> None:
        self.slots = (1,)
        self.set: list[object] = []
        self.input_delay = 2

    def set_input_delay(self, delay: object) -> None:
        self.set.append(delay)
        self.input_delay = delay if isinstance(delay, int) else self.input_delay


def test_keys_change_it_within_its_bounds():
    session, screen = Session(), Screen()
    steps = [1, 0, 100, -100]
    screen.delay_steps = lambda: steps.pop(0) if steps else 0  # type: ignore[method-assign]
    knob = DelayKnob(cast(Any, session), screen, (5, "auto"))
    for _ in range(4):
        knob.look()
    assert session.set == ["auto", 3, 30, 0]


def test_the_report_tells_what_it_was_and_is():
    delay = InputDelay(2, 60.0, 8)
    assert input_delay(delay) == {"frames": 2, "automatic": False, "changes": []}
    assert delay.set(5, 40) == [InputDelayChanged(40, 2, 5, automatic=False)]
    delay.set("auto", 41)
    assert input_delay(delay) == {
        "frames": 5,
        "automatic": True,
        "changes": [{"frame": 40, "input_delay": 5, "before": 2, "automatic": False}],
    }
