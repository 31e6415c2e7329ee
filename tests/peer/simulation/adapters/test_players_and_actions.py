"""Who acts, with which part of the action space, and what becomes of an action that is not legal."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from netcode.errors import ConfigError, UnplayableError
from netcode.settings import MatchSettings
from peer.simulation.adapters.legal_actions import is_legal, legal_action
from peer.simulation.environment_simulation import EnvironmentSimulation, Outcome
from peer.simulation.make import make_simulation
from peer.simulation.player_counts import count_players


def made(name: str, players: int, **values: Any) -> EnvironmentSimulation:
    return make_simulation(
        MatchSettings.parse({"env": f"planted_players:{name}", "players": players} | values)
    )


def play(simulation: EnvironmentSimulation, *actions: Any) -> Outcome:
    inputs = [codec.encode(action) for codec, action in zip(simulation.codecs, actions, strict=True)]
    return simulation.decode_outcome(simulation.step(inputs))


def play_anything(simulation: EnvironmentSimulation, frames: int, seed: int = 0) -> list[Outcome]:
    rng = random.Random(seed)
    return [
        simulation.decode_outcome(simulation.step([codec.sample(rng) for codec in simulation.codecs]))
        for _ in range(frames)
    ]


def assert_replays(simulation: EnvironmentSimulation, frames: int) -> None:
    snapshot, before = simulation.capture(), simulation.digest()
    first, after = play_anything(simulation, frames), simulation.digest()
    simulation.restore(snapshot)
    assert simulation.digest() == before
    assert play_anything(simulation, frames) == first
    assert simulation.digest() == after != before


def test_agents_die_come_late_and_come_back() -> None:
    game = made("Wheel", 4)
    assert game.observe(3) is None, "not there yet"
    ends = [play(game, 1, 1, 1, 1).terminations for _ in range(7)]
    assert [end[:3] for end in ends[:3]] == [(False, True, False), (False, False, True), (True, False, False)]
    assert not ends[5][3]
    assert game.observe(3) is not None
    assert game.episode == 0, "somebody is always left"
    outcomes = [play(game, 1, 1, 1, 1) for _ in range(23)]
    assert outcomes[-1].episode_ended
    assert (game.episode, outcomes[-1].terminations) == (1, (True,) * 4)
    assert_replays(made("Wheel", 4), 80)


def test_an_agent_nobody_knew_of_is_named() -> None:
    game = made("Wheel", 4)
    stranger = EnvironmentSimulation(game.settings.model_copy(update={"env_args": {"stranger": True}}))
    with pytest.raises(UnplayableError, match=r"stranger.*possible_agents \(one, two, three, late\)"):
        play_anything(stranger, 4)


@pytest.mark.parametrize("named", [True, False])
def test_each_slot_has_a_part_of_the_action_space(named: bool) -> None:
    game = made("Legs", 3, env_args={"named": named})
    assert count_players("planted_players:Legs", {"named": named}) == 3
    assert game.agents == (("left", "right", "tail") if named else ("player_0", "player_1", "player_2"))
    turned = np.array([0.5, -0.25], np.float32)
    flags = (np.array([1, 0, 1], np.int8), 1)
    outcome = play(game, 2, turned, flags)
    assert outcome.rewards == (2.0, 0.25, 4.0)
    assert [game.observe(slot).item() for slot in range(3)] == [2.0, 0.25, 4.0]
    outcomes = [play(game, 2, turned, flags) for _ in range(7)]
    assert outcomes[3].terminations == (True, False, False)
    assert outcomes[4].rewards == (0.0, 0.25, 4.0), "who is out rests, whatever is sent"
    assert [outcome.episode_ended for outcome in outcomes] == [False] * 6 + [True]
    assert_replays(game, 30)


def test_one_may_play_all_parts() -> None:
    game = made("Legs", 1, env_args={"named": False})
    outcome = play(game, (2, np.zeros(2, np.float32), (np.ones(3, np.int8), 0)))
    assert outcome.rewards == (5.0,)
    with pytest.raises(UnplayableError, match="is for 3 players, not 2; say --players 3"):
        made("Legs", 2)


@pytest.mark.parametrize("name", ["Locks", "Fences"])
def test_what_is_illegal_is_never_played(name: str) -> None:
    players = {"Locks": 1, "Fences": 2}[name]
    game, other = made(name, players), made(name, players)
    plain = EnvironmentSimulation(game.settings)
    outcomes = play_anything(game, 200)  # the game itself crashes at an illegal action
    assert play_anything(other, 200) == outcomes == play_anything(plain, 200)
    assert game.digest() == other.digest() == plain.digest()
    assert_replays(game, 60)


def test_an_illegal_action_becomes_the_default_or_the_lowest_legal() -> None:
    three = spaces.Discrete(3, start=5)
    mask = np.array([0, 1, 1], np.int8)
    assert legal_action(three, 6, mask, 7) == 6
    assert legal_action(three, 5, mask, 7) == 7
    assert legal_action(three, 5, mask, 5) == 6
    assert legal_action(three, 5, np.zeros(3), 6) == 5, "nothing is legal: the environment decides"
    assert legal_action(three, 5, None, 6) == 5
    several = spaces.MultiDiscrete([2, 3])
    fixed = legal_action(several, np.array([1, 0]), np.array([1, 0, 0, 0, 1]), np.array([0, 0]))
    assert fixed.tolist() == [0, 2]
    flags = spaces.MultiBinary(3)
    fixed = legal_action(flags, np.array([1, 1, 0], np.int8), np.array([0, 2, 1], np.int8), None)
    assert fixed.tolist() == [0, 1, 1]
    both = spaces.Dict(a=three, b=several)
    action = {"a": 5, "b": np.array([1, 0])}
    stand_in = {"a": 6, "b": np.array([0, 0])}
    assert legal_action(both, action, {"a": mask, "b": None}, stand_in)["a"] == 6
    assert not is_legal(both, action, {"a": mask, "b": None})
    assert is_legal(both, action, {"a": np.ones(3)})


def test_who_takes_turns_only_by_convention_acts_at_once() -> None:
    game = made("Fingers", 2)
    outcome = play(game, 2, 3)
    assert outcome.rewards == (1.0, 0.0)
    assert game.observe(0) == 5
    EnvironmentSimulation(game.settings, fresh_episodes=True).begin_next_episode()


def test_frames_may_skip_steps() -> None:
    single, skipping = made("Legs", 3), made("Legs", 3, frame_skip=3)
    assert (single.fps, skipping.fps) == (24.0, 8.0)
    actions = (1, np.ones(2, np.float32), (np.ones(3, np.int8), 0))
    one_by_one = [play(single, *actions) for _ in range(8)]
    at_once = [play(skipping, *actions) for _ in range(3)]
    assert at_once[0].rewards == tuple(
        sum(step.rewards[slot] for step in one_by_one[:3]) for slot in range(3)
    )
    assert at_once[2].episode_ended, "the third frame is cut short at the episode's end"
    assert (single.episode, skipping.episode) == (1, 1)
    assert_replays(skipping, 20)


def test_an_intermission_stands_still_and_counts_down() -> None:
    game = made("Legs", 3, intermission=4)
    actions = (1, np.ones(2, np.float32), (np.ones(3, np.int8), 0))
    outcomes = [play(game, *actions) for _ in range(13)]
    assert [outcome.between for outcome in outcomes] == [False] * 8 + [True] * 4 + [False]
    assert [outcome.episode_ended for outcome in outcomes] == [False] * 7 + [True] + [False] * 5
    assert [outcome.episode for outcome in outcomes] == [0] * 12 + [1]
    assert outcomes[8].rewards == (0.0, 0.0, 0.0)
    assert_replays(game, 40)


def test_after_the_last_episode_nothing_moves() -> None:
    game = made("Legs", 3, episodes=2, intermission=1)
    outcomes = play_anything(game, 30)
    assert [outcome.episode_ended for outcome in outcomes].count(True) == 2
    assert game.is_over
    assert all(outcome.between for outcome in outcomes[17:])
    shown = game.observe(0).item()
    play_anything(game, 5)
    assert game.observe(0).item() == shown
    with pytest.raises(ConfigError, match="frame_skip = 0"):
        made("Legs", 3, frame_skip=0)


def test_who_has_players_of_its_own_does_not_race() -> None:
    with pytest.raises(UnplayableError, match="only Gymnasium environments race; play planted_players:Wheel"):
        made_race = MatchSettings(env="race:planted_players:Wheel", players=4)
        make_simulation(made_race)


def test_a_race_of_what_a_callable_makes() -> None:
    game = make_simulation(MatchSettings(env="race:planted_players:Locks", players=3))
    assert game.agents == ("runner_0", "runner_1", "runner_2")
    assert_replays(game, 60)
