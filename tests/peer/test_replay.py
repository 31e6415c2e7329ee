"""`netplay replay` of logs from anywhere: looked at without running anything, and never said to be more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium
import pytest
import typer

from netcode.confirmed_frame import ConfirmedFrame
from netcode.errors import NetplayError
from netcode.events import EndReason, MatchEnded
from netcode.settings import MatchSettings
from netcode.simulator.reference import play_reference
from peer.commands.replay import replay
from peer.records.log_writer import MatchLogWriter
from peer.records.match_log import LogHeader
from peer.simulation.make import make_simulation

SETTINGS = MatchSettings(env="race:CartPole-v1", players=2, frames=90, seed=3)


@pytest.fixture(scope="module")
def frames() -> list[ConfirmedFrame]:
    simulation = make_simulation(SETTINGS, observation_free=False)
    inputs = [(bytes([n // 9 % 2]), bytes([n // 7 % 2])) for n in range(90)]
    played = list(play_reference(simulation, inputs, SETTINGS.digest_interval, SETTINGS.frames))
    simulation.close()
    return played


def written(
    path: Path,
    frames: list[ConfirmedFrame],
    settings: MatchSettings = SETTINGS,
    reason: EndReason | None = EndReason.FINISHED,
) -> Path:
    game = {"version.numpy": "0.1\x1b[2J", "python": "x"}
    header = LogHeader("m", 0, ("ann", "bob"), settings, (1, 1), game)
    writer = MatchLogWriter(path, header)
    writer.write(frames)
    writer.close(None, MatchEnded(reason, "bob left\x1b[31m") if reason else None)
    return path


def run(log: Path, capsys: pytest.CaptureFixture[str], **options: object) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as left:
        replay(log, **options)  # type: ignore[arg-type]
    return left.value.exit_code, capsys.readouterr().out


class Raises(gymnasium.Env[Any, Any]):
    """An environment with a fault in its first step."""

    observation_space = gymnasium.spaces.Discrete(2)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return 0, {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        assert not self.steps, "no further"
        return 0, 0.0, False, False, {}


def test_an_environment_that_fails_is_one_line(tmp_path: Path, frames: list[ConfirmedFrame]) -> None:
    env = f"race:{__name__}:Raises"
    log = written(tmp_path / "log", frames, SETTINGS.model_copy(update={"env": env}))
    with pytest.raises(NetplayError, match="Raises") as refused:
        replay(log, env=env)
    assert "no further" in str(refused.value) and "\n" not in str(refused.value)


def test_the_default_is_to_play_it_again(
    tmp_path: Path, frames: list[ConfirmedFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    log = written(tmp_path / "log", frames)
    assert run(log, capsys) == (0, "90 frames, every one as recorded\n")
    assert run(log, capsys, verify=True, fast=True)[0] == 0
    told = json.loads(run(log, capsys, as_json=True)[1])
    assert told == {"frames": 90, "divergence": None, "missing": None}


def test_less_than_all_is_never_as_recorded(
    tmp_path: Path, frames: list[ConfirmedFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    for log in (
        written(tmp_path / "short", frames[:60]),
        written(tmp_path / "endless", frames, reason=None),
        written(tmp_path / "empty", []),
    ):
        code, said = run(log, capsys)
        assert code == 1
        assert said.startswith("the log is not whole: ") and "as recorded" not in said
    log = tmp_path / "cut"
    log.write_bytes(written(tmp_path / "log", frames).read_bytes()[:-90])
    code, said = run(log, capsys)
    assert code == 1 and "as recorded" not in said and "cut off within the record at byte" in said


def test_a_match_that_ended_early_says_so(
    tmp_path: Path, frames: list[ConfirmedFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    log = written(tmp_path / "log", frames[:60], reason=EndReason.LEFT)
    ended = "it ended here (left: bob left [31m)"
    assert run(log, capsys) == (0, f"60 frames, every one as recorded; of 90: {ended}\n")


def test_a_late_comers_log_says_what_it_lacks(
    tmp_path: Path, frames: list[ConfirmedFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    late = [frame._replace(outcome=None) for frame in frames[:60]] + frames[60:]
    code, said = run(written(tmp_path / "log", late), capsys)
    assert code == 0
    assert "of 60 of them there are inputs and digests only" in said


def test_what_differs_here_is_said_beside_a_difference(
    tmp_path: Path, frames: list[ConfirmedFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    changed = [*frames[:40], frames[40]._replace(outcome=b"x"), *frames[41:]]
    log = written(tmp_path / "log", changed)
    with pytest.raises(typer.Exit) as left:
        replay(log)
    told = capsys.readouterr()
    assert left.value.exit_code == 1
    assert told.out == "not as recorded: frame 40: outcome of ann and reference differ\n"
    assert "It was recorded where not all is as here: " in told.err
    assert "\x1b" not in told.err


def test_a_log_is_looked_at_without_running_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = MatchSettings(env="os:system", env_args={"command": "\x1b]0;pwn\x07"}, frames=90)
    log = written(tmp_path / "log", [], settings)
    code, said = run(log, capsys, info=True)
    assert code == 1
    assert said.replace("\n", "").isprintable()
    assert "environment: os:system {" in said and "missing: it holds no frames" in said
    assert json.loads(run(log, capsys, info=True, as_json=True)[1])["players"] == "ann, bob"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"players": 2, "env": "CartPole-v1"}, "CartPole-v1"),
        ({"env_args": {"max_episode_steps": "x"}}, "race:CartPole-v1 cannot"),
        ({"env": "race:Pendulum-v1"}, "takes inputs of (4, 4) bytes here, the log holds (1, 1)"),
    ],
)
def test_what_cannot_be_played_is_one_line(
    tmp_path: Path, frames: list[ConfirmedFrame], settings: dict[str, object], says: str
) -> None:
    log = written(tmp_path / "log", frames, MatchSettings.parse(SETTINGS.model_dump() | settings))
    with pytest.raises(NetplayError) as refused:
        replay(log)
    assert says in str(refused.value) and "\n" not in str(refused.value)
