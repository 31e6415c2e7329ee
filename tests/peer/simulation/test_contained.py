"""What an environment does to its process stays its own; however it tries to leave, it has failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import planted_manners
import pytest
from rich.console import Console

from netcode.errors import GameError, UnplayableError
from netcode.settings import MatchSettings
from netcode.simulator.match import VirtualPeer
from netcode.simulator.reference import play_reference
from peer.records.match_log import LogHeader, MatchLog
from peer.records.reference_run import run_reference
from peer.simulation.check.virtual_match import WAN_BAD, EnvironmentMatch
from peer.simulation.environment_facts import environment_facts, rate_of
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.environments import find_maker
from peer.simulation.make import make_simulation
from peer.simulation.player_counts import count_players

LATE = planted_manners.LATE


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": "0"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, timeout=100, check=False, env=environment)


def settings(name: str, **more: Any) -> MatchSettings:
    return MatchSettings.parse({"env": f"planted_manners:{name}", "players": 2, "frames": 150, **more})


def late(name: str) -> EnvironmentSimulation:
    """A game whose next frame is the one in which it behaves badly."""
    game = EnvironmentSimulation(settings(name))
    for _ in range(LATE - 1):
        game.step(game.default_inputs)
    return game


@pytest.fixture
def signals() -> Iterator[None]:
    """As commands have them: Ctrl-C does not raise KeyboardInterrupt."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda *_: None)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Exits", "SystemExit: 3"),
        ("ExitsWell", "SystemExit: 0"),
        ("Vanishes", "SystemExit: 0"),
        ("Interrupts", "KeyboardInterrupt: raise KeyboardInterrupt"),
        ("GivesUp", "GeneratorExit: raise GeneratorExit"),
    ],
)
def test_who_tries_to_leave_has_failed_in_a_line_that_is_named(name: str, text: str, signals: None) -> None:
    game = late(name)
    before, snapshot = game.digest(), game.capture()
    with pytest.raises(GameError) as failed:
        game.step(game.default_inputs)
    expected = f"planted_manners:{name} failed while it was played: {text}"
    assert str(failed.value).startswith(f"{expected} (") and "planted_manners.py:" in str(failed.value)
    game.restore(snapshot)
    assert game.digest() == before, "what it has half done is taken back"
    assert os._exit.__module__ == "posix", "ours, again"


@pytest.mark.parametrize(
    ("name", "text"),
    [("Mutters", "_MuteError: raise _MuteError (planted"), ("Shouts", "Error:  [31mred    loud loud")],
)
def test_whatever_it_says_is_one_line_of_text(name: str, text: str) -> None:
    game = late(name)
    with pytest.raises(GameError) as failed:
        game.step(game.default_inputs)
    told = str(failed.value)
    assert text in told
    assert told.isprintable() and len(told) < 500


def test_a_key_that_interrupts_python_interrupts_us() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # started in the background: ignored
    try:
        game = late("Interrupts")
        with pytest.raises(KeyboardInterrupt):
            game.step(game.default_inputs)
    finally:
        signal.signal(signal.SIGINT, before)


def test_processes_that_an_environment_forks_may_end(monkeypatch: pytest.MonkeyPatch) -> None:
    game = late("Plain")

    def fork() -> None:
        child = os.fork()
        if not child:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7

    monkeypatch.setattr(game.env.unwrapped, "late", fork)
    game.step(game.default_inputs)


def test_each_has_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    game = late("Wanders")
    assert Path.cwd() == tmp_path
    game.step(game.default_inputs)
    assert Path.cwd() == tmp_path
    assert game.ask(lambda env: os.getcwd()) == game.env.unwrapped.folder != str(tmp_path)  # noqa: PTH109
    assert Path.cwd() == tmp_path


def test_what_it_prints_is_no_answer_of_ours(capfd: pytest.CaptureFixture[str]) -> None:
    late("Talks")
    out, err = capfd.readouterr()
    assert "talk" not in out and "say" not in out
    assert "talk" in err


def test_signals_stay_ours(signals: None) -> None:
    ours = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    game = late("TakesSignals")
    game.step(game.default_inputs)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == ours


@pytest.mark.parametrize(("ends", "code"), [("sys.exit()", 0), ("sys.exit(3)", 3), ("sys.exit('no')", 1)])
def test_threads_that_are_left_keep_no_process_alive(ends: str, code: int) -> None:
    program = (
        "import sys, threading; from peer.own_output import leave_threads_behind\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        f"try: print('said'); {ends}\n"
        "except SystemExit as leaving: leave_threads_behind(leaving.code); raise"
    )
    done = run("-c", program)
    assert (done.stdout, done.returncode) == (b"said\n", code)


