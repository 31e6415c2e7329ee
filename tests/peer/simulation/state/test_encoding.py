"""States that travel: made in one process, gone on from in another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest
from state_sender import make, random_inputs

from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.handlers import python_objects as state_handlers
from peer.simulation.state import writer as state_writer
from peer.simulation.state.diff import differences
from peer.simulation.state.encoding import UnsendableStateError

HERE = Path(__file__).parents[1]
AFTER = 300


def game(env: str, players: int, before: int, blind: bool = False, **env_args: Any) -> dict[str, Any]:
    settings = MatchSettings(env=env, players=players, seed=7, env_args=env_args)
    return {"settings": settings.model_dump(), "blind": blind, "before": before, "after": AFTER}


KAZ = "pettingzoo:butterfly/knights_archers_zombies_v11"
GAMES = {
    "KAZ": game(KAZ, 2, 130, True, num_archers=1, num_knights=1),
    "KAZ, in its second episode, with observations": game(KAZ, 4, 170),
    "KAZ, one dead, with observations": game(KAZ, 3, 150, num_archers=2, num_knights=1),
    "cooperative_pong": game("pettingzoo:butterfly/cooperative_pong_v6", 2, 60, True),
    "CartPole": game("CartPole-v1", 1, 50),
    "race of CartPole": game("race:CartPole-v1", 3, 50),
    "Acrobot": game("Acrobot-v1", 1, 77),
    "MountainCar": game("MountainCar-v0", 1, 99),
    "tictactoe": game("pettingzoo:classic/tictactoe_v3", 2, 5),
    "connect_four": game("pettingzoo:classic/connect_four_v3", 2, 17),
    "process-wide RNGs": game("planted_games:ProcessRng", 2, 50),
    "one of everything": game("state_games:Zoo", 2, 37),
}


@pytest.fixture(scope="session")
def answers() -> dict[str, Any]:
    """What each game did in another process, whose strings hash differently."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "state_sender.py")],
        input=msgpack.packb(list(GAMES.values())),
        capture_output=True,
        check=True,
        timeout=200,
        env={**os.environ, "PYTHONHASHSEED": "4", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    return dict(zip(GAMES, msgpack.unpackb(done.stdout), strict=True))


@pytest.mark.parametrize("name", GAMES)
def test_a_state_from_another_process_is_gone_on_from_exactly(name: str, answers: dict[str, Any]) -> None:
    answer = answers[name]
    simulation = make(GAMES[name])
    assert (
        simulation.load_state(answer["state"], {answer["digest"]}) == simulation.digest() == answer["digest"]
    )
    start = None
    for index, frame in enumerate(random_inputs(simulation, AFTER, seed=2)):
        if index == 100:
            start = simulation.capture()
        assert simulation.step(frame) == answer["outcomes"][index]
        if index % 10 == 9:
            assert simulation.digest() == answer["digests"][index]
    assert start is not None
    simulation.restore(start)  # snapshots work on it as on any
    for index, frame in enumerate(random_inputs(simulation, AFTER, seed=2)[100:150], 100):
        assert simulation.step(frame) == answer["outcomes"][index]
    assert simulation.digest() == answer["digests"][149]


def played(name: str = "CartPole", frames: int | None = None) -> EnvironmentSimulation:
    simulation = make(GAMES[name])
    for frame in random_inputs(simulation, GAMES[name]["before"] if frames is None else frames, seed=1):
        simulation.step(frame)
    return simulation


def test_a_simulation_that_has_been_played_can_load_too() -> None:
    sent = played("KAZ")
    receiver = played("KAZ", 70)
    snapshot = receiver.capture()
    before = receiver.digest()
    assert receiver.load_state(sent.encode_state()) == sent.digest()
    receiver.restore(snapshot)
    assert receiver.digest() == before


def test_a_state_that_was_loaded_can_be_sent_on() -> None:
    first, second, third = (
        played("one of everything"),
        make(GAMES["one of everything"]),
        make(GAMES["one of everything"]),
    )
    second.load_state(first.encode_state())
    third.load_state(second.encode_state())
    assert third.digest() == first.digest()
    for frame in random_inputs(first, 30, seed=3):
        assert first.step(frame) == second.step(frame) == third.step(frame)
    assert third.digest() == first.digest()


def test_an_older_snapshot_is_sent_and_the_present_stays() -> None:
    simulation, receiver = played("KAZ"), make(GAMES["KAZ"])
    confirmed, digest = simulation.capture(), simulation.digest()
    for frame in random_inputs(simulation, 60, seed=5):
        simulation.step(frame)
    present, episode = simulation.digest(), simulation.episode
    assert receiver.load_state(simulation.encode_state(confirmed)) == digest
    assert (simulation.digest(), simulation.episode) == (present, episode)


def test_an_episode_can_be_begun_without_those_before_it() -> None:
    for name in ("KAZ", "CartPole", "race of CartPole", "tictactoe", "one of everything"):
        simulation = make(GAMES[name])
        for frame in random_inputs(simulation, 400, seed=1):
            simulation.step(frame)
            if simulation.episode and simulation.episode_frame == 0:
                late = make(GAMES[name])
                late.begin_episode(simulation.episode)
                assert late.digest() == simulation.digest()
        late = played(name, 20)
        late.begin_episode(0)
        assert late.digest() == make(GAMES[name]).digest()


def test_pictures_made_in_play_arrive() -> None:
    simulation, receiver = played("KAZ"), make(GAMES["KAZ"])
    receiver.load_state(simulation.encode_state())
    assert (simulation.render() == receiver.render()).all()


# --- what cannot be sent is said ---


@pytest.mark.parametrize(
    ("env", "text"),
    [
        ("Hard", "secret is a builtins.function, which cannot be told"),
        ("Big", "bytes, .* are too many"),
        ("Typeless", "secret is a nowhere.Local, which was made in play"),
        ("Inked", r"secret\[0\] is a pygame.surface.Surface, which was made in play"),
        ("OfObjects", "secret is a numpy.ndarray, which holds objects"),
        ("Tangled", "secret is a builtins.set, which has an order"),
    ],
)
def test_what_cannot_be_sent_is_named(env: str, text: str) -> None:
    simulation = EnvironmentSimulation(MatchSettings(env=f"state_games:{env}", players=2))
    simulation.step(list(simulation.default_inputs))
    digest = simulation.digest()
    with pytest.raises(UnsendableStateError, match=f"the state cannot be sent: .*{text}") as caught:
        simulation.encode_state()
    assert "\n" not in str(caught.value)
    assert simulation.digest() == digest


def test_lockstep_has_no_states_to_send() -> None:
    simulation = EnvironmentSimulation(MatchSettings(env="planted_games:Endless", players=2))
    with pytest.raises(UnsendableStateError, match="generator"):
        simulation.encode_state()
    with pytest.raises(LocalProtocolError, match="no state can be loaded"):
        simulation.load_state(b"")


# --- what is not this state is refused ---


@pytest.mark.parametrize(
    ("update", "text"),
    [
        ({"seed": 8}, "begins differently"),
        ({"env": "Acrobot-v1"}, "begins differently"),
        ({"env": "race:CartPole-v1", "players": 2}, "begins differently"),
    ],
)
def test_a_state_of_another_game_is_refused(update: dict[str, Any], text: str) -> None:
    data = played().encode_state()
    other = EnvironmentSimulation(MatchSettings.parse({**GAMES["CartPole"]["settings"], **update}))
    before = other.digest()
    with pytest.raises(RemoteProtocolError, match=text):
        other.load_state(data)
    assert other.digest() == before


def test_a_state_that_nobody_confirmed_is_refused() -> None:
    simulation, receiver = played("KAZ"), played("KAZ", 5)
    before = receiver.digest()
    with pytest.raises(RemoteProtocolError, match="not the one that was confirmed"):
        receiver.load_state(simulation.encode_state(), {before, bytes(8)})
    assert receiver.digest() == before
    assert receiver.load_state(simulation.encode_state(), {simulation.digest()}) == simulation.digest()


def test_blind_and_plain_peers_do_not_exchange_states() -> None:
    blind, plain = played("KAZ"), make({**GAMES["KAZ"], "blind": False})
    with pytest.raises(RemoteProtocolError, match="observations"):
        plain.load_state(blind.encode_state())


# --- mutants: a state told wrongly must not pass ---


def refused(monkeypatch: pytest.MonkeyPatch, name: str, target: str, mutant: Any) -> None:
    simulation = played(name)
    receiver = make(GAMES[name])
    monkeypatch.setattr(state_writer.Writer, target, mutant)
    data = simulation.encode_state()
    with pytest.raises(RemoteProtocolError, match="not the one that was confirmed"):
        receiver.load_state(data, {simulation.digest()})


def test_a_field_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = state_writer.Writer._items

    def forgetful(self: Any, number: int, index: int, handler: Any, saved: Any) -> list[Any]:
        items = honest(self, number, index, handler, saved)
        return items[2:] if isinstance(handler, state_handlers.Attributes) else items

    refused(monkeypatch, "CartPole", "_items", forgetful)


@pytest.mark.parametrize("name", ["KAZ", "one of everything"])
def test_dropped_aliases_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = state_writer.Writer._bear
    copied: list[Any] = []

    def copying(self: Any, obj: Any) -> int:
        number = honest(self, obj)
        if type(obj) in (list, dict) and not copied:
            del self._numbers[id(obj)]  # the next who refers to it has one of its own
            copied.append(obj)
        return number

    simulation = played(name)
    monkeypatch.setattr(state_writer.Writer, "_bear", copying)
    assert simulation.capture()
    with pytest.raises((RemoteProtocolError, UnsendableStateError)):
        make(GAMES[name]).load_state(simulation.encode_state(), {simulation.digest()})


def test_an_object_left_unchanged_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    refused(monkeypatch, "MountainCar", "_must_be_sent", lambda self, number, obj, held: number >= 1000)


def test_a_rounded_float_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = state_writer.Writer._value

    def rounding(self: Any, value: Any, depth: int = 0) -> Any:
        return round(value, 9) if type(value) is float else honest(self, value, depth)

    refused(monkeypatch, "one of everything", "_value", rounding)


def test_every_field_arrives(answers: dict[str, Any]) -> None:
    """Digests would do; this names the field when one fails."""
    simulation, receiver = played("KAZ"), make(GAMES["KAZ"])
    receiver.load_state(answers["KAZ"]["state"])
    assert not differences(simulation.flatten(), receiver.flatten())
