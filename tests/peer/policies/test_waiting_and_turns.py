"""Frames that wait for a policy, where they may; policies in games of turns; and what is counted."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import acting
import numpy as np
import pytest

from netcode.settings import MatchSettings
from peer.controllers.controller import NOT_YET
from peer.controllers.local_players import LocalPlayers
from peer.controllers.make import Thinking, make_controller
from peer.controllers.policy_player import PolicyController
from peer.controllers.policy_turns import TurnPolicyController
from peer.policies.options import PolicyOptions
from peer.policies.policy import CallablePolicy, Policy, load_here
from peer.policies.tiny_net import TinyNet
from peer.simulation.environment_simulation import EnvironmentSimulation

PATIENT = PolicyOptions(patience_ms=1000.0)


def wait_for_answer(controller: Any) -> None:
    deadline = time.monotonic() + 20
    while not controller._thinker._answers:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def until_settled(sample: Any) -> tuple[Any, int]:
    """Ask until there is an action. Returns it, and how often it was put off."""
    deadline, times = time.monotonic() + 20, 0
    while (action := sample()) is NOT_YET:
        assert time.monotonic() < deadline
        times += 1
    return action, times


@pytest.mark.parametrize(
    "options", [{}, {"reaction": 3}, {"frame_skip": 4}, {"reaction": 2, "frame_skip": 3}]
)
def test_where_frames_wait_a_slow_policy_plays_like_a_quick_one(game, options) -> None:
    def slow(seen: Any, info: Any) -> int:
        time.sleep(0.015)  # longer than a frame waits at a time
        return int(seen[0]) % 6

    controller = PolicyController(CallablePolicy(slow), PolicyOptions(**options), waits=True)
    skip, reaction, played, put_off = options.get("frame_skip", 1), options.get("reaction", 0), [], 0
    for frame in range(20):
        game.frame = frame
        action, times = until_settled(lambda frame=frame: controller.sample(frame, game, 0))
        put_off += times
        played.append(action)
    seen = [(frame - reaction) // skip * skip if frame >= reaction else None for frame in range(20)]
    looks = [look - (look % skip) if look is not None else None for look in seen]
    assert played == [None if look is None else look % 6 for look in looks]
    assert put_off > 0
    told = controller.report()
    assert told["answers"] == len(range(0, 20, skip))
    assert told["answer_ms"]["p50"] >= 15
    assert (told["late"], told["held_frames"], told["skipped"]) == (0, 0, 0)


def test_what_comes_too_late_is_counted(player, play) -> None:
    acting.released.clear()
    controller = player("slow", patience_ms=0.0)
    assert play(controller, 10) == [None] * 10
    assert controller.report()["held_frames"] == 10
    acting.released.set()
    deadline, frame = time.monotonic() + 10, 10
    while controller.report()["late"] == 0:
        play(controller, 1, first=frame)
        frame += 1
        assert time.monotonic() < deadline
    assert controller.report()["skipped"] > 0


def test_a_late_answer_is_played_in_the_frame_it_comes_in(player, play) -> None:
    acting.released.clear()
    controller = player("slow", patience_ms=0.0, while_thinking="default")
    assert play(controller, 3) == [None] * 3
    acting.released.set()
    wait_for_answer(controller)
    acting.released.clear()
    assert play(controller, 1, first=3) == [3]
    assert (controller.report()["held_frames"], controller.report()["late"]) == (3, 1)
    acting.released.set()


def test_who_plays_here_waits_for_a_policy_that_thinks(game, monkeypatch) -> None:
    monkeypatch.setattr("peer.policies.shelf.load_policy", load_here)
    game.default_inputs = [bytes([0])] * 2
    players = LocalPlayers({0: "policy:acting:slow", 1: "random:3"}, 1, game, thinking=Thinking(fast=True))
    acting.released.clear()
    assert players.sample(0) is players.sample(0) is None
    acting.released.set()
    deadline = time.monotonic() + 20
    while (inputs := players.sample(0)) is None:
        assert time.monotonic() < deadline
    assert inputs[0] == bytes([3])


def test_no_policy_may_make_a_frame_wait_longer_than_the_match_lets_it(game, monkeypatch) -> None:
    monkeypatch.setattr("peer.policies.shelf.load_policy", load_here)
    for game.takes_turns in (False, True):
        for own, waits in ((1000, 2.5), (1, 1.0)):
            spec = f"policy:acting:seer patience_ms={own}"
            player = make_controller(spec, 0, 1, game, thinking=Thinking(longest_wait_ms=2.5))
            assert player.options.patience_ms == waits


def test_quick_answers_are_neither_late_nor_missed(player, play) -> None:
    controller = player("seer", frame_skip=3)
    play(controller, 30)
    told = controller.report()
    assert (told["answers"], told["late"], told["held_frames"], told["skipped"]) == (10, 0, 0, 0)


def test_no_answer_of_the_last_episode_is_played_in_the_next(player, play, game) -> None:
    controller = player("seer", reaction=5)
    for frame in range(20):
        play(controller, 1, first=frame)
        time.sleep(0.002)
    game.episode = 1
    assert play(controller, 5, first=20) == [None] * 5


def test_after_a_pause_it_begins_anew(player, play) -> None:
    controller = player("Counter")
    assert play(controller, 3) == [1, 2, 3]
    controller.forget()
    assert play(controller, 2, first=50) == [1, 2]


# ------------------------------------------------------------------ turns


@pytest.fixture
def turns(game) -> TurnPolicyController:
    game.takes_turns = True
    return TurnPolicyController(load_here("acting:Counter", True), PATIENT, input_delay=lambda: 2)


def test_it_is_asked_on_its_turn_and_moves_once(turns, play, game) -> None:
    game.slot_to_act = 1
    assert play(turns, 5) == [None] * 5
    assert game.looks == 0, "it is not its turn"
    game.slot_to_act = 0
    assert play(turns, 3, first=5) == [1, None, None], "the move is on its way for two frames"
    game.slot_to_act = 1
    assert play(turns, 4, first=8) == [None] * 4
    game.slot_to_act = 0
    assert play(turns, 3, first=12) == [2, None, None]
    assert game.looks == 2


def test_if_the_turn_is_its_still_when_the_move_was_played_it_moves_again(turns, play, game) -> None:
    game.slot_to_act = 0
    assert play(turns, 7) == [1, None, None, 2, None, None, 3]


def test_it_lets_its_reaction_pass_before_it_moves(play, game) -> None:
    controller = TurnPolicyController(load_here("acting:Counter", True), PolicyOptions(reaction=4))
    game.slot_to_act = 1
    play(controller, 5)
    game.slot_to_act = 0
    assert play(controller, 1, first=5) == [None]
    wait_for_answer(controller)
    assert play(controller, 4, first=6) == [None, None, None, 1]


def test_a_turn_that_was_none_is_forgotten(play, game) -> None:
    acting.released.clear()
    controller = TurnPolicyController(load_here("acting:slow", True), PolicyOptions(patience_ms=0.0))
    game.slot_to_act = 0
    assert play(controller, 3) == [None] * 3
    game.slot_to_act = 1  # a prediction was wrong
    play(controller, 1, first=3)
    acting.released.set()
    wait_for_answer(controller)
    assert play(controller, 2, first=4) == [None] * 2
    game.slot_to_act = 0
    controller.options = PATIENT
    assert play(controller, 1, first=6) == [3]


def play_tictactoe(policy: Policy, delay: int, frames: int = 400) -> tuple[int, list[int]]:
    """One episode of a policy against itself. Returns how often it was over, and the moves."""
    simulation = EnvironmentSimulation(
        MatchSettings(env="pettingzoo:classic/tictactoe_v3", players=2, fps=30)
    )
    controllers = [TurnPolicyController(policy, PATIENT, input_delay=lambda: delay) for _ in range(2)]
    coming, moves = deque([list(simulation.default_inputs)] * delay), []
    for frame in range(delay, frames):
        actions = [controller.sample(frame, simulation, slot) for slot, controller in enumerate(controllers)]
        moves += [action for action in actions if action is not None]
        pairs = zip(actions, simulation.codecs, simulation.default_inputs, strict=True)
        coming.append([rest if action is None else codec.encode(action) for action, codec, rest in pairs])
        simulation.step(coming.popleft())
        if simulation.episode:
            break
    simulation.close()
    return simulation.episode, moves


@pytest.mark.parametrize("delay", [0, 3])
def test_two_policies_play_tictactoe_asked_once_for_each_move(delay: int) -> None:
    asked: list[tuple[int, int]] = []

    def lowest(seen: Any, info: Any) -> int:
        asked.append((info["slot"], int(seen["observation"].sum())))
        return int(info["action_mask"].argmax())

    assert play_tictactoe(CallablePolicy(lowest), delay) == (1, [0, 1, 2, 3, 4, 5, 6])  # a diagonal
    assert asked == [(move % 2, move) for move in range(7)]


def test_a_net_is_shown_the_board_without_the_mask() -> None:
    """It likes the last square best, then the one before it, and so on, as far as they are free."""
    likes = np.arange(9, dtype=np.float32)
    assert play_tictactoe(TinyNet([(np.zeros((18, 9), np.float32), likes)]), 0) == (1, [8, 7, 6, 5, 4, 3, 2])