def test_nobody_is_gagged() -> None:
    streams = sys.stdout, sys.stderr
    game = late("Gags")
    game.step(game.default_inputs)
    assert (sys.stdout, sys.stderr) == streams


def test_what_fails_when_it_is_closed_has_been_played() -> None:
    late("Slams").close()
    assert environment_facts("planted_manners:Slams", {}).players == 2


# ------------------------------------------------------------------ words


@pytest.mark.parametrize("rate", [-5, 0, "fast", float("nan"), float("inf"), 10**400, 1001, [60], False])
def test_a_rate_that_no_match_can_have_is_named(rate: Any) -> None:
    with pytest.raises(UnplayableError, match=r'my:Game names a rate.*"render_fps"\] is'):
        rate_of(SimpleNamespace(metadata={"render_fps": rate}), "my:Game")


@pytest.mark.parametrize("rate", [15, 59.94, np.float32(30), np.int64(20), "60"])
def test_any_number_is_a_rate(rate: Any) -> None:
    assert rate_of(SimpleNamespace(metadata={"render_fps": rate}), "my:Game") == float(rate)


def test_a_rate_is_looked_at_wherever_a_game_is_made() -> None:
    for ask in (lambda: environment_facts("planted_manners:NegativeRate", {}), lambda: late("NegativeRate")):
        with pytest.raises(UnplayableError, match="names a rate"):
            ask()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NoReward", "the reward of a is None; expected a number"),
        ("WordReward", "the reward of a is 'much'; expected a number"),
        ("HugeReward", "the reward of a is a whole number that no float can hold"),
        ("FourValues", "step returns 4 values; expected 5: observation, reward, terminated, truncated, info"),
    ],
)
def test_what_a_step_returns_is_told_in_its_own_words(name: str, text: str) -> None:
    with pytest.raises(GameError, match=f"planted_manners:{name}: {text}"):
        game = late(name)
        game.step(game.default_inputs)


def test_a_game_without_players_is_told_so() -> None:
    with pytest.raises(UnplayableError, match="possible_agents is empty"):
        count_players("planted_manners:NoAgents", {})


def test_what_is_no_environment_is_told_wherever_it_is_asked_for() -> None:
    for ask in (environment_facts, count_players):
        with pytest.raises(UnplayableError, match="os:getcwd made a str; expected a PettingZoo"):
            ask("os:getcwd", {})


def test_a_module_that_is_not_there_may_be_in_another_folder() -> None:
    with pytest.raises(
        UnplayableError, match=r"pip install my_game, or run netplay in the folder where my_game\.py is"
    ):
        find_maker("my_game:make", {})


# ------------------------------------------------------------------ guesses


class ScriptedMatch(EnvironmentMatch):
    """The first presses 3 in frames 30 to 59, the second in frames 61 to 119: never both."""

    held = (range(30, 60), range(61, 120))

    def _press(self, peer: VirtualPeer, slot: int) -> bytes:
        super()._press(peer, slot)
        said = peer.said_by[slot]
        frame = next(reversed(said))
        said[frame] = self.plain.codecs[slot].encode(3 if frame in self.held[slot] else 0)
        return said[frame]


def test_what_fails_only_on_guesses_is_a_match_as_any_other() -> None:
    match = ScriptedMatch(settings("Brittle", seed=3, input_delay=1), WAN_BAD).run(60)
    assert match.faults_found() == []
    assert [peer.reason and peer.reason.value for peer in match.peers] == ["finished"] * 2


def test_a_frame_that_fails_in_the_true_game_fails_the_match() -> None:
    class Both(ScriptedMatch):
        held = (range(30, 60), range(50, 90))

    match = Both(settings("Brittle", seed=3, input_delay=1), WAN_BAD).run(60)
    for peer in match.peers:
        assert peer.session.ending is not None
        assert "frame 50: planted_manners:Brittle failed while it was played: RuntimeError: illegal (" in (
            peer.session.ending.text
        )
        assert len(peer.confirmed) == 50


def test_what_fails_only_where_it_is_looked_at_is_compared_unseen(
    signals: None, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = settings("Blinks")
    game = make_simulation(chosen)
    assert game.observation_free
    inputs = [tuple(game.default_inputs)] * 100
    frames = list(play_reference(game, inputs, chosen.digest_interval, chosen.frames))
    header = LogHeader("m", 0, ("ann", "bob"), chosen, tuple(game.input_sizes), {})
    assert run_reference(MatchLog(header, frames), Console()) is None
    assert "Played again without observations: planted_manners:Blinks failed" in capsys.readouterr().out
