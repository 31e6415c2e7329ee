"""Whole environments as simulations: exact replays, episodes, looking, other people's random numbers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from netcode.errors import LocalProtocolError, UnplayableError
from netcode.settings import MatchSettings
from netcode.simulation import Simulation
from peer.simulation.adapters.adapter import Progress
from peer.simulation.adapters.gym import GymAdapter
from peer.simulation.environment_simulation import EnvironmentSimulation, derive_seed
from peer.simulation.make import make_simulation
from peer.simulation.state.diff import differences
from peer.simulation.trial import same_observation, try_shortcuts

KAZ = MatchSettings(
    env="pettingzoo:butterfly/knights_archers_zombies_v11",
    env_args={"num_archers": 1, "num_knights": 1, "max_cycles": 60},
    players=2,
    seed=11,
)
PONG = MatchSettings(
    env="pettingzoo:butterfly/cooperative_pong_v6", players=2, seed=11, env_args={"max_cycles": 50}
)
WALK = MatchSettings(env="planted_games:Walk", players=2, seed=11)
NIM = MatchSettings(env="planted_games:Nim", players=2)
TINY = MatchSettings(env="planted_games:Tiny", players=1)


def random_inputs(simulation: EnvironmentSimulation, frames: int, seed: int = 0) -> list[list[bytes]]:
    rng = random.Random(seed)
    return [[codec.sample(rng) for codec in simulation.codecs] for _ in range(frames)]


@pytest.mark.parametrize(
    "settings",
    [
        KAZ,
        PONG,
        WALK,
        NIM,
        MatchSettings(env="CartPole-v1", players=1),
        MatchSettings(env="race:CartPole-v1", players=3),
        MatchSettings(env="pettingzoo:classic/tictactoe_v3", players=2),
    ],
    ids=lambda settings: settings.env,
)
def test_replays_are_exact_across_episodes(settings: MatchSettings) -> None:
    simulation: Simulation = make_simulation(settings)
    assert isinstance(simulation, EnvironmentSimulation)
    inputs = random_inputs(simulation, 220)
    snapshots, outcomes, digests = [], [], []
    for frame in inputs:
        snapshots.append(simulation.capture())
        digests.append(simulation.digest())
        outcomes.append(simulation.step(frame))
    assert simulation.episode >= 1, "the test must cross an episode's end"
    assert len(set(digests)) > 20
    for start in (200, 0, 57, 119):
        simulation.restore(snapshots[start])
        for index in range(start, len(inputs)):
            assert simulation.digest() == digests[index] == simulation.digest(snapshots[index])
            assert simulation.step(inputs[index]) == outcomes[index]


@pytest.mark.parametrize("settings", [KAZ, PONG, WALK, NIM, TINY], ids=lambda settings: settings.env)
def test_a_match_and_its_plain_reference_agree(settings: MatchSettings) -> None:
    match, reference = make_simulation(settings), make_simulation(settings, observation_free=False)
    assert not reference.observation_free
    for index, frame in enumerate(random_inputs(match, 130)):
        assert match.step(frame) == reference.step(frame)
        if index % 7 == 0:
            assert match.digest() == reference.digest()
            for slot in range(match.slots):
                assert same_observation(match.observe(slot), reference.observe(slot))
            assert np.array_equal(match.render(), reference.render())


def test_butterfly_games_are_stepped_without_observations() -> None:
    for settings in (KAZ, PONG):
        simulation = make_simulation(settings)
        assert simulation.observation_free
        assert simulation.reuses_environment


def test_the_same_seed_gives_the_same_game_and_another_another() -> None:
    one, same = EnvironmentSimulation(KAZ), EnvironmentSimulation(KAZ)
    other = EnvironmentSimulation(KAZ.model_copy(update={"seed": 12}))
    for frame in random_inputs(one, 50):
        assert one.step(frame) == same.step(frame)
        other.step(frame)
    assert one.digest() == same.digest() != other.digest()


def test_an_episode_ends_and_the_next_begins_within_one_frame() -> None:
    simulation = make_simulation(WALK)
    up = [codec.encode(2) for codec in simulation.codecs]
    score = 0.0
    for frame in range(40):
        assert simulation.episode_frame == frame
        outcome = simulation.decode_outcome(simulation.step(up))
        score += outcome.rewards[0]
        assert outcome.episode == 0
        assert outcome.episode_ended == (frame == 39)
        assert outcome.truncations == ((frame == 39),) * 2
        assert outcome.terminations == (False, False)
        if frame < 39:
            assert simulation.scores[0] == pytest.approx(score)
    assert (simulation.episode, simulation.episode_frame, simulation.scores) == (1, 0, (0.0, 0.0))
    first = simulation.decode_outcome(simulation.step(up))
    assert first.episode == 1
    assert first.truncations == (False, False)


def test_episodes_have_seeds_of_their_own() -> None:
    seeds = {derive_seed(seed, episode) for seed in (0, 1, 2**62) for episode in range(50)}
    assert len(seeds) == 150


def test_a_dead_agent_s_inputs_are_ignored() -> None:
    one, other = make_simulation(KAZ), make_simulation(KAZ)
    rng = random.Random(1)
    alive = [True, True]
    deaths = 0
    for _ in range(400):
        inputs = [codec.sample(rng) for codec in one.codecs]
        noise = [data if alive[slot] else one.codecs[slot].sample(rng) for slot, data in enumerate(inputs)]
        outcome = one.step(inputs)
        assert other.step(noise) == outcome
        ends = one.decode_outcome(outcome)
        alive = [ends.episode_ended or not ended for ended in ends.terminations]
        deaths += not all(alive)
        if not all(alive):
            assert one.observe(alive.index(False)) is None
    assert one.digest() == other.digest()


def test_turns_wait_for_the_player_and_illegal_moves_count_as_waiting() -> None:
    simulation = make_simulation(NIM)
    a, b = simulation.codecs
    wait = simulation.default_inputs
    before = simulation.digest()

    def play(first: bytes, second: bytes) -> Any:
        return simulation.decode_outcome(simulation.step([first, second]))

    play(*wait)
    assert simulation.episode_frame == 1
    assert simulation.observe(0)["observation"] == 7
    assert before != simulation.digest(), "the frame count is state"
    play(wait[0], b.encode(2))  # not b's turn
    assert simulation.observe(0)["observation"] == 7
    play(a.encode(2), wait[1])
    play(a.encode(2), b.encode(2))  # only b's counts
    assert simulation.observe(0)["observation"] == 1
    assert list(simulation.action_mask(0)) == [1, 0, 0]  # type: ignore[arg-type]
    play(a.encode(2), wait[1])  # illegal
    assert simulation.observe(0)["observation"] == 1
    outcome = play(a.encode(0), wait[1])
    assert outcome.episode_ended
    assert outcome.rewards == (1.0, -1.0)
    assert outcome.terminations == (True, True)
    assert simulation.episode == 1


def test_runners_of_a_race_start_alike_and_wait_for_the_last() -> None:
    simulation = make_simulation(MatchSettings(env="race:CartPole-v1", players=2, seed=4))
    assert simulation.agents == ("runner_0", "runner_1")
    assert np.array_equal(simulation.observe(0), simulation.observe(1))
    steady, left = b"\1", b"\0"
    outcomes = []
    while not outcomes or not outcomes[-1].episode_ended:
        steady = b"\1" if steady == b"\0" else b"\0"
        outcomes.append(simulation.decode_outcome(simulation.step([left, steady])))
    fell = next(frame for frame, outcome in enumerate(outcomes) if outcome.terminations[0])
    assert fell < len(outcomes) - 1
    assert all(outcome.rewards[0] == 0.0 for outcome in outcomes[fell + 1 :])
    assert simulation.render().shape[1] == 1200


def test_what_others_draw_from_the_process_wide_rngs_does_not_touch_the_game() -> None:
    settings = MatchSettings(env="planted_games:ProcessRng", players=2, seed=5)
    alone, crowded = make_simulation(settings), make_simulation(settings)
    drawn = []
    for frame in random_inputs(alone, 30):
        outcome = alone.step(frame)
        snapshot = crowded.capture()
        drawn += [random.random(), np.random.random()]
        crowded.step(frame)
        drawn += [random.random(), np.random.random()]
        crowded.restore(snapshot)
        assert crowded.step(frame) == outcome
        assert crowded.digest() == alone.digest()
    assert len(set(drawn)) == len(drawn), "and the game's snapshots do not rewind others' dice"


def test_looking_leaves_no_trace() -> None:
    for settings in (KAZ, PONG, MatchSettings(env="pettingzoo:classic/connect_four_v3", players=2)):
        simulation = make_simulation(settings)
        for frame in random_inputs(simulation, 12):
            before, digest = simulation.flatten(), simulation.digest()
            picture = simulation.render()
            assert (picture.dtype, picture.ndim, picture.shape[2]) == (np.uint8, 3, 3)
            for slot in range(simulation.slots):
                simulation.observe(slot)
                simulation.action_mask(slot)
            assert simulation.digest() == digest
            assert not differences(before, simulation.flatten())  # which knows a screen is no state
            simulation.step(frame)


def test_observations_are_copies() -> None:
    simulation = make_simulation(TINY)
    simulation.observe(0)[:] = 9
    assert not simulation.observe(0).any()


def test_an_environment_without_pictures_is_drawn_from_its_observations() -> None:
    simulation = make_simulation(TINY)
    simulation.step(list(simulation.default_inputs))
    picture = simulation.render()
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert picture.any()


def test_defaults_do_nothing_by_meaning() -> None:
    assert make_simulation(KAZ).default_inputs == (b"\x05", b"\x05")  # its manual policy says so
    assert make_simulation(TINY).default_inputs == (b"\x02",)  # NOOP
    assert make_simulation(NIM).default_inputs == (b"\0\0", b"\0\0")  # wait
    assert (
        EnvironmentSimulation(
            MatchSettings(env="pettingzoo:butterfly/pistonball_v6", players=2, env_args={"n_pistons": 2})
        ).default_inputs
        == (bytes(4),) * 2
    )


def test_facts_for_players() -> None:
    simulation = make_simulation(KAZ)
    assert simulation.agents == ("archer_0", "knight_0")
    assert simulation.input_sizes == (1, 1)
    assert simulation.fps == 15.0
    assert make_simulation(TINY).fps == 12.0
    assert make_simulation(NIM).fps == 60.0
    assert simulation.is_valid_input(0, b"\5")
    assert not simulation.is_valid_input(0, b"\6")
    assert not simulation.is_valid_input(2, b"\0")
    assert not simulation.is_valid_input(-1, b"\0")
    assert not simulation.is_valid_input(0, b"")


def test_lockstep_says_why_and_still_digests() -> None:
    settings = MatchSettings(env="planted_games:Endless", players=2)
    one, other = make_simulation(settings), make_simulation(settings)
    assert not one.captures
    assert "beat is a builtins.generator" in (one.lockstep_reason or "")
    for frame in random_inputs(one, 90):
        snapshot = one.capture()
        assert one.step(frame) == other.step(frame)
        assert one.digest() == other.digest() != one.digest(snapshot)
    with pytest.raises(LocalProtocolError, match="lockstep"):
        one.restore(snapshot)
    other.step([b"\0", b"\2"])
    one.step([b"\2", b"\2"])
    assert one.digest() != other.digest()


def test_a_worn_out_environment_is_put_back_to_new() -> None:
    shortcuts = try_shortcuts(MatchSettings(env="planted_games:WornOut", players=2))
    assert shortcuts.reuse_environment, "put back to new, it is as good as new"
    assert (
        try_shortcuts(MatchSettings(env="planted_games:ObserveChangesState", players=2)).observation_free
        is False
    )


@pytest.mark.parametrize(
    ("env", "players", "text"),
    [
        ("planted_games:Walk", 3, "has 2 players, not 3; say --players 2"),
        ("CartPole-v1", 2, "race:CartPole-v1 lets 2 play side by side"),
        ("pettingzoo:butterfly/knights_archers_zombies_v11", 2, "num_archers=N or num_knights=N"),
        ("planted_games:OldGym", 1, "makes an environment of gym, which came before Gymnasium"),
        ("planted_games:not_an_environment", 1, "made a object; expected a PettingZoo ParallelEnv"),
        ("planted_games:NeverBegins", 2, "cannot be reset: KeyError: 'left'"),
        ("planted_games:breaks", 1, "cannot be made: RuntimeError: no licence found"),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(env: str, players: int, text: str) -> None:
    with pytest.raises(UnplayableError) as caught:
        make_simulation(MatchSettings(env=env, players=players))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_environment_s_own_spaces_stay_untouched() -> None:
    simulation = make_simulation(TINY)
    before = simulation.digest()
    random_inputs(simulation, 5)
    assert simulation.digest() == before
    assert isinstance(simulation.layers()[0].action_space, spaces.Discrete)


def test_an_environment_that_cannot_be_put_back_to_new_is_made_anew() -> None:
    shortcuts = try_shortcuts(MatchSettings(env="planted_games:InkOnScreen", players=2))
    assert not shortcuts.reuse_environment
    assert "new environment" in " ".join(shortcuts.reasons)


def test_a_finished_runner_is_not_stepped() -> None:
    import planted_games

    runners = [planted_games.Tiny(), planted_games.Tiny()]
    adapter, progress = GymAdapter(runners), Progress()
    progress.begin(2, 0)
    adapter.reset(1)
    quick, slow = adapter.codecs[0].encode(1), adapter.codecs[1].encode(4)
    frames = 1
    while not adapter.step([quick, slow], progress):
        progress.rewards = [0.0, 0.0]
        frames += 1
    assert (frames, runners[0].t, runners[1].t) == (30, 15, 30)
    assert progress.rewards == [0.0, 4.0]
