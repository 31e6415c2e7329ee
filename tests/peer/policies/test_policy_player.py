"""Policies as players: when they look, when they act, and that nobody waits for them."""

from __future__ import annotations

import time

import acting
import numpy as np
import pytest

from netcode.errors import UnplayableError


def test_it_acts_in_the_very_frame_that_it_sees(player, play):
    assert play(player("seer"), 12) == [frame % 6 for frame in range(12)]


def test_a_frame_that_is_asked_for_again_gets_the_same_answer(player, play, game):
    controller = player("Counter")
    assert play(controller, 3) == [1, 2, 3]
    assert controller.sample(2, game, 0) == 3
    assert play(controller, 1, first=3) == [4]


def test_it_looks_every_so_many_frames_and_holds_its_action_between(player, play, game):
    assert play(player("seer", frame_skip=4), 12) == [0] * 4 + [4] * 4 + [2] * 4
    assert game.looks == 3


def test_it_acts_as_late_as_it_is_told_to(player, play):
    controller = player("seer", reaction=5)
    actions = []
    for frame in range(30):
        actions += play(controller, 1, first=frame)
        time.sleep(0.005)  # it thinks meanwhile: five frames are more than enough
    assert actions == [None] * 5 + [frame % 6 for frame in range(25)]


def test_nobody_waits_for_one_who_thinks(player, play):
    acting.released.clear()
    controller = player("slow", patience_ms=0.0)
    assert play(controller, 100) == [None] * 100  # all the time it was thinking about the first
    acting.released.set()
    deadline, frame = time.monotonic() + 10, 100
    while play(controller, 1, first=frame) != [3]:
        assert time.monotonic() < deadline
        frame += 1


def test_what_is_played_meanwhile(player, play):
    acting.released.set()
    hold, rest = (player("slow", while_thinking=what) for what in ("hold", "default"))
    assert play(hold, 1) == play(rest, 1) == [3]
    acting.released.clear()
    hold.options = rest.options = hold.options.model_copy(update={"patience_ms": 0.0})
    assert play(hold, 3, first=1) == [3] * 3
    rest.options = rest.options.model_copy(update={"while_thinking": "default"})
    assert play(rest, 3, first=1) == [None] * 3
    acting.released.set()


def test_it_hears_of_a_new_episode(player, play, game):
    controller = player("Counter")
    assert play(controller, 3) == [1, 2, 3]
    game.episode = 1
    assert play(controller, 2, first=3) == [1, 2]


def test_who_is_out_does_nothing_until_he_is_back(player, play, game):
    controller = player("seer")
    assert play(controller, 2) == [0, 1]
    game.out = True
    assert play(controller, 2, first=2) == [None] * 2
    game.out = False
    assert play(controller, 2, first=4) == [4, 5]


@pytest.mark.parametrize(
    ("name", "says"),
    [("broken", "the policy failed at frame 0: ValueError: no idea"), ("greedy", "no action of its slot")],
)
def test_a_policy_that_fails_is_told_in_one_line(player, play, name, says):
    with pytest.raises(UnplayableError, match=says) as caught:
        play(player(name), 1)
    assert "\n" not in str(caught.value)


def test_it_is_told_what_is_allowed(player, play, game, monkeypatch):
    told = []
    monkeypatch.setattr(acting, "seer", lambda seen, info: told.append(info) or 2)
    game.mask = np.array([0, 0, 1, 0, 0, 0], np.int8)
    assert play(player("seer"), 1, first=7) == [2]
    (info,) = told
    assert (info["slot"], info["frame"], info["episode"], info["first_action"]) == (0, 7, 0, 0)
    assert info["action_mask"].tolist() == [0, 0, 1, 0, 0, 0]
